//! What the database keeps of an instance.

use jiff::Timestamp;

use super::text::words;
use super::{Condition, Desired, DesiredState, HostId, InstanceId, Source};

/// The last condition that was seen, with the time since which it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// What was seen.
    pub condition: Condition,
    /// The time of the first look that found it so without a break. Looks that change nothing do
    /// not write.
    pub since: Timestamp,
    /// What made the service look.
    pub source: Source,
}

/// Where and when an instance was last seen active (a process held it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastActive {
    /// On which host.
    pub host: HostId,
    /// At the latest change that found it so.
    pub at: Timestamp,
}

/// From when on attempts count.
///
/// The attempts themselves are rows of their own; those of the current generation that were
/// written at or after `since` are the used part of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Attempts before this time no longer count.
    pub since: Timestamp,
}

/// Somebody works on an instance: looks go on, nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hold {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when at the latest.
    pub until: Timestamp,
}

words! {
    /// What an instance went down with, so that it was not its owner's wish.
    pub enum DownWith: "what went down" {
        /// Its host, which has rebooted since.
        Host = "host",
        /// So many others of its host that the host must be on its way down.
        Others = "others",
    }
}

/// A virtual machine that the service answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its domain's UUID.
    pub id: InstanceId,
    /// Its domain's name.
    pub name: String,
    /// The host it is assigned to.
    pub host: HostId,
    /// The name of its policy.
    pub policy: String,
    /// Higher comes back first.
    pub priority: i32,
    /// When it was put under the service's care.
    pub added_at: Timestamp,
    /// What it is supposed to be.
    pub desired: Desired,
    /// Whether it has been seen in the desired state of this generation: a later mismatch is drift.
    pub settled: bool,
    /// Since when it has been in the desired state without a break; none while it is not.
    pub in_sync_since: Option<Timestamp>,
    /// What was seen last; none before the first conclusive look.
    pub observed: Option<Observed>,
    /// What it went down with, if that was more than itself: then it was not its owner's wish, and
    /// it is not accepted but brought back. Until it is seen in its desired state again.
    pub down_with: Option<DownWith>,
    /// Where it was last seen active.
    pub last_active: Option<LastActive>,
    /// From when on attempts count.
    pub budget: Budget,
    /// Who works on it, the one that ends first in front. Nothing is done before the last has ended.
    pub holds: Vec<Hold>,
    /// What the configuration file said of it last; none if it never did.
    pub configured: Option<Configured>,
}

/// What the configuration file says of an instance. A word that differs from the last one is taken
/// over; the same word again is older than whatever the API said since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// What it is supposed to be.
    pub desired: DesiredState,
    /// The name of its policy.
    pub policy: String,
    /// Higher comes back first.
    pub priority: i32,
}
