//! What can be asked of the records: filters, order, pages.
//!
//! A page ends at `limit` rows; the number of its last row is the cursor of the next. Not in here:
//! how cursors look on the wire.

use jiff::Timestamp;

use crate::model::{EventId, EventKind, HostId, IncidentId, InstanceId, Severity};

/// Which end of the audit log comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Growing numbers: for following the log.
    #[default]
    OldestFirst,
    /// Falling numbers: for looking back.
    NewestFirst,
}

/// Which events. Filters that are none let everything through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Which end comes first.
    pub order: Order,
    /// Only what comes after this event in that order: greater numbers, or with the newest first
    /// smaller ones.
    pub cursor: Option<EventId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// About this host.
    pub host: Option<HostId>,
    /// About this instance.
    pub instance: Option<InstanceId>,
    /// Of this incident's story.
    pub incident: Option<IncidentId>,
    /// At most so many; 0 is none.
    pub limit: u32,
}

impl Default for EventQuery {
    /// The first 100 of all.
    fn default() -> Self {
        Self {
            order: Order::OldestFirst,
            cursor: None,
            kind: None,
            host: None,
            instance: None,
            incident: None,
            limit: 100,
        }
    }
}

/// Whether an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentState {
    /// It goes on.
    Open,
    /// It is over.
    Closed,
}

/// Which incidents, the newest first. Filters that are none let everything through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Open or closed ones.
    pub state: Option<IncidentState>,
    /// On this host.
    pub host: Option<HostId>,
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// Of exactly this severity.
    pub severity: Option<Severity>,
    /// Opened at this time or later.
    pub since: Option<Timestamp>,
    /// Only those with smaller numbers.
    pub cursor: Option<IncidentId>,
    /// At most so many; 0 is none.
    pub limit: u32,
}

impl Default for IncidentQuery {
    /// The newest 100 of all.
    fn default() -> Self {
        Self {
            state: None,
            host: None,
            instance: None,
            severity: None,
            since: None,
            cursor: None,
            limit: 100,
        }
    }
}
