//! Doing what a plan says to the hosts and guests, where that is possible at its time.

use std::time::Duration;

use assured_lab::{LabError, wait_until};

use crate::plan::Act;
use crate::world::{Daemon, World};

/// What a guest writes to a port of its machine, by QEMU's monitor in its stead: PM1 control := sleep state 5.
const POWER_OFF: &str = "o/w 0x604 0x2000";

/// A start that takes longer than this is none any more; on an idle machine it takes 0.3 s.
const START: Duration = Duration::from_secs(10);

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Yes,
    /// It was not the time for it.
    Impossible,
    /// The guest or its host did not do it, which may happen in a chaos.
    Failed(String),
}

impl World {
    /// Carries out an act on hosts or guests; those on the service are not done here.
    pub fn carry_out(&mut self, act: Act) -> Done {
        let tried = match act {
            Act::LinkDown(host) => self.link_down(host),
            Act::LinkUp(host) => self.link_up(host),
            Act::Hang(host) => self.hang(host),
            Act::Answer(host) => self.answer(host),
            Act::KillDaemon(host) => self.kill_daemon(host),
            Act::StartDaemon(host) => self.start_daemon(host),
            Act::LosePower(host) => self.lose_power(host),
            Act::Boot(host) => self.boot(host),
            Act::Kill(guest) => self.kill(guest),
            Act::PowerOff(guest) => {
                self.tell(guest, |name| vec!["qemu-monitor-command", "--hmp", name, POWER_OFF])
            }
            Act::Shutdown(guest) => self.tell(guest, |name| vec!["shutdown", name]),
            Act::Migrate(guest, to) => self.migrate(guest, to),
            Act::KillService | Act::StartService => None,
        };
        match tried {
            None => Done::Impossible,
            Some(Ok(())) => Done::Yes,
            Some(Err(error)) if act.is_of_guest() => Done::Failed(error.to_string()),
            Some(Err(error)) => panic!("the lab has failed: {act}: {error}"),
        }
    }

    /// Ends everything that is wrong with the hosts.
    pub fn heal(&mut self) {
        for host in 0..self.machines.len() {
            for act in
                [Act::Boot(host), Act::Answer(host), Act::StartDaemon(host), Act::LinkUp(host)]
            {
                self.carry_out(act);
            }
        }
    }

    /// Resumes guests that libvirt has left half started; gives their names.
    ///
    /// A daemon that is killed in the last moments of a start leaves the guest `paused/starting_up`, and the next daemon
    /// knows of no start. To the policy that is libvirt's own work: nothing is done for ten minutes, and then it is reported.
    /// So this is what the people do who are told of it. Of some the monitor answers nobody any more, and `resume`
    /// hangs: those are ended.
    pub fn finish_starts(&mut self) -> Vec<String> {
        let (mut finished, mut stuck) = (Vec::new(), Vec::new());
        for host in self.hosts() {
            let paused = host.virsh(&["list", "--state-paused", "--name"]).unwrap();
            for name in paused.split_whitespace() {
                let is_starting = || {
                    let state = host.virsh(&["domstate", "--reason", name]);
                    state.is_ok_and(|said| said.trim() == "paused (starting up)")
                };
                // It may be that it is just being started.
                if wait_until(START, "the start to end", || !is_starting()).is_err() {
                    if host.virsh(&["resume", name]).is_err() {
                        stuck.extend(self.guests.iter().position(|guest| guest.name() == name));
                    }
                    finished.push(name.to_owned());
                }
            }
        }
        for guest in stuck {
            self.carry_out(Act::Kill(guest));
        }
        finished
    }

    fn link_down(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        let possible = machine.power && std::mem::replace(&mut machine.link, false);
        possible.then(|| machine.host.link_down())
    }

    fn link_up(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        let possible = machine.power && !std::mem::replace(&mut machine.link, true);
        possible.then(|| machine.host.link_up())
    }

    fn hang(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if !machine.hears_virsh() {
            return None;
        }
        machine.daemon = Daemon::Hangs;
        Some(machine.host.hang_daemon())
    }

    fn answer(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if !machine.power || machine.daemon != Daemon::Hangs {
            return None;
        }
        machine.daemon = Daemon::Answers;
        Some(machine.host.unhang_daemon())
    }

    fn kill_daemon(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if !machine.power || machine.daemon == Daemon::Dead {
            return None;
        }
        machine.daemon = Daemon::Dead;
        Some(machine.host.kill_daemon())
    }

    fn start_daemon(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if !machine.power || machine.daemon != Daemon::Dead {
            return None;
        }
        machine.daemon = Daemon::Answers;
        Some(machine.host.start_daemon())
    }

    fn lose_power(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if !std::mem::replace(&mut machine.power, false) {
            return None;
        }
        let gone = self.eyes.gone_on(host);
        let result = machine.host.power_off();
        for guest in self.eyes.host_is_off(host, &gone) {
            if let Some(number) = self.guests.iter().position(|own| own.uuid() == guest) {
                self.started[number].ended += 1;
            }
        }
        Some(result)
    }

    fn boot(&mut self, host: usize) -> Option<Result<(), LabError>> {
        let machine = &mut self.machines[host];
        if machine.power {
            return None;
        }
        (machine.power, machine.link, machine.daemon) = (true, true, Daemon::Answers);
        let result = machine.host.power_on();
        if let Some(first) = machine.host.first_pid() {
            self.eyes.host_is_on(host, first);
        }
        Some(result)
    }

    fn kill(&mut self, guest: usize) -> Option<Result<(), LabError>> {
        let host = self.eyes.place_of(self.guests[guest].uuid())?;
        self.started[guest].ended += 1;
        Some(self.guest_on(guest, host).kill())
    }

    /// By virsh, on the host where it runs, if a daemon hears it there.
    fn tell<'a>(
        &'a mut self,
        guest: usize,
        words: impl FnOnce(&'a str) -> Vec<&'a str>,
    ) -> Option<Result<(), LabError>> {
        let host = self.eyes.place_of(self.guests[guest].uuid())?;
        if !self.machines[host].hears_virsh() {
            return None;
        }
        // One that has not booted yet takes no notice; then it is counted all the same.
        self.started[guest].ended += 1;
        let words = words(self.guests[guest].name());
        Some(self.machines[host].host.virsh(&words).map(drop))
    }

    fn migrate(&mut self, guest: usize, to: usize) -> Option<Result<(), LabError>> {
        let own = self.guests[guest].clone();
        let from = self.eyes.place_of(own.uuid())?;
        if from == to || !self.machines[from].answers() || !self.machines[to].answers() {
            return None;
        }
        self.eyes.begin_move(own.uuid(), from, to);
        let source = &self.machines[from].host;
        let result = source.migrate(&own.on(source), &self.machines[to].host);
        self.eyes.end_move(own.uuid());
        let started = &mut self.started[guest];
        match &result {
            Ok(_) => started.surely += 1,
            Err(_) => started.perhaps += 1,
        }
        Some(result.map(drop))
    }
}
