//! A host's own incidents: one for many machines that went down at once.
//!
//! It is over when each of them is as desired again, or no concern any more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::book::Book;
use super::turn::Line;
use crate::model::{EventKind, HostId, Incident, InstanceId, Resolution, Severity};

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
        if trouble.waiting.is_empty() && entry.doubt.is_none() {
            self.close_host_incident(host, now);
        }
    }

    /// Opens an incident of a host, or adds to the one that is open.
    pub(super) fn open_host_incident(
        &mut self,
        id: &HostId,
        summary: String,
        instances: Vec<InstanceId>,
        now: Timestamp,
    ) {
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
        let Some(trouble) = self.hosts.get_mut(id).and_then(|h| h.trouble.as_mut()) else { return };
        let before = std::mem::replace(&mut trouble.incident.severity, to);
        let incident = trouble.incident.clone();
        self.count_open(before, to);
        self.turn.write_incident(&incident);
    }

    fn close_host_incident(&mut self, id: &HostId, now: Timestamp) {
        let Some(trouble) = self.hosts.get_mut(id).and_then(|h| h.trouble.take()) else { return };
        let mut incident = trouble.incident;
        (incident.closed_at, incident.resolution) = (Some(now), Some(Resolution::Repaired));
        let line = Line::new(EventKind::IncidentClosed, format!("over: {}", incident.summary))
            .host(id)
            .incident(Some(incident.id))
            .detail(serde_json::json!({ "resolution": Resolution::Repaired }));
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
