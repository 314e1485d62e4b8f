//! The story of a run: what happened, what was seen, decided, done and expected.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;

use super::file::Scenario;
use crate::model::{Event, EventKind};

/// Who a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Something happened behind the service's back, or to the service.
    World,
    /// Something was asked of the service.
    Api,
    /// The service wrote it down.
    Service,
    /// Something was expected.
    Check,
}

impl Who {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::World => "world",
            Self::Api => "api",
            Self::Service => "service",
            Self::Check => "check",
        }
    }
}

/// How an expectation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It was met.
    Met,
    /// It was not.
    Missed,
}

/// A line of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When, in seconds since the service had seen everything once.
    #[serde(serialize_with = "seconds")]
    pub at: SignedDuration,
    /// Who.
    pub who: Who,
    /// What kind of line of the audit log it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<EventKind>,
    /// The instance or host it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What.
    pub text: String,
    /// How it came out, if it is an expectation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

impl Line {
    /// A line of the audit log; none for what is of no interest before the scenario begins.
    pub(super) fn of(event: &Event, at: SignedDuration, subject: Option<String>) -> Option<Self> {
        let tells = match event.kind {
            EventKind::Verdict
            | EventKind::Attempt
            | EventKind::Outcome
            | EventKind::IncidentOpened
            | EventKind::IncidentClosed
            | EventKind::Supervision => true,
            EventKind::Observed
            | EventKind::Delivery
            | EventKind::Note
            | EventKind::Desired
            | EventKind::Instance
            | EventKind::Host
            | EventKind::Service => at >= SignedDuration::ZERO,
        };
        let by = event.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        let text = format!("{}{by}", event.text);
        let kind = Some(event.kind);
        let at = to_millis(at);
        tells.then_some(Self { at, who: Who::Service, kind, subject, text, mark: None })
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Played {
    /// The scenario's file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What holds at first.
    pub given: String,
    /// What happens.
    pub when: String,
    /// What is expected.
    pub then: String,
    /// What happened, in the order of time.
    pub story: Vec<Line>,
    /// What was expected and is not so, each in a sentence; empty if all is well.
    pub failures: Vec<String>,
    /// How many expectations were met.
    pub met: usize,
    /// How many there were, those that always hold left out.
    pub expected: usize,
    /// How much time has passed in the world, in seconds.
    #[serde(serialize_with = "plain_seconds")]
    pub simulated: Duration,
}

impl Played {
    /// Nothing has come of it yet.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let head = &scenario.head;
        Self {
            file: scenario.file.clone(),
            name: head.name.clone(),
            given: head.given.clone(),
            when: head.when.clone(),
            then: head.then.clone(),
            story: Vec::new(),
            failures: Vec::new(),
            met: 0,
            expected: 0,
            simulated: Duration::ZERO,
        }
    }

    /// Whether all is as expected.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// How far a line is from the scenario's beginning: `+1m 5.250s`.
#[must_use]
pub fn offset(at: SignedDuration) -> String {
    let millis = at.as_millis();
    let sign = if millis < 0 { '-' } else { '+' };
    let millis = millis.unsigned_abs();
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}.{rest:03}s"),
        (0, _) => format!("{sign}{minutes}m{seconds:02}.{rest:03}s"),
        (_, _) => format!("{sign}{hours}h{minutes:02}m{seconds:02}.{rest:03}s"),
    }
}

fn seconds<S: serde::Serializer>(at: &SignedDuration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(at.as_secs_f64())
}

fn plain_seconds<S: serde::Serializer>(at: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(at.as_secs_f64())
}

/// The service's clock gives no time twice, so it is some microseconds ahead of the world's.
pub(super) fn to_millis(at: SignedDuration) -> SignedDuration {
    let micros = i64::try_from(at.as_micros()).unwrap_or(i64::MAX);
    SignedDuration::from_millis(micros.saturating_add(500).div_euclid(1000))
}
