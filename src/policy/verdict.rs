//! What the policy answers.

use jiff::Timestamp;

use super::Matched;
use crate::model::{Command, DesiredState, HostId, Severity, Status};

/// What is to be done about an instance now, and what that follows from.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// The rule that applied; none where a guard came first, or for an order's direct way.
    pub rule: Option<Matched>,
    /// How much it matters, if it is reported.
    pub severity: Severity,
    /// Whether the budget is spent.
    pub spent: bool,
}

impl Decision {
    /// It is as desired.
    #[must_use]
    pub const fn in_sync() -> Self {
        Self { verdict: Verdict::InSync, rule: None, severity: Severity::None, spent: false }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing: it is as desired.
    InSync,
    /// Nothing yet.
    Wait {
        /// When to look and ask again; none where time alone changes nothing.
        until: Option<Timestamp>,
        /// What is waited for.
        why: WaitWhy,
    },
    /// Correct the record: this is what is desired from now on.
    Accept(DesiredState),
    /// Send this to the hypervisor.
    Act(Command),
    /// Report it, and do nothing.
    Alert,
    /// Do nothing.
    Ignore,
    /// Do nothing until someone says otherwise: the budget is spent.
    GiveUp,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitWhy {
    /// A look that is younger than the last change of the desired state.
    FreshLook,
    /// The end of the action that is under way.
    InFlight,
    /// The mismatch must hold for a while first.
    Grace,
    /// The delay before the next attempt.
    Backoff,
    /// The next attempt of the slow lane: the budget is spent.
    SlowLane,
    /// The guest was asked to shut down.
    ShuttingDown,
    /// Somebody works on the instance.
    Held {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The host is in maintenance.
    Maintenance,
    /// The host is not reachable, or was not listed in full yet.
    HostNotReady,
    /// libvirt works on the domain.
    LibvirtWorks,
    /// The host does not have the domain.
    NotHere,
    /// It runs on another host.
    ActiveElsewhere(HostId),
    /// It may run on another host, which cannot be reached, or was not listed yet.
    MaybeActiveOn(HostId),
    /// The host does not have the domain, and no definition of it is kept.
    NoDefinition,
    /// This host has the domain, off.
    DefinedOn(HostId),
    /// This host is asked first whether it has the domain.
    NotAsked(HostId),
    /// As many actions as may be are under way.
    Queue,
}

impl std::fmt::Display for WaitWhy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FreshLook => f.write_str("a look younger than the last change is awaited"),
            Self::InFlight => f.write_str("an action is under way"),
            Self::Grace => f.write_str("within its grace"),
            Self::Backoff => f.write_str("before the next attempt"),
            Self::SlowLane => f.write_str("the budget is spent: one attempt at a slow pace"),
            Self::ShuttingDown => f.write_str("the guest was asked to shut down"),
            Self::Held { by, reason } => write!(f, "held by {by}: {reason}"),
            Self::Maintenance => f.write_str("the host is in maintenance"),
            Self::HostNotReady => f.write_str("the host was not read yet, or is unreachable"),
            Self::LibvirtWorks => f.write_str("libvirt works on the domain"),
            Self::NotHere => f.write_str("its host does not have the domain"),
            Self::ActiveElsewhere(host) => write!(f, "it runs on {host}"),
            Self::MaybeActiveOn(host) => {
                write!(f, "it may run on {host}, which is to be heard first")
            }
            Self::NoDefinition => {
                f.write_str("no definition of it is kept: define it by hand, or forget it")
            }
            Self::DefinedOn(host) => write!(f, "{host} has the domain: it may belong there now"),
            Self::NotAsked(host) => write!(f, "{host} is asked first whether it has the domain"),
            Self::Queue => f.write_str("as many actions as allowed are under way"),
        }
    }
}

impl WaitWhy {
    /// Whether the mismatch is left to somebody else for now, or cannot be judged yet: then it is no
    /// incident of ours.
    #[must_use]
    pub const fn is_out_of_our_hands(&self) -> bool {
        match self {
            Self::Held { .. }
            | Self::Maintenance
            | Self::HostNotReady
            | Self::LibvirtWorks
            | Self::FreshLook => true,
            Self::InFlight
            | Self::Grace
            | Self::Backoff
            | Self::SlowLane
            | Self::ShuttingDown
            | Self::NotHere
            | Self::ActiveElsewhere(_)
            | Self::MaybeActiveOn(_)
            | Self::NoDefinition
            | Self::DefinedOn(_)
            | Self::NotAsked(_)
            | Self::Queue => false,
        }
    }
}

impl Verdict {
    /// The instance's status while this is the answer.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::InSync | Self::Accept(_) => Status::InSync,
            Self::Act(_) => Status::Repairing,
            Self::Alert | Self::Ignore => Status::OutOfSync,
            Self::GiveUp => Status::GivenUp,
            Self::Wait { why, .. } => match why {
                WaitWhy::Grace => Status::Settling,
                WaitWhy::FreshLook
                | WaitWhy::InFlight
                | WaitWhy::ShuttingDown
                | WaitWhy::NotAsked(_)
                | WaitWhy::Queue => Status::Repairing,
                WaitWhy::Backoff | WaitWhy::SlowLane => Status::BackingOff,
                WaitWhy::Held { .. } | WaitWhy::Maintenance | WaitWhy::LibvirtWorks => Status::Held,
                WaitWhy::HostNotReady => Status::Unknown,
                WaitWhy::NotHere
                | WaitWhy::ActiveElsewhere(_)
                | WaitWhy::MaybeActiveOn(_)
                | WaitWhy::NoDefinition
                | WaitWhy::DefinedOn(_) => Status::OutOfSync,
            },
        }
    }

    /// When to ask again, where time alone brings an answer.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Wait { until, .. } => *until,
            Self::InSync
            | Self::Accept(_)
            | Self::Act(_)
            | Self::Alert
            | Self::Ignore
            | Self::GiveUp => None,
        }
    }

    /// Why it is waited, where it is.
    #[must_use]
    pub const fn why(&self) -> Option<&WaitWhy> {
        match self {
            Self::Wait { why, .. } => Some(why),
            Self::InSync
            | Self::Accept(_)
            | Self::Act(_)
            | Self::Alert
            | Self::Ignore
            | Self::GiveUp => None,
        }
    }

    /// One word, for logs and the audit log.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::Wait { .. } => "wait",
            Self::Accept(_) => "accept",
            Self::Act(_) => "act",
            Self::Alert => "alert",
            Self::Ignore => "ignore",
            Self::GiveUp => "give up",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wait { until: Some(until), why } => write!(f, "wait until {until}: {why}"),
            Self::Wait { until: None, why } => write!(f, "wait: {why}"),
            Self::Accept(state) => write!(f, "accept {state}"),
            Self::Act(command) => write!(f, "{command}"),
            Self::InSync | Self::Alert | Self::Ignore | Self::GiveUp => f.write_str(self.word()),
        }
    }
}
