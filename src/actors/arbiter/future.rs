//! What the database says of the future.
//!
//! Within a life of the service its clock never runs backwards, but between two lives the machine's may
//! have been set back: then the last change of an instance lies ahead, every fresh look is older than it,
//! and nothing would be done until the clock has caught up. So what is said of the future counts as said
//! now. A hold keeps its length, and attempts go on counting. The audit log stays as it was written.

use jiff::Timestamp;

use crate::model::{Attempt, HostRecord, Incident, Instance, InstanceId};
use crate::store::Loaded;

/// Takes what lies ahead of `now` for `now`. Answers whose records say something else by that: they are
/// to be written, for the database counts attempts by them.
pub(super) fn believe(loaded: &mut Loaded, now: Timestamp) -> Vec<InstanceId> {
    let mut changed = Vec::new();
    for instance in &mut loaded.instances {
        let before = instance.clone();
        in_instance(instance, now);
        if *instance != before {
            changed.push(instance.id);
        }
    }
    loaded.hosts.iter_mut().for_each(|host| in_host(host, now));
    loaded.open_incidents.iter_mut().for_each(|incident| in_incident(incident, now));
    loaded.attempts.iter_mut().for_each(|attempt| in_attempt(attempt, now));
    loaded.shutdowns.iter_mut().for_each(|attempt| in_attempt(attempt, now));
    for kept in &mut loaded.definitions {
        kept.taken_at = kept.taken_at.min(now);
    }
    changed
}

fn in_instance(instance: &mut Instance, now: Timestamp) {
    let no_later = |at: &mut Timestamp| *at = (*at).min(now);
    no_later(&mut instance.added_at);
    no_later(&mut instance.desired.since);
    no_later(&mut instance.budget.since);
    instance.in_sync_since.iter_mut().for_each(no_later);
    instance.observed.iter_mut().for_each(|observed| no_later(&mut observed.since));
    instance.last_active.iter_mut().for_each(|last| no_later(&mut last.at));
    for hold in &mut instance.holds {
        let ahead = hold.since.duration_since(now);
        if ahead.is_positive() {
            hold.since = now;
            hold.until = hold.until.saturating_sub(ahead).unwrap_or(hold.until);
        }
    }
}

fn in_host(host: &mut HostRecord, now: Timestamp) {
    host.added_at = host.added_at.min(now);
    host.seen_at = host.seen_at.map(|at| at.min(now));
    if let Some(maintenance) = &mut host.maintenance {
        maintenance.since = maintenance.since.min(now);
    }
}

fn in_incident(incident: &mut Incident, now: Timestamp) {
    incident.opened_at = incident.opened_at.min(now);
}

fn in_attempt(attempt: &mut Attempt, now: Timestamp) {
    attempt.at = attempt.at.min(now);
    if let Some(outcome) = &mut attempt.outcome {
        outcome.at = outcome.at.min(now);
    }
}
