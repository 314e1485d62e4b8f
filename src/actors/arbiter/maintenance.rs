//! Maintenance: an operator works on a host, so nothing is done on it and nothing is reported of it
//! until he says that it is over.
//!
//! It stands beside the host's state: looks go on, the record stays true, and orders are taken. What
//! the host does meanwhile (it reboots, it cannot be reached, its guests go down one by one) is noted
//! in the audit log, and is no incident. Only one machine that is active on two hosts is (N2).

use jiff::Timestamp;

use super::book::Book;
use super::turn::{Effect, Line, Withheld};
use crate::actors::messages::{EndMaintenance, PutMaintenance, Refusal, Reply};
use crate::model::{By, EventKind, HostId, HostState, InstanceId, Maintenance};

impl Book {
    /// Whether an operator works on the host.
    pub(super) fn is_in_maintenance(&self, id: &HostId) -> bool {
        self.hosts.get(id).is_some_and(|host| host.record.maintenance.is_some())
    }

    /// Puts a host into maintenance. One that is in it already stays so since then, for the reason
    /// that was given last; the same reason again changes nothing.
    pub(super) fn put_maintenance(
        &mut self,
        put: &PutMaintenance,
        now: Timestamp,
    ) -> Reply<HostId> {
        let id = &put.host;
        let host = self.hosts.get_mut(id).ok_or_else(|| Refusal::NoSuchHost(id.clone()))?;
        let reason = &put.reason;
        let (since, text) = match &host.record.maintenance {
            Some(before) if before.reason == *reason => return Ok(id.clone()),
            Some(before) => {
                let was = format!("{} by {}", before.reason, before.by);
                (before.since, format!("maintenance goes on: {reason} (before: {was})"))
            }
            None => (now, format!("maintenance begins: {reason}")),
        };
        let by = put.by.to_string();
        host.record.maintenance = Some(Maintenance { by, reason: reason.clone(), since });
        let instances = self.maintenance_changed(id, text, &put.by, now);
        // What was admitted and has not gone out does not go out any more.
        for instance in instances {
            self.turn.withhold(instance, Withheld::Held);
        }
        Ok(id.clone())
    }

    /// Ends a host's maintenance: what is seen is judged, each grace from now on, and what was left
    /// unsaid is said if it is so still.
    pub(super) fn end_maintenance(
        &mut self,
        end: &EndMaintenance,
        now: Timestamp,
    ) -> Reply<HostId> {
        let id = &end.host;
        let host = self.hosts.get_mut(id).ok_or_else(|| Refusal::NoSuchHost(id.clone()))?;
        let Some(over) = host.record.maintenance.take() else { return Ok(id.clone()) };
        for instance in &host.instances {
            if let Some(entry) = self.instances.get_mut(instance) {
                entry.grace_from = Some(now);
            }
        }
        let lost = (host.state == HostState::Unreachable).then(|| host.error.clone());
        let lasted = now.duration_since(over.since).as_secs();
        let text = format!("maintenance is over after {lasted} s: {}", over.reason);
        self.maintenance_changed(id, text, &end.by, now);
        if let Some(why) = lost {
            self.open_unreachable_incident(id, why.as_deref().unwrap_or("no answer"), now);
        }
        // What became of its other domains meanwhile is told and taken up now.
        self.turn.then(Effect::Relist(id.clone()));
        Ok(id.clone())
    }

    /// Writes it down, and judges what is on the host. Answers what that is.
    fn maintenance_changed(
        &mut self,
        id: &HostId,
        text: String,
        by: &By,
        now: Timestamp,
    ) -> Vec<InstanceId> {
        let Some(host) = self.hosts.get(id) else { return Vec::new() };
        let instances: Vec<InstanceId> = host.instances.iter().copied().collect();
        let incident = host.trouble.as_ref().map(|trouble| trouble.incident.id);
        tracing::info!(host = %id, by = %by, "{text}");
        let line = Line::new(EventKind::Host, text)
            .host(id)
            .incident(incident)
            .by(by)
            .detail(serde_json::json!({ "maintenance": host.record.maintenance }));
        self.turn.write_host(id);
        self.note(now, line);
        self.judge_mismatches(&instances, now);
        for &instance in &instances {
            self.make_passive(instance, now);
        }
        self.touch_all(id);
        instances
    }
}
