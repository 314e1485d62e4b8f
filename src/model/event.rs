//! The audit log: who changed what, what was seen, decided and done.

use jiff::Timestamp;

use super::text::words;
use super::{EventId, HostId, IncidentId, InstanceId};

words! {
    /// What an event tells.
    pub enum EventKind: "event kind" {
        /// An instance was seen in another condition than before.
        Observed = "observed",
        /// The policy answered something else than before.
        Verdict = "verdict",
        /// An action is about to be sent.
        Attempt = "attempt",
        /// An action ended.
        Outcome = "outcome",
        /// A message to a receiver.
        Delivery = "delivery",
        /// Something worth knowing that is none of the others.
        Note = "note",
        /// A desired state was changed.
        Desired = "desired",
        /// An instance was added, adopted, changed or forgotten.
        Instance = "instance",
        /// A host became reachable or unreachable, was added or removed.
        Host = "host",
        /// An incident was opened.
        IncidentOpened = "incident_opened",
        /// An incident was closed.
        IncidentClosed = "incident_closed",
        /// The service started, stopped, or read its configuration.
        Service = "service",
        /// An actor failed, was restarted or quarantined.
        Supervision = "supervision",
    }
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What it tells.
    pub kind: EventKind,
    /// The host it is about.
    pub host: Option<HostId>,
    /// The instance it is about.
    pub instance: Option<InstanceId>,
    /// The incident whose story it belongs to.
    pub incident: Option<IncidentId>,
    /// Who did it, where somebody did.
    pub by: Option<String>,
    /// One sentence for people.
    pub text: String,
    /// The same for programs: an object, or null.
    pub detail: serde_json::Value,
}
