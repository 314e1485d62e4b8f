//! What can go wrong in the lab, one variant per failed operation.
//!
//! The reader is somebody whose test or demo did not come up: each text says what failed, where, and what to do about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The lab's result.
pub type Result<T, E = LabError> = std::result::Result<T, E>;

/// Why the lab could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The lab needs namespaces and mounts.
    #[error(
        "the lab needs root (it makes mounts, namespaces and network links): run it as root or with sudo"
    )]
    NotRoot,
    /// A name that cannot be a host's or a guest's.
    #[error(
        "{name:?} cannot be the name of a host or guest: use 1 to 40 letters, digits and hyphens, a letter first"
    )]
    BadName {
        /// The refused name.
        name: String,
    },
    /// A second host of one name.
    #[error("the lab already has a host {name:?}: give this one another name")]
    HostExists {
        /// The name that is taken.
        name: String,
    },
    /// Socket paths are limited by the kernel.
    #[error("the socket path {} is longer than the 107 bytes that Linux allows: set TMPDIR to a shorter folder", path.display())]
    SocketPathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error(
        "cannot run `{program}`: is its package installed? deploy/install-packages.sh installs what the lab needs"
    )]
    Spawn {
        /// The program.
        program: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("`{command}` failed ({status}): {stderr}")]
    Failed {
        /// The whole command line.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// A program did not end.
    #[error(
        "`{command}` did not end within {limit:?} and was killed: the daemon that it talks to may hang or be unreachable"
    )]
    TimedOut {
        /// The whole command line.
        command: String,
        /// How long it had.
        limit: Duration,
    },
    /// Something awaited did not happen.
    #[error("waited {limit:?} in vain for {what}")]
    WaitedInVain {
        /// What was awaited.
        what: String,
        /// How long it had.
        limit: Duration,
    },
    /// A host's namespaces could not be set up.
    #[error("the namespaces of {room:?} did not come up: {said}")]
    RoomFailed {
        /// Whose namespaces.
        room: String,
        /// What the set-up script said.
        said: String,
    },
    /// Something was asked of a host that is switched off.
    #[error("the host {host:?} is switched off: call power_on first")]
    PoweredOff {
        /// The host.
        host: String,
    },
    /// A process that a fault is meant for is not there.
    #[error("no {what} runs on the host {host:?}: start it first")]
    NotRunning {
        /// Which process.
        what: String,
        /// On which host.
        host: String,
    },
    /// A signal could not be sent.
    #[error("cannot send {signal} to process {pid}")]
    Signal {
        /// The signal.
        signal: nix::sys::signal::Signal,
        /// The receiver.
        pid: i32,
        /// The system's answer.
        source: nix::Error,
    },
    /// An image cannot be locked, as its QEMU has it.
    #[error("cannot lock {}: lock an image only while its guest is off", path.display())]
    ImageBusy {
        /// The image.
        path: PathBuf,
        /// The system's answer.
        source: nix::Error,
    },
    /// A host without an address was asked for what only network hosts can do.
    #[error("the host {host:?} has no address of its own: make it with Lab::network_host")]
    NotOnTheNetwork {
        /// The host.
        host: String,
    },
    /// No network number was free.
    #[error(
        "no free network in 198.18.0.0/15: `assured-lab doctor` shows whether earlier labs left links behind"
    )]
    NoFreeNetwork,
    /// A program said something that the lab does not understand.
    #[error("`{command}` answered {answer:?}, which the lab does not understand")]
    Answer {
        /// The command.
        command: String,
        /// The answer.
        answer: String,
    },
}

impl LabError {
    /// For `map_err` on a file operation.
    pub(crate) fn file(
        operation: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { operation, path: path.as_ref().to_owned(), source }
    }
}
