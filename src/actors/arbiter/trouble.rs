//! A host's own incidents: one when it cannot be reached, or when many of its machines went down at
//! once, and not one for each machine.
//!
//! It is over when the host answers and each of them is as desired again, or no concern any more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::book::{Book, Entry, HostEntry};
use super::turn::Line;
use crate::model::{EventKind, HostId, HostState, Incident, InstanceId, Resolution, Severity};
use crate::policy::Verdict;

/// A host's open incident.
#[derive(Debug)]
pub(super) struct HostTrouble {
    pub(super) incident: Incident,
    /// Those that are not as desired yet.
    pub(super) waiting: BTreeSet<InstanceId>,
}

impl HostTrouble {
    /// An incident that everyone whom it names waits in.
    pub(super) fn new(incident: Incident) -> Self {
        let waiting = incident.instances.iter().copied().collect();
        Self { incident, waiting }
    }
}

impl Entry {
    /// Whether something is going to be done about its mismatch; if not, that is its own incident's
    /// matter.
    fn is_to_be_brought_back(&self) -> bool {
        match self.decision.as_ref().map(|decision| &decision.verdict) {
            None | Some(Verdict::Act(_) | Verdict::Wait { .. } | Verdict::Accept(_)) => true,
            Some(Verdict::InSync | Verdict::Alert | Verdict::Ignore | Verdict::GiveUp) => false,
        }
    }
}

impl Book {
    /// An incident that was open when the database was read.
    pub(super) fn take_host_incident(&mut self, mut incident: Incident, now: Timestamp) {
        match self.hosts.get_mut(&incident.host) {
            Some(host) => host.trouble = Some(HostTrouble::new(incident)),
            None => {
                (incident.closed_at, incident.resolution) = (Some(now), Some(Resolution::Vanished));
                self.count_closed(incident.severity);
                self.turn.write_incident(&incident);
            }
        }
    }

    /// An instance is as desired, or no concern any more: if it was the last of its host's incident,
    /// that is over.
    pub(super) fn host_trouble_less(&mut self, host: &HostId, id: InstanceId, now: Timestamp) {
        let Some(entry) = self.hosts.get_mut(host) else { return };
        let Some(trouble) = &mut entry.trouble else { return };
        trouble.waiting.remove(&id);
        self.close_host_incident_if_over(host, now);
    }

    /// The host cannot be reached: what ran on it may be down, and nobody knows.
    pub(super) fn open_unreachable_incident(&mut self, id: &HostId, why: &str, now: Timestamp) {
        let Some(host) = self.hosts.get(id).filter(|h| h.record.maintenance.is_none()) else {
            return;
        };
        let instances: Vec<InstanceId> = host.instances.iter().copied().collect();
        self.open_host_incident(id, format!("{id} is unreachable: {why}"), instances, now);
        self.raise_host_incident(id, Severity::Critical);
    }

    /// The host was listed, and that is believed: what is left of its incident are those that are to
    /// be brought back.
    pub(super) fn settle_host_incident(&mut self, id: &HostId, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        let Some(trouble) = &mut host.trouble else { return };
        let instances = &self.instances;
        trouble.waiting.retain(|instance| {
            instances.get(instance).is_some_and(|entry| {
                entry.record.host == *id && !entry.is_in_sync() && entry.is_to_be_brought_back()
            })
        });
        self.close_host_incident_if_over(id, now);
    }

    fn close_host_incident_if_over(&mut self, id: &HostId, now: Timestamp) {
        let over = |host: &HostEntry| {
            let waits = host.trouble.as_ref().is_some_and(|t| !t.waiting.is_empty());
            !waits && host.doubt.is_none() && host.state == HostState::Up
        };
        if self.hosts.get(id).is_some_and(over) {
            self.close_host_incident(id, Resolution::Repaired, now);
        }
    }

    /// Opens an incident of a host, or adds to the one that is open. Nothing is reported of a host
    /// in maintenance.
    pub(super) fn open_host_incident(
        &mut self,
        id: &HostId,
        summary: String,
        instances: Vec<InstanceId>,
        now: Timestamp,
    ) {
        if self.is_in_maintenance(id) {
            self.note_of_host(id, summary, now);
            return;
        }
        if let Some(trouble) = self.hosts.get_mut(id).and_then(|h| h.trouble.as_mut()) {
            // Not over yet: the same one goes on.
            trouble.waiting.extend(&instances);
            let named: BTreeSet<_> = trouble.incident.instances.iter().copied().collect();
            trouble.incident.instances = named.union(&trouble.waiting).copied().collect();
            let incident = trouble.incident.clone();
            self.turn.write_incident(&incident);
            self.note_of_host(id, summary, now);
            return;
        }
        let number = self.next_incident();
        let incident = Incident {
            id: number,
            instance: None,
            host: id.clone(),
            severity: Severity::Warning,
            opened_at: now,
            closed_at: None,
            desired: None,
            observed: None,
            resolution: None,
            attempts: 0,
            summary: summary.clone(),
            instances,
        };
        if let Some(host) = self.hosts.get_mut(id) {
            host.trouble = Some(HostTrouble::new(incident.clone()));
        }
        let line = Line::new(EventKind::IncidentOpened, summary)
            .host(id)
            .incident(Some(number))
            .detail(serde_json::json!({ "severity": incident.severity }));
        self.count_opened(incident.severity, now);
        self.turn.write_incident(&incident);
        self.note(now, line);
    }

    /// It matters more than it seemed.
    pub(super) fn raise_host_incident(&mut self, id: &HostId, to: Severity) {
        if self.is_in_maintenance(id) {
            return;
        }
        let Some(trouble) = self.hosts.get_mut(id).and_then(|h| h.trouble.as_mut()) else { return };
        let before = trouble.incident.severity;
        if before >= to {
            return;
        }
        trouble.incident.severity = to;
        let incident = trouble.incident.clone();
        self.count_open(before, to);
        self.turn.write_incident(&incident);
    }

    /// The host is no longer configured.
    pub(super) fn vanish_host_incident(&mut self, id: &HostId, now: Timestamp) {
        self.close_host_incident(id, Resolution::Vanished, now);
    }

    fn close_host_incident(&mut self, id: &HostId, resolution: Resolution, now: Timestamp) {
        let Some(trouble) = self.hosts.get_mut(id).and_then(|h| h.trouble.take()) else { return };
        let mut incident = trouble.incident;
        (incident.closed_at, incident.resolution) = (Some(now), Some(resolution));
        let line = Line::new(EventKind::IncidentClosed, format!("over: {}", incident.summary))
            .host(id)
            .incident(Some(incident.id))
            .detail(serde_json::json!({ "resolution": resolution }));
        self.count_closed(incident.severity);
        self.turn.write_incident(&incident);
        self.turn.touch_host(id);
        self.note(now, line);
    }

    /// A line about a host, which belongs to its incident if it is in one.
    pub(super) fn note_of_host(&mut self, id: &HostId, text: String, now: Timestamp) {
        let trouble = self.hosts.get(id).and_then(|h| h.trouble.as_ref());
        let incident = trouble.map(|t| t.incident.id);
        tracing::info!(host = %id, "{text}");
        self.note(now, Line::new(EventKind::Host, text).host(id).incident(incident));
    }
}
