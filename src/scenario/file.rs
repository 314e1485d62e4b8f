//! A scenario as it is written in its file. `docs/simulate.md` explains every key.

use std::time::Duration;

use serde::Deserialize;

use super::deed::Deed;
use super::expect::Expect;
use super::names::Names;
use super::span::Span;
use crate::model::{Condition, DesiredState, InstanceId};

/// A scenario: what there is, what happens, and what is expected of the service.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file that it was read from, as it was named.
    pub file: String,
    /// What it says besides its steps.
    pub head: Head,
    /// Its own settings: sections as in a configuration, without hosts and instances.
    pub config: toml::Table,
    /// The hosts.
    pub hosts: Vec<HostLine>,
    /// The domains, in the order of the file, those with a `count` one by one.
    pub domains: Vec<Domain>,
    /// The names of all that there is.
    pub names: Names,
    /// What happens and what is expected, in the order of time.
    pub steps: Vec<Step>,
}

/// What is said of a scenario for people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// What holds at first.
    pub given: String,
    /// What happens.
    pub when: String,
    /// What is expected.
    pub then: String,
    /// Where such a thing was met.
    #[serde(default)]
    pub seen_in: Vec<String>,
    /// Whether it can be played on real hosts as well.
    #[serde(default)]
    pub lab: bool,
    /// Until when it is played there, where the rest would take too long.
    #[serde(default)]
    pub lab_until: Option<Span>,
}

/// A host.
#[derive(Debug, Clone, Deserialize)]
pub struct HostLine {
    /// Its name.
    pub id: String,
    /// How long every call takes, on the simulator.
    #[serde(default)]
    pub calls_take: Span,
    /// How long a start takes besides, on the simulator.
    #[serde(default)]
    pub starts_take: Span,
    /// How long guests take to go down when they are asked to, on the simulator.
    #[serde(default)]
    pub shutdowns_take: Span,
    /// What the configuration says of it, as in `[[hosts]]` there.
    #[serde(flatten)]
    pub config: toml::Table,
}

/// An entry of `[[instances]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstanceLine {
    pub(super) name: String,
    #[serde(default = "one")]
    pub(super) count: u32,
    pub(super) host: String,
    #[serde(default = "running")]
    pub(super) desired: DesiredState,
    #[serde(default)]
    pub(super) seen: Option<Seen>,
    #[serde(default = "yes")]
    pub(super) managed: bool,
    #[serde(default)]
    pub(super) policy: Option<String>,
    #[serde(default)]
    pub(super) priority: Option<i32>,
}

/// A domain at the beginning.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Its UUID.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// The host that it is on.
    pub host: String,
    /// The condition that it is in.
    pub seen: Condition,
    /// What the configuration says of the instance that it is; none where it is none.
    pub managed: Option<Managed>,
    /// Its entry of the file's `[[instances]]`.
    pub(super) entry: usize,
}

/// What the configuration says of an instance.
#[derive(Debug, Clone)]
pub struct Managed {
    /// What it is supposed to be.
    pub desired: DesiredState,
    /// Its policy, where one is named.
    pub policy: Option<String>,
    /// Its priority, where one is given.
    pub priority: Option<i32>,
}

/// Something that happens, or is expected, at a time.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it stands in the file, for people.
    pub place: String,
    /// When, since the service has seen everything once.
    pub at: Duration,
    /// When it is repeated, and how often it happens in all.
    pub again: Option<Again>,
    /// What is done.
    pub deeds: Vec<Written<Deed>>,
    /// What is expected.
    pub expects: Vec<Written<Expect>>,
    /// How long an expectation may take to be met; none if it is to be met at once.
    pub within: Option<Duration>,
}

/// A part of the file, with its own words.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// As it is written, in one line.
    pub text: String,
    /// What it means.
    pub means: T,
}

/// The repetition of a step.
#[derive(Debug, Clone, Copy)]
pub struct Again {
    /// The time from one to the next.
    pub every: Duration,
    /// How often in all.
    pub times: u32,
}

/// A condition, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen(pub Condition);

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl Scenario {
    /// What is played of it on real hosts: the steps until `lab_until`.
    #[must_use]
    pub fn until_lab_ends(mut self) -> Self {
        if let Some(Span(end)) = self.head.lab_until {
            self.steps.retain(|step| step.at <= end);
            for step in &mut self.steps {
                if let Some(again) = &mut step.again {
                    let fits = |n: &u32| step.at + again.every * *n <= end;
                    again.times = (0..again.times).take_while(fits).count() as u32;
                }
            }
        }
        self
    }

    /// The names of domains that are not there at the beginning.
    pub(super) fn missing(&self) -> Vec<&str> {
        let gone = self.domains.iter().filter(|domain| domain.seen == Condition::Missing);
        gone.map(|domain| domain.name.as_str()).collect()
    }

    /// Each time that something happens or is expected, in order; repetitions one by one.
    pub(super) fn moments(&self) -> Vec<(Duration, &Step)> {
        let mut moments = Vec::new();
        for step in &self.steps {
            let (every, times) = step.again.map_or((Duration::ZERO, 1), |a| (a.every, a.times));
            moments.extend((0..times).map(|n| (step.at + every * n, step)));
        }
        moments.sort_by_key(|(at, _)| *at);
        moments
    }
}

impl DesiredState {
    /// A condition in which it is met, for a domain of which nothing else is said.
    pub(super) const fn plain(self) -> Condition {
        match self {
            Self::Running => Condition::RunningBooted,
            Self::Paused => Condition::PausedUser,
            Self::Shutoff => Condition::ShutoffShutdown,
        }
    }
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

const fn running() -> DesiredState {
    DesiredState::Running
}
