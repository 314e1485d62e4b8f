//! What can be asked of the service in a scenario.

use serde::Deserialize;

use crate::model::DesiredState;
use crate::scenario::span::Span;

/// What is asked of the service by its API.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiDeed {
    /// Sets what an instance is supposed to be.
    Desire(Desire),
    /// Holds an instance.
    Hold(HoldIt),
    /// Releases it.
    Release(Release),
    /// Gives an instance a fresh budget of attempts.
    Retry(Only),
    /// Forgets an instance.
    Forget(Only),
    /// Puts a domain under the service's care.
    Add(Add),
    /// Changes what is recorded of an instance.
    Change(Change),
    /// Makes instances of all domains of a host that are none.
    Adopt(AdoptAll),
    /// Puts a host into maintenance.
    Maintenance(Maintain),
    /// Ends its maintenance.
    Resume(Resume),
}

impl ApiDeed {
    /// Those that are written with their host first and the rest beside it:
    /// `{ maintenance = "kvm-1", reason = "disks" }`.
    pub(in crate::scenario) const HOST_FIRST: &[&str] = &["maintenance", "resume"];
}

/// An order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desire {
    /// Which.
    pub instance: String,
    /// What it is supposed to be.
    pub state: DesiredState,
    /// Only if this is its generation.
    #[serde(default)]
    pub if_match: Option<i64>,
    /// Who says so: a token's name.
    #[serde(default)]
    pub by: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldIt {
    /// Which.
    pub instance: String,
    /// For how long at most.
    pub ttl: Span,
    /// Why.
    pub reason: String,
    /// Who says so.
    #[serde(default)]
    pub by: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// The end of a hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Which.
    pub instance: String,
    /// Whose hold.
    #[serde(default)]
    pub of: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub by: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// An instance, and nothing else.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Which.
    pub instance: String,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A domain that is to be an instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// Which domain.
    pub instance: String,
    /// On which host.
    pub host: String,
    /// What it is supposed to be.
    pub desired: DesiredState,
    /// Its policy.
    #[serde(default)]
    pub policy: Option<String>,
    /// Its priority.
    #[serde(default)]
    pub priority: Option<i32>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A change of what is recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which.
    pub instance: String,
    /// Its new policy.
    #[serde(default)]
    pub policy: Option<String>,
    /// Its new priority.
    #[serde(default)]
    pub priority: Option<i32>,
    /// Its new host.
    #[serde(default)]
    pub host: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// An adoption.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptAll {
    /// Of which host.
    pub host: String,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// The begin of a host's maintenance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintain {
    /// Of which host.
    pub host: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    #[serde(default)]
    pub by: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

/// The end of a host's maintenance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Of which host.
    pub host: String,
    /// Who says so.
    #[serde(default)]
    pub by: Option<String>,
    /// It is to be refused, with words that have these in them.
    #[serde(default)]
    pub refused: Option<String>,
}

impl ApiDeed {
    /// The words that it is to be refused with, if it is.
    pub(in crate::scenario) fn refused(&self) -> Option<&str> {
        match self {
            Self::Desire(it) => &it.refused,
            Self::Hold(it) => &it.refused,
            Self::Release(it) => &it.refused,
            Self::Retry(it) | Self::Forget(it) => &it.refused,
            Self::Add(it) => &it.refused,
            Self::Change(it) => &it.refused,
            Self::Adopt(it) => &it.refused,
            Self::Maintenance(it) => &it.refused,
            Self::Resume(it) => &it.refused,
        }
        .as_deref()
    }
}
