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

impl Record {
    pub(super) fn note_changes(
        &mut self,
        known: &mut BTreeMap<(HostId, InstanceId), Condition>,
        at: Duration,
        now: BTreeMap<(HostId, InstanceId), Condition>,
    ) {
        let gone = known.keys().filter(|key| !now.contains_key(*key));
        let gone = gone.map(|key| (key.clone(), Condition::Missing));
        let other = now.iter().filter(|(key, is)| known.get(*key) != Some(*is));
        let other = other.map(|(key, is)| (key.clone(), *is));
        let changes =
            gone.chain(other).map(|((host, id), condition)| Change { at, host, id, condition });
        self.changes.extend(changes);
        *known = now;
    }
}

impl World {
    /// Keeps a [`Record`] from now on.
    pub fn keep_record(&self) {
        let mut state = self.lock();
        state.record = Some(Record::default());
        state.note_changes();
    }

    /// What was kept; nothing if nobody asked for it.
    #[must_use]
    pub fn record(&self) -> Record {
        self.lock().record.clone().unwrap_or_default()
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
    /// Notes how the domains differ from what was noted last.
    pub(super) fn note_changes(&mut self) {
        let Some(record) = &mut self.record else { return };
        let domains = self.hosts.iter().flat_map(|(host, state)| {
            state.domains.iter().map(move |(&id, d)| ((host.clone(), id), d.condition))
        });
        record.note_changes(&mut self.noted, self.origin.elapsed(), domains.collect());
    }
}
