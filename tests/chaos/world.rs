//! The hosts, the guests on them, and how each host is at the moment.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use assured_lab::{Guest, GuestKind, GuestSpec, Host, Lab, leftovers_of};

use crate::eyes::Eyes;

/// How long anything that is waited for may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Real hosts with running guests, watched from the first moment on.
pub struct World {
    pub machines: Vec<Machine>,
    /// Each as it was made; where it is now only its QEMU tells.
    pub guests: Vec<Guest>,
    pub eyes: Arc<Eyes>,
    /// How often the chaos itself has had a QEMU started for each guest, or may have.
    pub started: Vec<Started>,
    lab: Lab,
}

/// One host, as the chaos has made it.
pub struct Machine {
    pub host: Host,
    pub power: bool,
    pub link: bool,
    pub daemon: Daemon,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    Answers,
    Hangs,
    Dead,
}

/// What the chaos did to one guest that explains QEMUs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Started {
    /// Starts and migrations that were done: a QEMU each.
    pub surely: usize,
    /// Migrations that failed: perhaps a QEMU each.
    pub perhaps: usize,
    /// QEMUs that it ended, or tried to: each is one start more that the policy owes.
    pub ended: usize,
}

impl Machine {
    /// Whether a client on the network is answered.
    pub fn answers(&self) -> bool {
        self.power && self.link && self.daemon == Daemon::Answers
    }

    /// Whether the lab's own virsh is answered, by the socket.
    pub fn hears_virsh(&self) -> bool {
        self.power && self.daemon == Daemon::Answers
    }
}

impl World {
    /// So many hosts, and guests that run, as many on each.
    pub fn new(hosts: usize, guests: usize) -> Self {
        let lab = Lab::new().unwrap();
        let made: Vec<_> =
            (0..hosts).map(|number| lab.network_host(&host_name(number)).unwrap()).collect();
        let guests: Vec<Guest> = (0..guests)
            .map(|number| {
                // They hear their power button: `virsh shutdown` is one of the faults.
                let spec = GuestSpec::new(guest_name(number), GuestKind::Button);
                made[number % hosts].guest(spec).unwrap()
            })
            .collect();
        let eyes = Eyes::open(guests.iter().map(Guest::uuid).collect(), hosts);
        for (number, host) in made.iter().enumerate() {
            eyes.host_is_on(number, host.first_pid().unwrap());
        }
        // The hosts in parallel, a host's guests one after the other.
        thread::scope(|scope| {
            for number in 0..hosts {
                let own = guests.iter().skip(number).step_by(hosts);
                scope.spawn(move || own.for_each(|guest| guest.start().unwrap()));
            }
        });
        guests.iter().for_each(|guest| guest.wait_until_booted(PATIENCE).unwrap());
        let machine = |host| Machine { host, power: true, link: true, daemon: Daemon::Answers };
        Self {
            started: vec![Started { surely: 1, ..Started::default() }; guests.len()],
            machines: made.into_iter().map(machine).collect(),
            guests,
            eyes,
            lab,
        }
    }

    /// The folder that goes with the lab, whatever ends it.
    pub fn folder(&self) -> &std::path::Path {
        self.lab.folder()
    }

    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.machines.iter().map(|machine| &machine.host)
    }

    /// A guest, as its host of this number has it.
    pub fn guest_on(&self, guest: usize, host: usize) -> Guest {
        self.guests[guest].on(&self.machines[host].host)
    }

    /// How many QEMUs all hosts have started for a guest, by their own logs.
    pub fn starts(&self, guest: usize) -> usize {
        let name = self.guests[guest].name();
        self.hosts().map(|host| host.starts_of(name).unwrap()).sum()
    }

    /// Takes everything down: nothing of the lab is left, no process among others.
    pub fn end(self) {
        let id = self.lab.id().clone();
        drop(self);
        assert_eq!(leftovers_of(&id).unwrap(), []);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.eyes.shut();
    }
}

pub fn host_name(number: usize) -> String {
    format!("kvm-{}", number + 1)
}

pub fn guest_name(number: usize) -> String {
    format!("web-{number:02}")
}
