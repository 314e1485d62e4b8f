//! What one turn of the arbiter's mailbox has changed: the rows to write, and what follows once
//! they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::book::Book;
use crate::actors::traffic::{Aim, Assignment, Carry};
use crate::model::{
    Attempt, AttemptId, Correction, Event, EventKind, HostId, Incident, IncidentId, InstanceId,
    Kept, Resolution, Tried,
};
use crate::store::{Batch, Retention};

/// How many lines of the audit log, and definitions, fill a turn. What a commit costs by itself is spread over enough
/// rows by then.
const FULL: usize = 1_000;

/// Everything that one turn has changed.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Instances whose record is to be written.
    dirty: BTreeSet<InstanceId>,
    /// Hosts whose record is to be written.
    dirty_hosts: BTreeSet<HostId>,
    removed: Vec<InstanceId>,
    incidents: BTreeMap<IncidentId, Incident>,
    attempts: BTreeMap<AttemptId, Attempt>,
    definitions: BTreeMap<InstanceId, (Kept, Arc<str>)>,
    tried: Vec<Tried>,
    retention: Option<Retention>,
    events: Vec<Event>,
    effects: Vec<Effect>,
    /// Actions that are not to go out. That is said at once: nothing is done by it that would have to be
    /// undone if the turn is not committed.
    withheld: Vec<(InstanceId, Withheld)>,
    /// How long the mismatches lasted that are over, in seconds.
    repaired: Vec<f64>,
    /// Instances whose picture has changed.
    touched: BTreeSet<InstanceId>,
    touched_hosts: BTreeSet<HostId>,
}

/// What follows once the turn is committed.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// The instance's actor is to carry this out.
    Carry(InstanceId, Carry),
    /// The instance's actor is to look at this time.
    LookAt(InstanceId, Timestamp),
    /// The instance's desired state has changed.
    Aim(InstanceId, Aim),
    /// The instance's definition is to be corrected.
    Correct(HostId, InstanceId, Vec<Correction>),
    /// The host has one more instance.
    Assign(HostId, Assignment),
    /// The host has these instances and no others.
    AssignAll(HostId, Vec<Assignment>),
    /// The host is to be listed over a connection that was begun after this time.
    ListAnew(HostId, Timestamp),
    /// The host is to be listed again.
    Relist(HostId),
    /// The host has one less.
    Unassign(HostId, InstanceId),
    /// There is something to deliver.
    Post,
}

/// Why an action that has not gone out is not to go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withheld {
    /// Somebody works on the instance or on its host.
    Held,
    /// Another state is desired.
    Ordered,
}

/// What was shown and is to be shown anew.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) instances: BTreeSet<InstanceId>,
    pub(super) hosts: BTreeSet<HostId>,
    /// How long the mismatches lasted that are over, in seconds.
    pub(super) repaired: Vec<f64>,
}

impl Turn {
    /// The instance's record has changed.
    pub(super) fn write(&mut self, instance: InstanceId) {
        self.dirty.insert(instance);
        self.touched.insert(instance);
    }

    /// The instance's picture has changed.
    pub(super) fn touch(&mut self, instance: InstanceId) {
        self.touched.insert(instance);
    }

    /// The host's picture has changed.
    pub(super) fn touch_host(&mut self, host: &HostId) {
        if !self.touched_hosts.contains(host) {
            self.touched_hosts.insert(host.clone());
        }
    }

    /// The host's record has changed.
    pub(super) fn write_host(&mut self, host: &HostId) {
        self.dirty_hosts.insert(host.clone());
        self.touch_host(host);
    }

    /// The instance is forgotten.
    pub(super) fn remove(&mut self, instance: InstanceId) {
        self.dirty.remove(&instance);
        self.touched.insert(instance);
        self.definitions.remove(&instance);
        self.removed.push(instance);
    }

    /// The incident has changed. The last word of a turn counts.
    pub(super) fn write_incident(&mut self, incident: &Incident) {
        self.incidents.insert(incident.id, incident.clone());
    }

    /// The attempt has changed. The last word of a turn counts.
    pub(super) fn write_attempt(&mut self, attempt: &Attempt) {
        self.attempts.insert(attempt.id, attempt.clone());
    }

    /// The definition of an instance is another. The last word of a turn counts.
    pub(super) fn define(&mut self, kept: Kept, xml: Arc<str>) {
        self.touched.insert(kept.instance);
        self.definitions.insert(kept.instance, (kept, xml));
    }

    /// This came of a try to deliver.
    pub(super) fn tried(&mut self, tried: Tried) {
        self.tried.push(tried);
    }

    /// Some of what is old is to be forgotten.
    pub(super) fn forget(&mut self, step: Retention) {
        self.retention = Some(step);
    }

    /// What was seen in this turn of an instance is the beginning of an incident's story.
    pub(super) fn begins_with_what_was_seen(&mut self, id: InstanceId, incident: IncidentId) {
        let seen = |e: &&mut Event| e.kind == EventKind::Observed && e.instance == Some(id);
        if let Some(event) = self.events.iter_mut().rev().find(seen) {
            event.incident = Some(incident);
        }
    }

    /// An incident was closed; how long it lasted is measured if it was repaired.
    pub(super) fn repaired(&mut self, incident: &Incident) {
        if let (Some(Resolution::Repaired), Some(end)) = (incident.resolution, incident.closed_at) {
            self.repaired.push(end.duration_since(incident.opened_at).as_secs_f64());
        }
    }

    /// An action of the instance's that has not gone out is not to go out.
    pub(super) fn withhold(&mut self, instance: InstanceId, why: Withheld) {
        self.withheld.push((instance, why));
    }

    /// What is not to go out, to be told at once.
    pub(super) fn take_withheld(&mut self) -> Vec<(InstanceId, Withheld)> {
        std::mem::take(&mut self.withheld)
    }

    /// This follows.
    pub(super) fn then(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Whether there is anything to write.
    pub(super) fn has_rows(&self) -> bool {
        !(self.dirty.is_empty()
            && self.dirty_hosts.is_empty()
            && self.removed.is_empty()
            && self.incidents.is_empty()
            && self.attempts.is_empty()
            && self.definitions.is_empty()
            && self.tried.is_empty()
            && self.retention.is_none()
            && self.events.is_empty())
    }

    /// Whether so much was changed that it is worth a commit of its own.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() + self.definitions.len() >= FULL
    }

    /// Whether anything came of it at all.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_rows()
            && self.effects.is_empty()
            && self.touched.is_empty()
            && self.touched_hosts.is_empty()
    }
}

impl Book {
    /// Ends the turn: the rows to write, what follows, and what is to be shown anew.
    pub(super) fn end_turn(&mut self, now: Timestamp) -> (Batch, Vec<Effect>, Touched) {
        let mut turn = std::mem::take(&mut self.turn);
        let deliveries = self.post(turn.incidents.values(), now);
        if !deliveries.is_empty() {
            turn.effects.push(Effect::Post);
        }
        let batch = Batch {
            hosts: turn
                .dirty_hosts
                .iter()
                .filter_map(|id| Some(self.hosts.get(id)?.record.clone()))
                .collect(),
            removed_hosts: Vec::new(),
            instances: turn
                .dirty
                .iter()
                .filter_map(|id| Some(self.instances.get(id)?.record.clone()))
                .collect(),
            removed_instances: turn.removed,
            incidents: turn.incidents.into_values().collect(),
            attempts: turn.attempts.into_values().collect(),
            definitions: turn.definitions.into_values().collect(),
            deliveries,
            tried: turn.tried,
            events: turn.events,
            retention: turn.retention,
        };
        let touched =
            Touched { instances: turn.touched, hosts: turn.touched_hosts, repaired: turn.repaired };
        (batch, turn.effects, touched)
    }

    /// Adds a line to the audit log.
    pub(super) fn note(&mut self, at: Timestamp, line: Line) {
        self.last.event = self.last.event.next();
        self.turn.events.push(Event {
            id: self.last.event,
            at,
            kind: line.kind,
            host: line.host,
            instance: line.instance,
            incident: line.incident,
            by: line.by,
            text: line.text,
            detail: line.detail,
        });
    }
}

/// A line for the audit log, before it has a number and a time.
#[derive(Debug)]
pub(super) struct Line {
    kind: EventKind,
    host: Option<HostId>,
    instance: Option<InstanceId>,
    incident: Option<IncidentId>,
    by: Option<String>,
    text: String,
    detail: serde_json::Value,
}

impl Line {
    /// A line of this kind.
    pub(super) fn new(kind: EventKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            host: None,
            instance: None,
            incident: None,
            by: None,
            text: text.into(),
            detail: serde_json::Value::Null,
        }
    }

    pub(super) fn host(self, host: &HostId) -> Self {
        Self { host: Some(host.clone()), ..self }
    }

    pub(super) fn instance(self, instance: InstanceId, host: &HostId) -> Self {
        Self { instance: Some(instance), ..self.host(host) }
    }

    pub(super) fn incident(self, incident: Option<IncidentId>) -> Self {
        Self { incident, ..self }
    }

    pub(super) fn by(self, by: impl ToString) -> Self {
        Self { by: Some(by.to_string()), ..self }
    }

    pub(super) fn detail(self, detail: serde_json::Value) -> Self {
        Self { detail, ..self }
    }
}
