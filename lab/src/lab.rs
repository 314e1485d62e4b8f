//! A lab: a temporary folder, the hosts in it, and the end of both.

use crate::access::Access;
use crate::error::{LabError, Result};
use crate::host::{Host, HostPlan};
use crate::id::LabId;
use crate::keeper::Keeper;
use crate::leftovers;
use crate::network::{Address, Switch};
use crate::testdriver::TestHost;
use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A lab of hypervisor hosts. Dropping it takes everything down and waits until it is gone; see the crate's documentation for other ends.
#[derive(Debug)]
pub struct Lab {
    id: LabId,
    folder: PathBuf,
    state: Mutex<State>,
    /// Declared last, as it must be dropped last: it waits for the hosts' deaths.
    _keeper: Keeper,
}

#[derive(Debug, Default)]
struct State {
    hosts: Vec<Host>,
    /// Names that are taken, those of hosts that are just being made included.
    names: Vec<String>,
    switch: Option<Arc<Switch>>,
}

impl Lab {
    /// A new lab without hosts, in a folder of its own below the system's temporary folder.
    pub fn new() -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            return Err(LabError::NotRoot);
        }
        let id = LabId::fresh();
        let folder = std::env::temp_dir().join(id.to_string());
        // Its hosts let anybody who reaches their sockets do anything, so nobody else gets into the folder.
        DirBuilder::new().mode(0o700).create(&folder).map_err(LabError::file("create", &folder))?;
        let keeper = Keeper::start(&id, &folder)?;
        let hosts = folder.join("hosts");
        fs::write(&hosts, "127.0.0.1 localhost\n").map_err(LabError::file("write", &hosts))?;
        Ok(Self { id, folder, state: Mutex::default(), _keeper: keeper })
    }

    /// The lab's identity.
    pub fn id(&self) -> &LabId {
        &self.id
    }

    /// The lab's folder. Files that tests put there go with it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lab's hosts so far.
    pub fn hosts(&self) -> Vec<Host> {
        self.state().hosts.clone()
    }

    /// Starts a host that is reached by a socket.
    pub fn host(&self, id: &str) -> Result<Host> {
        self.reserve(id)?;
        self.add(id, None, Access::default())
    }

    /// Starts a host that has an address of its own and is reached by TCP, by anybody.
    pub fn network_host(&self, id: &str) -> Result<Host> {
        self.network_host_by(id, Access::Tcp)
    }

    /// Starts a host that has an address of its own and lets in whom `access` says.
    pub fn network_host_by(&self, id: &str, access: Access) -> Result<Host> {
        self.reserve(id)?;
        let address = self.switch()?.next_address()?;
        self.announce(id, &address)?;
        self.add(id, Some(address), access)
    }

    /// Starts a host of libvirt's test driver with `domains` running domains.
    pub fn test_host(&self, id: &str, domains: usize) -> Result<TestHost> {
        TestHost::fill(self.host(id)?, domains)
    }

    /// Makes a short path to something in the lab's folder: a link of this name in the system's temporary folder. None if the
    /// name is taken, unless by a link to a lab that has ended.
    pub fn shortcut(&self, name: &str, to: &Path) -> Result<Option<PathBuf>> {
        let link = std::env::temp_dir().join(name);
        if leftovers::shortcut_of(&link).is_some_and(|lab| !lab.is_alive()) {
            fs::remove_file(&link).map_err(LabError::file("remove", &link))?;
        }
        match symlink(to, &link) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(LabError::file("make the link", &link)(error)),
        }
        // This is how the keeper knows of it.
        let note = self.folder.join("shortcut");
        symlink(&link, &note).map_err(LabError::file("make the link", &note))?;
        Ok(Some(link))
    }

    fn add(&self, id: &str, address: Option<Address>, access: Access) -> Result<Host> {
        let plan = HostPlan {
            id: id.to_owned(),
            lab: self.id.clone(),
            lab_folder: self.folder.clone(),
            address,
            access,
        };
        let host = Host::create(plan)?;
        self.state().hosts.push(host.clone());
        Ok(host)
    }

    fn reserve(&self, id: &str) -> Result<()> {
        check_name(id)?;
        let names = &mut self.state().names;
        if names.iter().any(|name| name == id) || self.folder.join(id).exists() {
            return Err(LabError::HostExists { name: id.to_owned() });
        }
        names.push(id.to_owned());
        Ok(())
    }

    /// The lab's switch, made with the first host that needs it.
    fn switch(&self) -> Result<Arc<Switch>> {
        let slot = &mut self.state().switch;
        if let Some(switch) = slot {
            return Ok(Arc::clone(switch));
        }
        let switch = Arc::new(Switch::start(&self.id, &self.folder)?);
        Ok(Arc::clone(slot.insert(switch)))
    }

    /// Tells all hosts on the network the name of a new one: without it a migration cannot resolve its target. The file is
    /// appended to, not replaced, as the hosts have this very file mounted.
    fn announce(&self, id: &str, address: &Address) -> Result<()> {
        let path = self.folder.join("hosts");
        let file = File::options().append(true).open(&path);
        let written =
            file.and_then(|mut file| file.write_all(format!("{} {id}\n", address.ip()).as_bytes()));
        written.map_err(LabError::file("write", &path))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut rooms: Vec<_> = state.hosts.iter().filter_map(|host| host.room().take()).collect();
        rooms.extend(state.switch.as_ref().and_then(|switch| switch.take_room()));
        for room in &mut rooms {
            room.release();
        }
    }
}

/// Names become file names, host names and words of command lines.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let letter_first = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    if letter_first && plain && name.len() <= 40 {
        Ok(())
    } else {
        Err(LabError::BadName { name: name.to_owned() })
    }
}
