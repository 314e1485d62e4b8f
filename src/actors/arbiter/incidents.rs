//! Incidents: opened at the first sight of drift, closed when it is over.

use jiff::Timestamp;

use super::book::{Book, Gate};
use super::turn::Line;
use crate::faults::{Bug, bug};
use crate::model::{Action, EventKind, Incident, InstanceId, Resolution, Severity};
use crate::policy::{Decision, Verdict, WaitWhy};

impl Book {
    /// Opens an incident at the first sight of drift, and closes it when that is over.
    pub(super) fn open_or_close(&mut self, id: InstanceId, decision: &Decision, now: Timestamp) {
        let Some(entry) = self.instances.get(&id) else { return };
        if decision.verdict == Verdict::InSync {
            // An incident goes on until it is known that the instance is not active twice.
            let unheard = self.gate == Gate::Starting || self.may_be_twice(entry);
            if entry.incident.is_none() || !unheard {
                let host = entry.record.host.clone();
                self.close(id, Resolution::Repaired, now);
                self.host_trouble_less(&host, id, now);
            }
            return;
        }
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let ignored = matches!(decision.rule, Some(m) if m.rule.action == Action::Ignore);
        let not_ours =
            matches!(&decision.verdict, Verdict::Wait { why, .. } if why.is_out_of_our_hands());
        let twice = decision.rule.is_none() && decision.verdict == Verdict::Alert;
        // An order opens no incident unless its attempts are spent.
        let settled = entry.record.settled || bug(Bug::OwnDeedsForgotten);
        let drift = settled && !entry.is_in_sync() && !not_ours;
        // What a rule says matters once its grace is over; a spent budget always does.
        let severity = if matches!(decision.verdict, Verdict::Wait { why: WaitWhy::Grace, .. }) {
            Severity::None
        } else if decision.spent {
            decision.severity.max(Severity::Warning)
        } else {
            decision.severity
        };
        match &mut entry.incident {
            Some(incident) if incident.severity < severity => {
                let before = std::mem::replace(&mut incident.severity, severity);
                let incident = incident.clone();
                self.count_open(before, severity);
                self.turn.write_incident(&incident);
            }
            Some(_) => {}
            None if (drift && !ignored) || decision.spent || twice => {
                self.open(id, severity, now);
            }
            None => {}
        }
    }

    fn open(&mut self, id: InstanceId, severity: Severity, now: Timestamp) {
        let number = self.next_incident();
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let desired = entry.record.desired.state;
        let observed = entry.record.observed;
        let seen = observed.map_or_else(|| "unseen".to_owned(), |o| o.condition.to_string());
        let incident = Incident {
            id: number,
            instance: Some(id),
            host: entry.record.host.clone(),
            severity,
            opened_at: observed.map_or(now, |o| o.since),
            closed_at: None,
            desired: Some(desired),
            observed: observed.map(|o| o.condition),
            resolution: None,
            attempts: 0,
            summary: format!("{} is {seen}, {desired} is desired", entry.record.name),
            instances: Vec::new(),
        };
        let line = Line::new(EventKind::IncidentOpened, incident.summary.clone())
            .instance(id, &incident.host)
            .incident(Some(number))
            .detail(serde_json::json!({ "severity": severity }));
        tracing::warn!(instance = %entry.record.name, host = %incident.host, incident = %number,
            "{}", incident.summary);
        self.turn.begins_with_what_was_seen(id, number);
        self.turn.write_incident(&incident);
        entry.incident = Some(incident);
        self.count_opened(severity, now);
        self.note(now, line);
    }

    /// One more incident is open.
    pub(super) fn count_opened(&mut self, severity: Severity, now: Timestamp) {
        self.open_incidents[severity as usize] += 1;
        self.opened_at.push_back(now);
    }

    /// One less is.
    pub(super) fn count_closed(&mut self, severity: Severity) {
        let count = &mut self.open_incidents[severity as usize];
        *count = count.saturating_sub(1);
    }

    /// Ends the incident that an instance is in, if it is in one.
    pub(super) fn close(&mut self, id: InstanceId, resolution: Resolution, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let Some(mut incident) = entry.incident.take() else { return };
        incident.closed_at = Some(now);
        incident.resolution = Some(resolution);
        entry.told = None;
        let lasted = now.duration_since(incident.opened_at);
        let text = format!(
            "{resolution} after {:.3} s, {}",
            lasted.as_secs_f64(),
            match incident.attempts {
                1 => "1 attempt".to_owned(),
                many => format!("{many} attempts"),
            }
        );
        tracing::info!(instance = %entry.record.name, host = %incident.host,
            incident = %incident.id, "{text}");
        let line = Line::new(EventKind::IncidentClosed, text)
            .instance(id, &incident.host)
            .incident(Some(incident.id))
            .detail(serde_json::json!({ "resolution": resolution }));
        self.count_closed(incident.severity);
        self.turn.repaired(&incident);
        self.turn.write_incident(&incident);
        self.turn.touch(id);
        self.note(now, line);
    }

    /// One that is open matters more than before.
    pub(super) fn count_open(&mut self, before: Severity, after: Severity) {
        self.count_closed(before);
        self.open_incidents[after as usize] += 1;
    }
}
