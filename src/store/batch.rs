//! What goes into the database at once, and what comes out of it at a start.
//!
//! A batch is everything that one turn of the arbiter changed: all of it is kept, or none of it.
//! Not in here: how it is written.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    Attempt, AttemptId, Delivery, DeliveryId, Event, EventId, HostId, HostRecord, Incident,
    IncidentId, Instance, InstanceId, Kept, Severity, Tried,
};

/// One transaction: whole rows, each new or known. A record stands in it at most once.
///
/// Written in this order: hosts, instances, incidents, attempts, definitions, deliveries, what came of
/// tries, events, the removals, then what is too old. So an attempt or a delivery may name an incident of the same batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Hosts that are new or changed.
    pub hosts: Vec<HostRecord>,
    /// Hosts to forget.
    pub removed_hosts: Vec<HostId>,
    /// Instances that are new or changed. One whose stored generation is newer makes the whole
    /// batch fail as stale.
    pub instances: Vec<Instance>,
    /// Instances to forget, with their definitions. Their incidents, attempts and events stay.
    pub removed_instances: Vec<InstanceId>,
    /// Incidents that are new or changed. The instance and the opening time of a known one stay as
    /// they were first written.
    pub incidents: Vec<Incident>,
    /// Intents, and attempts whose outcome is new. One that has its outcome already makes the
    /// whole batch fail as stale. An attempt's incident has to be there.
    pub attempts: Vec<Attempt>,
    /// Definitions that are new or changed, each with its XML.
    pub definitions: Vec<(Kept, Arc<str>)>,
    /// New deliveries, not tried yet. Their incidents have to be there. A number that is in use makes the
    /// whole batch fail.
    pub deliveries: Vec<Delivery>,
    /// What came of tries to deliver.
    pub tried: Vec<Tried>,
    /// New events. A number that is in use makes the whole batch fail.
    pub events: Vec<Event>,
    /// A step in forgetting what is old.
    pub retention: Option<Retention>,
}

/// A step in forgetting what is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What was over before this.
    pub before: Timestamp,
    /// At most so many incidents, attempts and lines of the audit log each.
    pub rows: u32,
}

/// What such a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// How many incidents, attempts and lines of the audit log it removed.
    pub rows: usize,
    /// Whether another step may find more.
    pub more: bool,
    /// The time of the first line of the audit log that is left.
    pub oldest: Option<Timestamp>,
}

impl Batch {
    /// How many rows are written or removed, what is too old left out.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.hosts.len()
            + self.removed_hosts.len()
            + self.instances.len()
            + self.removed_instances.len()
            + self.incidents.len()
            + self.attempts.len()
            + self.definitions.len()
            + self.deliveries.len()
            + self.tried.len()
            + self.events.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows() == 0 && self.retention.is_none()
    }
}

/// What a commit was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitStats {
    /// How many rows it wrote or removed.
    pub rows: usize,
    /// How long the transaction took, waiting in line left out. Zero on paused time.
    pub duration: Duration,
    /// What was forgotten, where that was asked for.
    pub forgotten: Option<Forgotten>,
}

/// What the arbiter needs to go on from where the service ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// All hosts, by name.
    pub hosts: Vec<HostRecord>,
    /// All instances, by identity.
    pub instances: Vec<Instance>,
    /// Every incident that is not over, by number.
    pub open_incidents: Vec<Incident>,
    /// The attempts of each instance's current generation that were written at or after its
    /// `budget.since`, and every attempt without an outcome (of whatever instance and generation).
    /// By number, none twice.
    pub attempts: Vec<Attempt>,
    /// The shutdowns of each instance's earlier generations that guests may answer yet: tried not longer
    /// than [`Attempt::SHUTDOWN_ANSWERED_WITHIN`] before the desired state was changed. By number.
    pub shutdowns: Vec<Attempt>,
    /// What is known of the definitions that are kept, by instance.
    pub definitions: Vec<Kept>,
    /// Who is told of the incidents that are not over: by whom, the highest severity that is told, or going
    /// to be.
    pub told: Vec<(IncidentId, Arc<str>, Severity)>,
    /// The time of the first line of the audit log; none where there is none.
    pub oldest: Option<Timestamp>,
    /// The last event's number; 0 where there is none. New ones start from the next.
    pub last_event: EventId,
    /// The last incident's number.
    pub last_incident: IncidentId,
    /// The last attempt's number.
    pub last_attempt: AttemptId,
    /// The last delivery's number.
    pub last_delivery: DeliveryId,
}
