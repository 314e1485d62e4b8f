//! A line of the audit log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{Event, EventId, EventKind, HostId, IncidentId, InstanceId};

/// `GET /api/v1/events` has these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventBody {
    /// Its number, growing.
    pub id: EventId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it tells.
    pub kind: EventKind,
    /// The host it is about.
    #[schema(required)]
    pub host: Option<HostId>,
    /// The instance it is about.
    #[schema(required)]
    pub instance: Option<InstanceId>,
    /// The incident whose story it belongs to.
    #[schema(required)]
    pub incident: Option<IncidentId>,
    /// Who did it, where somebody did.
    #[schema(required)]
    pub by: Option<String>,
    /// One sentence for people.
    pub text: String,
    /// The same for programs: an object, or null.
    pub detail: serde_json::Value,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        let Event { id, at, kind, host, instance, incident, by, text, detail } = event;
        Self { id, at, kind, host, instance, incident, by, text, detail }
    }
}
