//! Hosts with addresses of their own, on a switch that the lab can unplug them from.
//!
//! The switch is a network namespace with a bridge in it. A veth pair leads from there to the root namespace, one to each host.
//! Nothing but the pair's root end is visible outside, and it goes with the switch, so no end of a lab can leave a bridge, a
//! link or a named namespace behind.

use crate::command;
use crate::error::{LabError, Result};
use crate::guest::Guest;
use crate::host::Host;
use crate::id::LabId;
use crate::room::{Plan, Room};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How the root ends of the labs' veth pairs are named, with the number of the network.
pub(crate) const LINK_PREFIX: &str = "aslab-";

/// Networks of 198.18.0.0/15, the range set aside for tests of network devices: 198.18.0.0/24 to 198.19.255.0/24.
const NETWORKS: u16 = 512;

/// Longer than any guest of 16 MiB takes.
const MIGRATION_LIMIT: Duration = Duration::from_secs(60);

/// A lab's switch.
#[derive(Debug)]
pub(crate) struct Switch {
    number: u16,
    /// None once the lab has ended.
    room: Mutex<Option<Room>>,
    next: AtomicU8,
}

/// A host's place on the switch.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    switch: Arc<Switch>,
    last_byte: u8,
}

impl Switch {
    /// Makes a switch on a network that no other lab of this machine has.
    pub(crate) fn start(lab: &LabId, lab_folder: &Path) -> Result<Self> {
        let room = Room::open(&Plan {
            lab,
            lab_folder,
            name: "switch",
            namespaces: &["--net"],
            script: include_str!("script/switch.sh"),
            arguments: &[],
            log: lab_folder.join("switch.log"),
        })?;
        let number = claim(&room, lab)?;
        let link = format!("{LINK_PREFIX}{number}");
        ip(&["link", "set", "dev", &link, "alias", &lab.to_string()])?;
        ip(&["address", "add", &format!("{}/24", address(number, 1)), "dev", &link])?;
        ip(&["link", "set", "dev", &link, "up"])?;
        room.run(&["ip", "link", "set", "root", "master", "bridge", "up"], command::LIMIT)?;
        Ok(Self { number, room: Mutex::new(Some(room)), next: AtomicU8::new(10) })
    }

    /// A place for one more host.
    pub(crate) fn next_address(self: &Arc<Self>) -> Result<Address> {
        let next = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            (last < 254).then_some(last + 1)
        });
        let last_byte = next.map_err(|_| LabError::NoFreeNetwork)?;
        Ok(Address { switch: Arc::clone(self), last_byte })
    }

    /// Takes the switch out of service.
    pub(crate) fn take_room(&self) -> Option<Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn run(&self, words: &[&str]) -> Result<String> {
        let room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.as_ref()
            .ok_or_else(|| LabError::PoweredOff { host: "switch".into() })?
            .run(words, command::LIMIT)
    }
}

impl Address {
    pub(crate) fn ip(&self) -> Ipv4Addr {
        address(self.switch.number, self.last_byte)
    }

    /// The name of the host's port on the switch.
    fn port(&self) -> String {
        format!("port-{}", self.last_byte)
    }

    /// Lays a cable from the switch to a host that was just switched on.
    pub(crate) fn plug_in(&self, host: &Room) -> Result<()> {
        let port = self.port();
        // The switch cannot see the host's pid, this process can: so the pair is made here and one end pushed into each room.
        let (near, far) = (
            format!("{LINK_PREFIX}s{}x{}", self.switch.number, self.last_byte),
            host.first().to_string(),
        );
        let switch = self.switch.room.lock().unwrap_or_else(PoisonError::into_inner);
        let switch =
            switch.as_ref().ok_or_else(|| LabError::PoweredOff { host: "switch".into() })?;
        // The kernel takes the cable from before a power cut away, but not at once. Mostly there is none.
        let _ = switch.run(&["ip", "link", "delete", "dev", &port], command::LIMIT);
        // The hardware address is the host's for good: a client that knows it from before a power cut finds it again.
        let [_, b, c, d] = self.ip().octets();
        let mac = format!("02:00:c6:{b:02x}:{c:02x}:{d:02x}");
        let peer = ["type", "veth", "peer", "name", "eth0", "address", &mac, "netns", &far];
        ip(&[&["link", "add", "name", &near, "netns", &switch.first().to_string()], &peer[..]]
            .concat())?;
        switch.run(
            &["ip", "link", "set", "dev", &near, "name", &port, "master", "bridge", "up"],
            command::LIMIT,
        )?;
        host.run(
            &["ip", "address", "add", &format!("{}/24", self.ip()), "dev", "eth0"],
            command::LIMIT,
        )?;
        host.run(&["ip", "link", "set", "dev", "eth0", "up"], command::LIMIT).map(drop)
    }
}

impl Host {
    /// The network cable is pulled: calls hang, and nobody is told.
    pub fn link_down(&self) -> Result<()> {
        self.set_link("down")
    }

    /// The cable is back.
    pub fn link_up(&self) -> Result<()> {
        self.set_link("up")
    }

    /// Moves a running guest to another host of this network, live; gives its handle there.
    pub fn migrate(&self, guest: &Guest, to: &Host) -> Result<Guest> {
        self.network()?;
        to.network()?;
        let words = ["migrate", "--live", "--unsafe", "--persistent", guest.name(), &to.uri()];
        self.virsh_within(&words, MIGRATION_LIMIT)?;
        Ok(guest.on(to))
    }

    fn set_link(&self, state: &str) -> Result<()> {
        let address = self.network()?;
        address.switch.run(&["ip", "link", "set", "dev", &address.port(), state]).map(drop)
    }
}

/// Claims a network: the name of a link can be taken only once, so making the link is the claim.
fn claim(switch: &Room, lab: &LabId) -> Result<u16> {
    let netns = switch.first().to_string();
    // Labs that start at the same time begin to look at different places.
    let start = lab
        .to_string()
        .bytes()
        .fold(0, |sum: u16, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte)));
    for number in (0..NETWORKS).map(|step| start.wrapping_add(step) % NETWORKS) {
        let link = format!("{LINK_PREFIX}{number}");
        match ip(&[
            "link", "add", "name", &link, "type", "veth", "peer", "name", "root", "netns", &netns,
        ]) {
            Ok(()) => return Ok(number),
            Err(LabError::Failed { stderr, .. }) if stderr.contains("File exists") => {}
            Err(error) => return Err(error),
        }
    }
    Err(LabError::NoFreeNetwork)
}

fn address(network: u16, last_byte: u8) -> Ipv4Addr {
    let [high, low] = network.to_be_bytes();
    Ipv4Addr::new(198, 18 + high, low, last_byte)
}

/// Runs `ip` in the root namespace.
fn ip(words: &[&str]) -> Result<()> {
    command::run(Command::new("ip").args(words), command::LIMIT).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{NETWORKS, address};

    #[test]
    fn networks_fill_the_range_for_tests_and_no_more() {
        assert_eq!(address(0, 1).to_string(), "198.18.0.1");
        assert_eq!(address(NETWORKS - 1, 254).to_string(), "198.19.255.254");
    }
}
