//! An incident, and its story.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::StateReason;
use crate::model::{
    Condition, DesiredState, Event, EventKind, HostId, Incident, IncidentId, InstanceId,
    Resolution, Severity, State,
};

/// `GET /api/v1/incidents/{id}`; in lists without the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentBody {
    /// Its number.
    pub id: IncidentId,
    /// The instance; null where it is the host's own.
    #[schema(required)]
    pub instance: Option<InstanceId>,
    /// What the instance is called now; null for a host's incident, and for an instance that was
    /// forgotten.
    #[schema(required)]
    pub name: Option<String>,
    /// For a host's incident: the instances that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Vec<InstanceId>>,
    /// The host.
    pub host: HostId,
    /// The highest severity that it has reached.
    pub severity: Severity,
    /// Whether it goes on.
    pub state: IncidentStateWord,
    /// First sight.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Its end.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// What was desired; null for a host's incident.
    #[schema(required)]
    pub desired: Option<DesiredState>,
    /// What was seen first; null for a host's incident.
    #[schema(required)]
    pub observed: Option<SeenBody>,
    /// How it ended.
    #[schema(required)]
    pub resolution: Option<Resolution>,
    /// How many attempts it took.
    pub attempts: u32,
    /// What it is about, in one sentence.
    pub summary: String,
    /// Its story, the oldest first. Only where one incident is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineEntry>>,
}

/// A state with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeenBody {
    /// The state: libvirt's, or `missing`.
    pub state: State,
    /// The state's reason; null for `missing`.
    #[schema(required, value_type = Option<StateReason>)]
    pub reason: Option<String>,
}

/// Whether an incident goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStateWord {
    /// It goes on.
    Open,
    /// It is over.
    Closed,
}

/// One line of an incident's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it tells.
    pub kind: TimelineKind,
    /// One sentence for people.
    pub text: String,
    /// Who did it, where somebody did.
    #[schema(required)]
    pub by: Option<String>,
    /// The same for programs.
    pub detail: serde_json::Value,
}

/// What a line of an incident's story tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// What was seen.
    Observed,
    /// What the policy answered.
    Verdict,
    /// An action is about to be sent.
    Attempt,
    /// An action ended.
    Outcome,
    /// A message to a receiver.
    Delivery,
    /// Anything else.
    Note,
}

impl TimelineKind {
    /// The one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Verdict => "verdict",
            Self::Attempt => "attempt",
            Self::Outcome => "outcome",
            Self::Delivery => "delivery",
            Self::Note => "note",
        }
    }
}

impl From<&Incident> for IncidentBody {
    fn from(incident: &Incident) -> Self {
        Self {
            id: incident.id,
            instance: incident.instance,
            name: None,
            instances: incident.instance.is_none().then(|| incident.instances.clone()),
            host: incident.host.clone(),
            severity: incident.severity,
            state: match incident.closed_at {
                None => IncidentStateWord::Open,
                Some(_) => IncidentStateWord::Closed,
            },
            opened_at: incident.opened_at,
            closed_at: incident.closed_at,
            desired: incident.desired,
            observed: incident.observed.map(SeenBody::from),
            resolution: incident.resolution,
            attempts: incident.attempts,
            summary: incident.summary.clone(),
            timeline: None,
        }
    }
}

impl std::fmt::Display for SeenBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reason {
            Some(reason) => write!(f, "{}/{reason}", self.state),
            None => self.state.fmt(f),
        }
    }
}

impl From<Condition> for SeenBody {
    fn from(condition: Condition) -> Self {
        Self { state: condition.state(), reason: condition.reason().map(str::to_owned) }
    }
}

impl From<Event> for TimelineEntry {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            kind: event.kind.into(),
            text: event.text,
            by: event.by,
            detail: event.detail,
        }
    }
}

impl From<EventKind> for TimelineKind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Observed => Self::Observed,
            EventKind::Verdict => Self::Verdict,
            EventKind::Attempt => Self::Attempt,
            EventKind::Outcome => Self::Outcome,
            EventKind::Delivery => Self::Delivery,
            EventKind::Note
            | EventKind::Desired
            | EventKind::Instance
            | EventKind::Host
            | EventKind::IncidentOpened
            | EventKind::IncidentClosed
            | EventKind::Service
            | EventKind::Supervision => Self::Note,
        }
    }
}
