//! What can be expected in a scenario, as it is written. Only what is given is checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::Seen;
use super::span::Span;
use crate::model::{
    Command, DesiredState, EventKind, HostState, Resolution, Severity, State, Status,
};

/// Something that is expected.
#[derive(Debug, Clone)]
pub enum Expect {
    /// Of instances: each of them.
    Instance(Box<OfInstance>),
    /// Of hosts: each of them.
    Host(OfHost),
    /// Of all together.
    Fleet(OfFleet),
    /// Of the audit log.
    Events(OfEvents),
    /// Of the service itself.
    Service(Life),
}

/// Expected of each of the instances that are named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfInstance {
    /// Which.
    pub instance: String,
    /// Whether the service knows it as an instance.
    pub known: Option<bool>,
    /// How it is, in one word.
    pub status: Option<Status>,
    /// What it is supposed to be.
    pub desired: Option<DesiredState>,
    /// Who said so.
    pub desired_by: Option<String>,
    /// The generation of that.
    pub generation: Option<i64>,
    /// What was seen last.
    pub observed: Option<Sight>,
    /// What it really is, on the host that the service has it on.
    pub really: Option<Sight>,
    /// Its host.
    pub host: Option<String>,
    /// Its policy.
    pub policy: Option<String>,
    /// Its priority.
    pub priority: Option<i32>,
    /// Whether somebody holds it.
    pub held: Option<bool>,
    /// How often the service has started it.
    pub starts: Option<usize>,
    /// How often at most.
    pub at_most_starts: Option<usize>,
    /// What hosts were asked to do with it, in order, from the beginning.
    pub actions: Option<Vec<Command>>,
    /// How many attempts of its budget are used.
    pub attempts_used: Option<u32>,
    /// How many incidents it ever had.
    pub incidents: Option<usize>,
    /// Whether it is in one.
    pub incident: Option<Open>,
    /// How the newest one ended.
    pub resolution: Option<Resolution>,
    /// How much the newest one matters.
    pub severity: Option<Severity>,
    /// What comes next; `none` for nothing.
    pub next_action: Option<String>,
}

/// Expected of each of the hosts that are named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfHost {
    /// Which.
    pub host: String,
    /// How it stands to the service.
    pub state: Option<HostState>,
    /// Whether it is in maintenance.
    pub maintenance: Option<bool>,
    /// How many incidents of its own it ever had.
    pub incidents_opened: Option<usize>,
    /// How many domains are on it that are no instances.
    pub unmanaged: Option<usize>,
    /// How many actions it was asked for.
    pub actions: Option<usize>,
}

/// Expected of all together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfFleet {
    /// How many incidents are open.
    pub incidents_open: Option<usize>,
    /// How many were ever opened.
    pub incidents_opened: Option<usize>,
    /// How many actions were asked for.
    pub actions: Option<usize>,
    /// How many starts.
    pub starts: Option<usize>,
    /// How many starts at most.
    pub at_most_starts: Option<usize>,
    /// How every host stands to the service.
    pub hosts: Option<HostState>,
    /// How many instances have each status; those that are not named are not counted.
    pub status: Option<BTreeMap<Status, usize>>,
}

/// Expected of the audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfEvents {
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// With these words.
    pub contains: Option<String>,
    /// About these instances.
    pub instance: Option<String>,
    /// About these hosts.
    pub host: Option<String>,
    /// From this time of the scenario on.
    pub since: Option<Span>,
    /// Exactly so many.
    pub count: Option<usize>,
    /// At least so many: 1 if nothing is said.
    pub at_least: Option<usize>,
}

/// Expected of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It runs.
    Running,
    /// It has ended.
    Stopped,
}

/// Whether an incident is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// One is.
    Open,
    /// None is.
    None,
}

/// A state, or a state with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Whatever the reason.
    State(State),
    /// With its reason.
    Exactly(Seen),
}

impl<'de> Deserialize<'de> for Sight {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let sight = if text.contains('/') {
            text.parse().map(|condition| Self::Exactly(Seen(condition)))
        } else {
            text.parse().map(Self::State)
        };
        sight.map_err(serde::de::Error::custom)
    }
}

impl Sight {
    /// Whether a condition is what was meant.
    #[must_use]
    pub fn is(self, seen: crate::model::Condition) -> bool {
        match self {
            Self::State(state) => seen.state() == state,
            Self::Exactly(Seen(condition)) => seen == condition,
        }
    }
}

impl std::fmt::Display for Sight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::State(state) => state.fmt(f),
            Self::Exactly(Seen(condition)) => condition.fmt(f),
        }
    }
}

impl OfInstance {
    /// Whether it says anything of what the service shows of the instance.
    pub(super) const fn wants_view(&self) -> bool {
        self.status.is_some()
            || self.desired.is_some()
            || self.desired_by.is_some()
            || self.generation.is_some()
            || self.observed.is_some()
            || self.really.is_some()
            || self.host.is_some()
            || self.policy.is_some()
            || self.priority.is_some()
            || self.held.is_some()
            || self.attempts_used.is_some()
            || self.incident.is_some()
            || self.next_action.is_some()
    }
}

impl Life {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

impl std::fmt::Display for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Open => "open",
            Self::None => "none",
        })
    }
}

impl Expect {
    /// Whether it is about the world itself, which changes without a word in the record.
    pub(super) fn is_of_the_world(&self) -> bool {
        match self {
            Self::Instance(it) => it.really.is_some() || it.actions.is_some(),
            Self::Host(_) | Self::Fleet(_) => true,
            Self::Events(_) => false,
            Self::Service(_) => true,
        }
    }
}
