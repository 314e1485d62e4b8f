//! What happens in a run, and when: data, made from a seed alone.

use std::fmt;
use std::time::Duration;

/// One run's faults, in the order of their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub length: Duration,
    pub steps: Vec<Step>,
}

/// Something that happens, so long after the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub at: Duration,
    pub act: Act,
}

/// Hosts and guests are told by their numbers. What is not possible at its time is left out: a guest that is off is not killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The cable is pulled, and back.
    LinkDown(usize),
    LinkUp(usize),
    /// The daemon hangs (SIGSTOP), and goes on.
    Hang(usize),
    Answer(usize),
    /// The daemon dies (SIGKILL), and is started.
    KillDaemon(usize),
    StartDaemon(usize),
    /// Daemon and guests are gone at one moment, and the host is switched on again.
    LosePower(usize),
    Boot(usize),
    /// A guest's QEMU dies (SIGKILL).
    Kill(usize),
    /// A guest powers itself off.
    PowerOff(usize),
    /// Somebody presses its power button, by virsh.
    Shutdown(usize),
    /// Somebody moves it to another host, live, by virsh.
    Migrate(usize, usize),
    /// The service dies (SIGKILL), and is started.
    KillService,
    StartService,
}

impl Act {
    /// What ends what this begins.
    pub const fn end(self) -> Option<Self> {
        match self {
            Self::LinkDown(host) => Some(Self::LinkUp(host)),
            Self::Hang(host) => Some(Self::Answer(host)),
            Self::KillDaemon(host) => Some(Self::StartDaemon(host)),
            Self::LosePower(host) => Some(Self::Boot(host)),
            Self::KillService => Some(Self::StartService),
            Self::LinkUp(_)
            | Self::Answer(_)
            | Self::StartDaemon(_)
            | Self::Boot(_)
            | Self::Kill(_)
            | Self::PowerOff(_)
            | Self::Shutdown(_)
            | Self::Migrate(..)
            | Self::StartService => None,
        }
    }

    /// Whether it is done to a guest, rather than to a host or the service.
    pub const fn is_of_guest(self) -> bool {
        matches!(self, Self::Kill(_) | Self::PowerOff(_) | Self::Shutdown(_) | Self::Migrate(..))
    }

    /// Whether it begins a trouble, rather than ends one.
    pub const fn is_fault(self) -> bool {
        !matches!(
            self,
            Self::LinkUp(_)
                | Self::Answer(_)
                | Self::StartDaemon(_)
                | Self::Boot(_)
                | Self::StartService
        )
    }
}

impl Plan {
    /// How many faults it has.
    pub fn faults(&self) -> usize {
        self.steps.iter().filter(|step| step.act.is_fault()).count()
    }
}

impl fmt::Display for Act {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn host(number: usize) -> String {
            super::world::host_name(number)
        }
        fn guest(number: usize) -> String {
            super::world::guest_name(number)
        }
        match *self {
            Self::LinkDown(h) => write!(out, "{}: link down", host(h)),
            Self::LinkUp(h) => write!(out, "{}: link up", host(h)),
            Self::Hang(h) => write!(out, "{}: daemon hangs", host(h)),
            Self::Answer(h) => write!(out, "{}: daemon goes on", host(h)),
            Self::KillDaemon(h) => write!(out, "{}: daemon killed", host(h)),
            Self::StartDaemon(h) => write!(out, "{}: daemon started", host(h)),
            Self::LosePower(h) => write!(out, "{}: power lost", host(h)),
            Self::Boot(h) => write!(out, "{}: boots", host(h)),
            Self::Kill(g) => write!(out, "{}: QEMU killed", guest(g)),
            Self::PowerOff(g) => write!(out, "{}: powers itself off", guest(g)),
            Self::Shutdown(g) => write!(out, "{}: virsh shutdown", guest(g)),
            Self::Migrate(g, to) => write!(out, "{}: migrated to {}", guest(g), host(to)),
            Self::KillService => write!(out, "service killed"),
            Self::StartService => write!(out, "service started"),
        }
    }
}
