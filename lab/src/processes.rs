//! Processes as `/proc` shows them: who lives in a pid namespace, what its own number there is, when it started.
//!
//! Needed because a host's pid files (libvirtd's, each QEMU's) hold numbers of the host's own pid namespace, while signals are
//! sent from outside. Every function answers with what it could read: a process may end between two reads.

use crate::error::{LabError, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;

/// When a process started, in clock ticks since boot; none if there is no such process or it is a zombie.
pub(crate) fn start_time(pid: i32) -> Option<u64> {
    let (state, fields) = stat(pid)?;
    // Field 22 of stat(5); `fields` begins with the fourth.
    (state != "Z").then(|| fields.split_whitespace().nth(18)?.parse().ok())?
}

/// Whether nothing is left of a process. One whose first thread has ended reads as a zombie while its other threads still hold
/// its sockets and locks, so a zombie does not count as gone.
pub(crate) fn is_gone(pid: i32) -> bool {
    stat(pid).is_none()
}

/// Whether a process is there and not a zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    start_time(pid).is_some()
}

/// All processes that can be seen.
pub(crate) fn all() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The process that is called `inner` within the pid namespace of `member`.
pub(crate) fn outer_pid(member: i32, inner: i32) -> Option<i32> {
    let space = pid_namespace(member)?;
    all()
        .into_iter()
        .find(|&pid| inner_pid(pid) == Some(inner) && pid_namespace(pid).as_ref() == Some(&space))
}

/// The children of a process whose first thread has made them all.
pub(crate) fn children_of(pid: i32) -> Vec<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Sends a signal.
pub(crate) fn signal(pid: i32, signal: Signal) -> Result<()> {
    kill(Pid::from_raw(pid), signal).map_err(|source| LabError::Signal { signal, pid, source })
}

/// The state letter, and everything from the fourth field of `/proc/PID/stat` on (the second, the name, may hold spaces and brackets).
fn stat(pid: i32) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let (state, fields) = rest.split_once(' ')?;
    Some((state.to_owned(), fields.to_owned()))
}

fn pid_namespace(pid: i32) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

/// The number that a process has in the innermost pid namespace that it is in.
fn inner_pid(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    line.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{is_alive, is_gone, outer_pid, start_time};

    #[test]
    fn this_process_is_alive_and_known_by_its_own_number() {
        let own = nix::unistd::getpid().as_raw();
        assert!(is_alive(own) && !is_gone(own) && start_time(own).is_some());
        assert_eq!(outer_pid(own, own), Some(own));
    }

    #[test]
    fn process_zero_is_nobody() {
        assert!(!is_alive(0) && is_gone(0));
    }
}
