//! What was true when, and what was said of it: kept where a test asks for it.
//!
//! The changes are the truth, whoever caused them; the reads are what each answer said, and may
//! differ from it where a test has made a host say something untrue.

use std::collections::BTreeMap;
use std::time::Duration;

use super::World;
use super::state::WorldState;
use crate::hypervisor::Operation;
use crate::model::{Condition, HostId, InstanceId};

/// Everything that was kept.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Every change of a domain, in order; the first of each is how it was in the beginning.
    pub changes: Vec<Change>,
    /// Every connection that was tried and every read, in the order of their ends.
    pub reads: Vec<Read>,
}

/// A domain is otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When, since the world began.
    pub at: Duration,
    /// Where.
    pub host: HostId,
    /// Which.
    pub id: InstanceId,
    /// How it is from now on.
    pub condition: Condition,
}

/// A connection that was tried, or a read. Those that nobody waited for to the end are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which host.
    pub host: HostId,
    /// Over which session; 0 for a connection that did not come about.
    pub session: u64,
    /// Connect, list, read all, or read some.
    pub operation: Operation,
    /// When it was asked, since the world began.
    pub asked: Duration,
    /// When it was answered, or failed.
    pub done: Duration,
    /// What it said; none where it failed.
    pub said: Option<BTreeMap<InstanceId, Condition>>,
}

impl World {
    /// Keeps a [`Record`] from now on.
    pub fn keep_record(&self) {
        let mut state = self.lock();
        state.record = Some(Record::default());
        state.note_all_changes();
    }

    /// What was kept; nothing if nobody asked for it.
    #[must_use]
    pub fn record(&self) -> Record {
        self.record_since(0, 0)
    }

    /// What was kept after so many changes and so many reads.
    #[must_use]
    pub fn record_since(&self, changes: usize, reads: usize) -> Record {
        let state = self.lock();
        let Some(record) = &state.record else { return Record::default() };
        Record {
            changes: record.changes.get(changes..).unwrap_or_default().to_vec(),
            reads: record.reads.get(reads..).unwrap_or_default().to_vec(),
        }
    }

    pub(super) fn note_read(&self, read: impl FnOnce(Duration) -> Read) {
        let mut state = self.lock();
        let now = state.origin.elapsed();
        if let Some(record) = &mut state.record {
            record.reads.push(read(now));
        }
    }
}

impl WorldState {
    /// Notes how the domains of all hosts differ from what was noted last.
    pub(super) fn note_all_changes(&mut self) {
        let hosts: Vec<HostId> = self.hosts.keys().cloned().collect();
        hosts.iter().for_each(|host| self.note_changes(host));
    }

    /// Notes how the domains of a host differ from what was noted last.
    pub(super) fn note_changes(&mut self, host: &HostId) {
        let (Some(record), Some(state)) = (&mut self.record, self.hosts.get(host)) else { return };
        let (at, noted) = (self.origin.elapsed(), self.noted.entry(host.clone()).or_default());
        let mut note = |id: InstanceId, condition: Condition| {
            record.changes.push(Change { at, host: host.clone(), id, condition });
        };
        if noted.keys().any(|id| !state.domains.contains_key(id)) {
            noted.retain(|id, _| {
                let stays = state.domains.contains_key(id);
                if !stays {
                    note(*id, Condition::Missing);
                }
                stays
            });
        }
        for (&id, domain) in &state.domains {
            if noted.get(&id) != Some(&domain.condition) {
                noted.insert(id, domain.condition);
                note(id, domain.condition);
            }
        }
    }
}
