//! A host: a private libvirtd, the namespaces that it lives in, and its folder.
//!
//! Faults are in `daemon.rs` (of the daemon), `faults.rs` (of the machine and its guests) and `network.rs` (of its link).

use crate::access::{Access, Door};
use crate::command;
use crate::daemon;
use crate::error::{LabError, Result};
use crate::guest::{Guest, GuestSpec};
use crate::id::LabId;
use crate::keeper::MARK;
use crate::network::Address;
use crate::room::{Plan, Room};
use crate::{cache, guest};
use std::ffi::OsStr;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A hypervisor host. A handle: clones are the same host, and the lab's end takes it down, whoever still holds one.
#[derive(Clone, Debug)]
pub struct Host {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: String,
    lab: LabId,
    lab_folder: PathBuf,
    folder: PathBuf,
    address: Option<Address>,
    access: Access,
    password: String,
    /// None while the host is switched off.
    room: Mutex<Option<Room>>,
}

/// What a host is made from.
pub(crate) struct HostPlan {
    pub(crate) id: String,
    pub(crate) lab: LabId,
    pub(crate) lab_folder: PathBuf,
    pub(crate) address: Option<Address>,
    /// How it is reached at its address.
    pub(crate) access: Access,
}

impl Host {
    /// Makes a host's folder and configuration, and switches it on.
    pub(crate) fn create(plan: HostPlan) -> Result<Self> {
        let folder = plan.lab_folder.join(&plan.id);
        for name in ["etc/hooks", "lib", "log", "cache", "sockets", "guests"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(LabError::file("create", &path))?;
        }
        let HostPlan { id, lab, lab_folder, address, access } = plan;
        let (password, room) = (Uuid::new_v4().to_string(), Mutex::new(None));
        let inner = Inner { id, lab, lab_folder, folder, address, access, password, room };
        let host = Self { inner: Arc::new(inner) };
        let socket = host.socket();
        // sockaddr_un has 108 bytes, the last of them a zero.
        if socket.as_os_str().len() > 107 {
            return Err(LabError::SocketPathTooLong { path: socket });
        }
        daemon::configure(
            &host.folder().join("etc"),
            &host.folder().join("sockets"),
            host.address().map(|_| access),
        )?;
        if let Some(door) = host.door() {
            door.make()?;
        }
        host.power_on()?;
        cache::fill(&host.folder().join("cache"), || host.probe_qemu())?;
        Ok(host)
    }

    /// The host's name.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The URI that a client of this host uses: as its access is if it has an address of its own, else by its socket.
    pub fn uri(&self) -> String {
        self.door().map_or_else(|| self.local_uri(), |door| door.uri())
    }

    /// The URI of the host's socket, which works with its link down too; the lab's own commands go this way.
    pub fn local_uri(&self) -> String {
        format!("qemu+unix:///system?socket={}", self.socket().display())
    }

    /// The libvirtd's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder().join("sockets/libvirt-sock")
    }

    /// The address of a host on the network.
    pub fn address(&self) -> Option<Ipv4Addr> {
        self.inner.address.as_ref().map(Address::ip)
    }

    /// How it is reached at its address.
    pub fn access(&self) -> Access {
        self.inner.access
    }

    /// The password of [`USER`](crate::USER), where its access asks for one.
    pub fn password(&self) -> &str {
        &self.inner.password
    }

    /// The host's folder: `log/libvirtd.log`, `log/qemu/GUEST.log`, `guests/GUEST.xml` and more.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Runs `virsh -c URI WORDS…` and gives what it printed. Fails if it has not ended after 30 s.
    pub fn virsh(&self, words: &[&str]) -> Result<String> {
        self.virsh_within(words, command::LIMIT)
    }

    /// The same with a limit of one's own.
    pub fn virsh_within(&self, words: &[&str], limit: Duration) -> Result<String> {
        self.virsh_at(&self.local_uri(), words, limit)
    }

    /// Defines a guest, with an image of its own; a transient guest appears with its start.
    pub fn guest(&self, spec: GuestSpec) -> Result<Guest> {
        guest::create(self, spec)
    }

    /// How many QEMUs this host has started for the guest of this name, incoming migrations included; never reset.
    ///
    /// libvirt appends a line to the guest's log each time right before it starts a QEMU. That is counted rather than a
    /// hook's calls: a hook also runs for starts that fail before there is a QEMU, and it must have been there when the daemon started.
    pub fn starts_of(&self, guest: &str) -> Result<usize> {
        let path = self.folder().join("log/qemu").join(format!("{guest}.log"));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text
                .lines()
                .filter(|line| line.contains(": starting up libvirt version: "))
                .count()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(LabError::file("read", &path)(error)),
        }
    }

    /// Process 1 of the host's namespaces, the one to point `nsenter --target` at; none while the host is off.
    pub fn first_pid(&self) -> Option<i32> {
        self.room().as_ref().map(Room::first)
    }

    /// Opens the host's namespaces; the daemon is not started yet.
    pub(crate) fn open_room(&self) -> Result<Room> {
        let hosts = self.inner.lab_folder.join("hosts");
        let mut namespaces = vec!["--mount", "--propagation", "private"];
        let mut arguments: Vec<&OsStr> = vec![self.folder().as_os_str()];
        if self.address().is_some() {
            namespaces.extend(["--net", "--uts"]);
            arguments.extend([hosts.as_os_str(), OsStr::new(self.id())]);
        }
        let room = Room::open(&Plan {
            lab: &self.inner.lab,
            lab_folder: &self.inner.lab_folder,
            name: self.id(),
            namespaces: &namespaces,
            script: include_str!("script/host.sh"),
            arguments: &arguments,
            log: self.folder().join("room.log"),
        })?;
        if let Some(address) = &self.inner.address {
            address.plug_in(&room)?;
        }
        Ok(room)
    }

    fn door(&self) -> Option<Door<'_>> {
        let Inner { id, lab, folder, access, password, .. } = &*self.inner;
        let ip = self.address()?;
        Some(Door { access: *access, folder, id, lab, ip, password })
    }

    pub(crate) fn network(&self) -> Result<&Address> {
        self.inner
            .address
            .as_ref()
            .ok_or_else(|| LabError::NotOnTheNetwork { host: self.id().to_owned() })
    }

    pub(crate) fn virsh_at(&self, uri: &str, words: &[&str], limit: Duration) -> Result<String> {
        let mut command = Command::new("virsh");
        command.env(MARK, self.inner.lab.to_string()).args(["-q", "-c", uri]).args(words);
        command::run(&mut command, limit)
    }

    /// The room as it stands; none while the host is off.
    pub(crate) fn room(&self) -> MutexGuard<'_, Option<Room>> {
        self.inner.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in the host's namespaces, if it is on.
    pub(crate) fn with_room<T>(&self, act: impl FnOnce(&Room) -> Result<T>) -> Result<T> {
        let room = self.room();
        act(room.as_ref().ok_or_else(|| LabError::PoweredOff { host: self.id().to_owned() })?)
    }
}
