//! A lab's identity: the one string that marks everything that belongs to it.
//!
//! It names the process that holds the lab and the moment that process started, so that anybody who finds the mark (on a
//! folder, in a process, on a network link) can tell whether its lab still lives, with no register of labs to keep true.

use crate::processes::start_time;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// What every identity begins with.
const PREFIX: &str = "assured-lab-";

/// The identity of a lab: `assured-lab-PID-STARTTIME-NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabId {
    pid: i32,
    start_time: u64,
    number: u32,
}

impl LabId {
    /// A new identity for a lab of this process.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let pid = nix::unistd::getpid().as_raw();
        let start_time = start_time(pid).unwrap_or_default();
        Self { pid, start_time, number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// Reads an identity; anything that is not one, to the letter, is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('-');
        let id = Self {
            pid: parts.next()?.parse().ok()?,
            start_time: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
        };
        // The round trip refuses what a number parser forgives: signs, leading zeros, a fourth part.
        (id.to_string() == text).then_some(id)
    }

    /// Whether the process that holds this lab still runs.
    pub fn is_alive(&self) -> bool {
        start_time(self.pid) == Some(self.start_time)
    }
}

impl fmt::Display for LabId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{PREFIX}{}-{}-{}", self.pid, self.start_time, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::LabId;

    #[test]
    fn an_identity_reads_back_and_nothing_else_does() {
        let id = LabId::fresh();
        assert_eq!(LabId::parse(&id.to_string()), Some(id.clone()));
        assert!(id.is_alive());
        for other in [
            "",
            "assured-lab-",
            "assured-lab-1-2",
            "assured-lab-1-2-3-4",
            "assured-lab-01-2-3",
            "assured-lab-+1-2-3",
        ] {
            assert_eq!(LabId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_lab_of_another_start_of_the_same_pid_is_dead() {
        let mut id = LabId::fresh();
        id.start_time += 1;
        assert!(!id.is_alive());
    }
}
