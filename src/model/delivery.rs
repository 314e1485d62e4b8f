//! What is told of incidents to receivers: a step of an incident, to be delivered at least once.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::text::words;
use super::{Attempt, DeliveryId, HostId, Incident, IncidentId, InstanceId, Severity};

words! {
    /// Which step of an incident is told.
    pub enum Phase: "phase of an incident" {
        /// It has reached the severity from which on the receiver wants to know.
        Begun = "begun",
        /// It matters more than what the receiver was told.
        Raised = "raised",
        /// It is over.
        Ended = "ended",
    }
}

/// One step of one incident for one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number. Greater ones came later.
    pub id: DeliveryId,
    /// The message that it is a part of: the number of that message's first delivery. Messages about one host go to one
    /// receiver in the order of this.
    pub message: DeliveryId,
    /// The receiver's name.
    pub receiver: Arc<str>,
    /// The host whose incident it is.
    pub host: HostId,
    /// The incident.
    pub incident: IncidentId,
    /// Which step.
    pub phase: Phase,
    /// How much the incident mattered then.
    pub severity: Severity,
    /// When there was something to tell.
    pub created_at: Timestamp,
    /// When it is to be tried, at the earliest.
    pub next_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When the receiver took it; none while it has not.
    pub delivered_at: Option<Timestamp>,
    /// Why the last try failed; none if it did not, or there was none.
    pub error: Option<String>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Of which deliveries: those of one message to one receiver.
    pub deliveries: Vec<DeliveryId>,
    /// When.
    pub at: Timestamp,
    /// Why it failed, and when it is tried again; none if the receiver took it.
    pub failed: Option<(String, Timestamp)>,
}

/// A delivery with all that a message says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// What is to be told.
    pub delivery: Delivery,
    /// The incident, as it is now.
    pub incident: Incident,
    /// What was done about it so far, the oldest first.
    pub attempts: Vec<Attempt>,
    /// What the instances are called that it concerns, of those that are still known.
    pub names: BTreeMap<InstanceId, String>,
}
