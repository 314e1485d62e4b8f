//! What the outside asks of the arbiter. Each is answered after it is committed, not before.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;

use crate::config::Errors;
use crate::model::{By, DesiredState, Generation, HostId, InstanceId};
use crate::snapshot::{HostView, InstanceView};

/// What an order or a change of the record is answered with.
pub type Reply<T> = Result<T, Refusal>;

/// Which domain is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one with this UUID.
    Id(InstanceId),
    /// The one with this name on its host.
    Name(String),
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Sets what an instance is supposed to be.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct SetDesired {
    /// Which.
    pub id: InstanceId,
    /// What.
    pub state: DesiredState,
    /// Only if this is its generation.
    pub if_match: Option<Generation>,
    /// Who says so.
    pub by: By,
}

/// Puts a domain under the service's care.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct AddInstance {
    /// Which domain.
    pub which: Which,
    /// On which host.
    pub host: HostId,
    /// What it is supposed to be.
    pub desired: DesiredState,
    /// Its policy; `default` if none.
    pub policy: Option<String>,
    /// Its priority; 0 if none.
    pub priority: Option<i32>,
    /// Who says so.
    pub by: By,
}

/// Changes what is recorded of an instance besides its desired state.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct ChangeInstance {
    /// Which.
    pub id: InstanceId,
    /// Its new policy.
    pub policy: Option<String>,
    /// Its new priority.
    pub priority: Option<i32>,
    /// Its new host, which must know the domain.
    pub host: Option<HostId>,
    /// Who says so.
    pub by: By,
}

/// Forgets an instance. Its domain is left as it is.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct ForgetInstance {
    /// Which.
    pub id: InstanceId,
    /// Who says so.
    pub by: By,
}

/// Makes instances of domains that no instance stands for, desired as seen.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Arc<InstanceView>>>")]
pub struct Adopt {
    /// On which host.
    pub host: HostId,
    /// Which; all that are unmanaged if none.
    pub domains: Option<Vec<InstanceId>>,
    /// Who says so.
    pub by: By,
}

/// Gives an instance a fresh budget of attempts.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct Retry {
    /// Which.
    pub id: InstanceId,
    /// Who says so.
    pub by: By,
}

/// Holds an instance: looks go on, nothing is done, until it is released or the time is over.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct PutHold {
    /// Which.
    pub id: InstanceId,
    /// For how long at most.
    pub ttl: Duration,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: By,
}

/// Releases an instance from one hold: of those of one holder, the one that ends first. Where
/// nobody holds it, nothing changes.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<InstanceView>>")]
pub struct ReleaseHold {
    /// Which.
    pub id: InstanceId,
    /// Whose hold: one's own if none is named.
    pub of: Option<By>,
    /// Who says so.
    pub by: By,
}

/// Reads the configuration again, and takes it over if nothing is wrong with it. The root does it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Reloaded, ReloadRefusal>")]
pub struct Reload {
    /// Who says so.
    pub by: String,
}

/// What a new configuration has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Hosts that are new.
    pub hosts_added: Vec<HostId>,
    /// Hosts that are no longer in it.
    pub hosts_removed: Vec<HostId>,
    /// Hosts that are reached in another way than before: their actors were started anew.
    pub hosts_relinked: Vec<HostId>,
    /// Policies that are new, gone, or say something else.
    pub policies_changed: Vec<String>,
    /// Keys that differ, and are in force only after a restart of the service.
    pub needs_restart: Vec<&'static str>,
}

/// Why a configuration was not taken over. The one before stays in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadRefusal {
    /// Something is wrong with it.
    #[error("the configuration was refused, and the one before stays in force; wrong is:\n{0}")]
    Wrong(Errors),
    /// The service is ending, or the configuration cannot be read again here.
    #[error("the configuration cannot be read now: {0}")]
    NotNow(String),
}

/// Puts a host into maintenance: looks go on, nothing is done on it and nothing reported of it, until
/// that is ended. On a host that is in maintenance already: the reason is another from now on.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<HostView>>")]
pub struct PutMaintenance {
    /// Which.
    pub host: HostId,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: By,
}

/// Ends a host's maintenance. Where there is none, nothing changes.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Arc<HostView>>")]
pub struct EndMaintenance {
    /// Which.
    pub host: HostId,
    /// Who says so.
    pub by: By,
}

/// Why something that was asked is not done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such instance.
    #[error("no instance {0} is known")]
    NoSuchInstance(InstanceId),
    /// There is no such host.
    #[error("no host {0} is configured")]
    NoSuchHost(HostId),
    /// The host answered that it has no such domain.
    #[error("host {host} has no domain {which}: define it there first, or name another host")]
    UnknownDomain {
        /// The host.
        host: HostId,
        /// What was asked for.
        which: Which,
    },
    /// The domain cannot be adopted as it is.
    #[error(
        "domain {name} on host {host} is {condition}, which is no state that can be desired: start, pause or stop it first"
    )]
    NotAdoptable {
        /// The host.
        host: HostId,
        /// The domain.
        name: String,
        /// What it was seen in.
        condition: crate::model::Condition,
    },
    /// The domain is not active here, but another host has it active.
    #[error("domain {name} is not active on host {host}, but on {active_on} it is: adopt it there")]
    ActiveElsewhere {
        /// The host.
        host: HostId,
        /// The domain.
        name: String,
        /// Where it is active.
        active_on: HostId,
    },
    /// There is no such policy.
    #[error("no policy `{name}` is configured; there are: {known}")]
    NoSuchPolicy {
        /// What was asked for.
        name: String,
        /// All that there are.
        known: String,
    },
    /// The domain is an instance already.
    #[error("{which} on host {host} is an instance already ({id})")]
    AlreadyThere {
        /// What was asked for.
        which: Which,
        /// The host.
        host: HostId,
        /// The instance.
        id: InstanceId,
    },
    /// The instance has another generation than the one asked for.
    #[error("the desired state has generation {current}, not {asked}: read it again")]
    Generation {
        /// What was asked for.
        asked: Generation,
        /// What it is.
        current: Generation,
    },
    /// It is held, but not by the one whose hold is to be released.
    #[error("the instance is not held by {of}, but by {holders}: name the one to be released")]
    HeldByOthers {
        /// Whose hold was to be released.
        of: String,
        /// Who holds it.
        holders: String,
    },
    /// The host could not be asked.
    #[error("host {host} could not be asked: {why}")]
    HostUnavailable {
        /// The host.
        host: HostId,
        /// Why.
        why: String,
    },
    /// The change could not be committed.
    #[error("the database could not be written, nothing was changed: {0}")]
    Database(String),
    /// The database did not say whether the change was committed.
    #[error(
        "the database did not confirm the change, which is kept or not: {0}; look what is so before it is said again"
    )]
    Unconfirmed(String),
    /// The service is not ready to take it, or is ending.
    #[error("the service cannot take this now: {0}")]
    NotNow(String),
}
