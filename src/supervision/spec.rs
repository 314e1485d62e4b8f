//! The words of supervision: how a child is treated, what is decided, what is shown of it.
//!
//! Data only; the rules that use it are in `children.rs`. Not in here: serialisation, which is the
//! business of whoever shows it.

use std::{fmt, time::Duration};

use super::{
    delay::DelaySpec,
    exit::{Exit, Incarnation},
    window::Limit,
};

/// How a child is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildSpec {
    /// After which exits it is started again.
    pub restart: RestartType,
    /// Its budget of restarts.
    pub limit: Limit,
    /// The wait before a restart. It starts over after a life as long as the limit's window.
    pub delay: DelaySpec,
    /// What happens when the budget is spent.
    pub exhausted: Exhausted,
}

/// After which exits a child is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartType {
    /// After every exit, a normal one included.
    Permanent,
    /// After every exit but a normal one.
    Transient,
    /// Never.
    Temporary,
}

/// What happens when a child's budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// It rests for a while and is tried again, for ever. A try that lasts as long as the limit's
    /// window frees it, with a fresh budget; one that ends earlier brings it back here at once.
    Quarantine {
        /// The pace of the tries.
        retry_after: Duration,
    },
    /// The parent is to fail.
    Escalate,
}

/// What the parent is to do about an exit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Nothing: the exit is of an earlier life, or of a child that was removed.
    Ignore,
    /// Nothing: the child is not to be started again.
    Rest,
    /// Start it again after a wait.
    Restart {
        /// The wait.
        after: Duration,
    },
    /// It is in quarantine: tell people, and start it again after a long wait.
    Quarantine {
        /// The wait.
        retry_after: Duration,
    },
    /// Fail, with this reason, which doesn't name the child.
    Escalate(String),
}

/// Where a child is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildState {
    /// It has an incarnation and didn't say yet that it runs.
    Starting,
    /// It runs.
    Running,
    /// It failed, and the next life is waited for.
    Restarting,
    /// It failed too often, and the next try is waited for.
    Quarantined,
    /// It is not alive and won't be without a word from the parent.
    Stopped,
}

impl ChildState {
    /// Every value.
    pub const ALL: &'static [Self] =
        &[Self::Starting, Self::Running, Self::Restarting, Self::Quarantined, Self::Stopped];

    /// Its one text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Quarantined => "quarantined",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for ChildState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A child as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildStatus<K> {
    /// Its name among its siblings.
    pub child: K,
    /// Its current life, or the last one; 0 before the first.
    pub incarnation: Incarnation,
    /// Where it is.
    pub state: ChildState,
    /// How often it was started again since it was added, tries from quarantine included.
    pub restarts: u64,
    /// How the last life ended that did.
    pub last_exit: Option<Exit>,
}
