//! What can happen to a machine and to its guests, other than through libvirt's API.

use crate::error::{LabError, Result};
use crate::guest::Guest;
use crate::host::Host;
use crate::processes;
use crate::wait::wait_until;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process that was sent SIGKILL is gone long before this.
const LIMIT: Duration = Duration::from_secs(10);

impl Host {
    /// The power fails: the daemon and all guests are gone at one moment, with everything below /run.
    pub fn power_off(&self) -> Result<()> {
        let room = self.room().take();
        room.map(drop).ok_or_else(|| LabError::PoweredOff { host: self.id().to_owned() })
    }

    /// The power is back: the daemon starts, no guest does.
    pub fn power_on(&self) -> Result<()> {
        let room = self.open_room()?;
        *self.room() = Some(room);
        self.start_daemon()?;
        self.start_access()
    }

    /// Power off, power on.
    pub fn reboot(&self) -> Result<()> {
        self.power_off()?;
        self.power_on()
    }

    /// From now on each start of a guest takes this much longer; zero ends it.
    pub fn slow_starts(&self, delay: Duration) -> Result<()> {
        let path = self.folder().join("etc/hooks/start-delay");
        if !delay.is_zero() {
            return fs::write(&path, format!("{}\n", delay.as_secs_f64()))
                .map_err(LabError::file("write", &path));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(LabError::file("remove", &path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Guest {
    /// The QEMU dies at once (`kill -9`).
    pub fn kill(&self) -> Result<()> {
        self.end_qemu(Signal::SIGKILL)
    }

    /// The QEMU is asked to end (`kill -TERM`), behind libvirt's back.
    pub fn term(&self) -> Result<()> {
        self.end_qemu(Signal::SIGTERM)
    }

    /// The QEMU hangs (SIGSTOP): libvirt goes on saying "running".
    pub fn hang(&self) -> Result<()> {
        processes::signal(self.qemu_pid()?, Signal::SIGSTOP)
    }

    /// The QEMU goes on.
    pub fn unhang(&self) -> Result<()> {
        processes::signal(self.qemu_pid()?, Signal::SIGCONT)
    }

    /// Makes starts of this guest fail for as long as the lock is held. The guest must be off.
    pub fn lock_image(&self) -> Result<ImageLock> {
        ImageLock::take(self.image())
    }

    fn end_qemu(&self, signal: Signal) -> Result<()> {
        let pid = self.qemu_pid()?;
        processes::signal(pid, signal)?;
        wait_until(LIMIT, format!("the end of the QEMU of {:?}", self.name()), || {
            processes::is_gone(pid)
        })
    }
}

/// A lock on an image, which keeps any QEMU from using it; let go of by dropping it.
#[derive(Debug)]
pub struct ImageLock {
    _file: File,
    path: PathBuf,
}

impl ImageLock {
    /// Which image it is on.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn take(path: &Path) -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(LabError::file("open", path))?;
        // The bytes that QEMU locks to show what it does with an image. A lock over the whole file would be in libvirt's own
        // way too, and it would retry for 25 s instead of failing.
        let range = libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: 100,
            l_len: 200,
            l_pid: 0,
        };
        fcntl(&file, FcntlArg::F_OFD_SETLK(&range))
            .map_err(|source| LabError::ImageBusy { path: path.to_owned(), source })?;
        Ok(Self { _file: file, path: path.to_owned() })
    }
}
