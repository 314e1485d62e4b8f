//! Taking in what was seen.

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entry, Foreign};
use super::turn::{Effect, Line};
use crate::actors::traffic::Seen;
use crate::faults::{Bug, bug};
use crate::model::{Condition, EventKind, HostId, InstanceId, LastActive, Observed, OutcomeKind};
use crate::policy::{Cell, refine};

impl Book {
    /// An instance was seen on a host: keeps the record true, and judges.
    pub(super) fn seen(&mut self, id: InstanceId, host: &HostId, seen: Seen, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        // Of two looks the younger counts, whatever order they arrive in (N11); and a look on a
        // host that the instance has left says nothing about it.
        if entry.record.host != *host || entry.seen_at.is_some_and(|at| at > seen.at) {
            return;
        }
        entry.seen_at = Some(seen.at);
        let condition = refine(entry.condition(), seen.condition);
        if entry.condition() != Some(condition) {
            self.record(id, Seen { condition, ..seen }, now);
        }
        self.settle(id, now);
        self.refresh_budget(id, now);
        self.judge(id, now);
    }

    /// Writes a changed condition into the record.
    pub(super) fn record(&mut self, id: InstanceId, seen: Seen, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let before = entry.record.observed;
        let was_active = before.is_some_and(|o| o.condition.is_active());
        // N2 holds over a restart as well: of two hosts that have it, the other one is remembered.
        let is_remembered = is_elsewhere(&self.foreign, id) && entry.record.last_active.is_some();
        if seen.condition.is_active() {
            if !is_remembered {
                let host = entry.record.host.clone();
                entry.record.last_active = Some(LastActive { host, at: seen.at });
            }
        } else if was_active {
            if let (Some(active), Some(last)) = (&mut entry.record.last_active, seen.before) {
                // The last look that still found it active.
                active.at = active.at.max(last);
            }
            entry.falls(seen.at);
            // N13: the order that came meanwhile is not reached yet.
            if entry.answers_a_shutdown(seen.condition, seen.at) {
                entry.record.settled = false;
                (entry.fell_at, entry.asked_down) = (None, None);
            }
        }
        entry.record.observed =
            Some(Observed { condition: seen.condition, since: seen.at, source: seen.source });
        let incident = entry.incident.as_ref().map(|i| i.id);
        let host = entry.record.host.clone();
        if matches!(seen.condition, Condition::Missing | Condition::ShutoffMigrated) {
            // It may be somewhere else: the others are asked what they have.
            for other in self.hosts.keys().filter(|other| **other != host) {
                self.turn.then(Effect::Relist(other.clone()));
            }
        }
        let text = match before {
            Some(before) => format!("{} (before: {})", seen.condition, before.condition),
            None => format!("{} (first look)", seen.condition),
        };
        let line = Line::new(EventKind::Observed, text)
            .instance(id, &host)
            .incident(incident)
            .detail(serde_json::json!({
                "state": seen.condition.state(),
                "reason": seen.condition.reason(),
                "looked_at": seen.at,
                "source": seen.source,
            }));
        self.turn.write(id);
        self.note(now, line);
    }

    /// Follows whether the instance is in its desired state, and since when.
    fn settle(&mut self, id: InstanceId, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let Some(observed) = entry.record.observed else { return };
        let desired = &entry.record.desired;
        // What is seen while an action is under way, or before its end, is its own doing (N13).
        let under_way = entry.attempts.iter().any(|a| a.outcome.is_none());
        if under_way || entry.seen_at < Some(entry.valid_from()) {
            return;
        }
        // What is off here and active elsewhere is not off: an order is not carried out by that.
        if is_elsewhere(&self.foreign, id)
            && !observed.condition.is_active()
            && !entry.record.settled
        {
            return;
        }
        if desired.state.is_met_by(observed.condition) {
            let reached = !entry.record.settled;
            entry.calm = None;
            if entry.record.down_with.take().is_some() {
                self.turn.write(id);
            }
            if entry.record.in_sync_since.is_none() || reached {
                entry.record.in_sync_since.get_or_insert(now);
                entry.record.settled = true;
                self.turn.write(id);
            }
            if reached {
                let entry = &self.instances[&id];
                let text = format!("{} as desired", entry.record.desired.state);
                let line = Line::new(EventKind::Desired, text)
                    .instance(id, &entry.record.host.clone())
                    .detail(serde_json::json!({ "generation": entry.record.desired.generation }));
                self.note(now, line);
            }
        } else if let Some(since) = entry.record.in_sync_since.take() {
            entry.calm = Some(now.duration_since(since));
            self.turn.write(id);
        }
    }

    /// Makes the budget fresh, if the instance was in its desired state for long enough before this
    /// break: time does that, not a start that "worked". How long is enough, the rule says that is
    /// to act; what was seen on the way down may be another's matter.
    fn refresh_budget(&mut self, id: InstanceId, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let (Some(calm), Some(observed)) = (entry.calm, entry.record.observed) else { return };
        let table = self.policies.get_or_default(&entry.record.policy);
        let Cell::Rule(matched) = table.cell(entry.record.desired.state, observed.condition) else {
            return;
        };
        let window = SignedDuration::try_from(matched.rule.retry.window);
        if matched.rule.action.command().is_some() && window.is_ok_and(|window| calm >= window) {
            entry.calm = None;
            fresh_budget(entry, now);
            self.turn.write(id);
        }
    }

    /// An action has ended.
    pub(super) fn ended(
        &mut self,
        id: InstanceId,
        attempt: crate::model::AttemptId,
        outcome: crate::model::Outcome,
        now: Timestamp,
    ) {
        if self.conclude(id, attempt, outcome, now) {
            self.judge(id, now);
            self.make_passive(id, now);
        }
    }

    /// Writes down how an attempt has ended, and gives its place back. Answers whether it was under
    /// way.
    fn conclude(
        &mut self,
        id: InstanceId,
        attempt: crate::model::AttemptId,
        outcome: crate::model::Outcome,
        now: Timestamp,
    ) -> bool {
        let Some(entry) = self.instances.get_mut(&id) else { return false };
        let Some(found) = entry.in_flight().filter(|a| a.id == attempt) else { return false };
        found.outcome = Some(outcome.clone());
        let found = found.clone();
        let host = entry.record.host.clone();
        if let Some(incident) = &mut entry.incident
            && outcome.kind.is_charged()
        {
            incident.attempts += 1;
            self.turn.write_incident(&incident.clone());
        }
        let text = match &outcome.detail {
            Some(detail) => format!("{}: {} ({detail})", found.command, outcome.kind),
            None => format!("{}: {}", found.command, outcome.kind),
        };
        let line = Line::new(EventKind::Outcome, text)
            .instance(id, &host)
            .incident(found.incident)
            .detail(serde_json::json!({
                "attempt": attempt, "command": found.command, "outcome": outcome.kind,
            }));
        self.turn.write_attempt(&found);
        self.turn.touch(id);
        self.note(now, line);
        self.admission.release(id);
        if let Some(entry) = self.instances.get_mut(&id) {
            entry.acted_at = Some(outcome.at);
            entry.pauses.ended(found.generation, outcome.kind, now);
            entry.note_shutdown(&found);
            // Nothing was sent, or it served a state that is not desired any more.
            let generation = entry.record.desired.generation;
            let counts = outcome.kind.is_charged() && found.generation == generation;
            entry.attempts.retain(|a| counts || a.id != attempt);
            if bug(Bug::BudgetResetByStart)
                && found.command.starts()
                && outcome.kind == OutcomeKind::Done
            {
                fresh_budget(entry, now);
            }
        }
        true
    }

    /// What is under way is nobody's any more: its instance is forgotten.
    pub(super) fn abandon(&mut self, id: InstanceId, now: Timestamp) {
        let in_flight = self.instances.get_mut(&id).and_then(|e| e.in_flight().map(|a| a.id));
        if let Some(attempt) = in_flight {
            self.conclude(id, attempt, interruption("its instance was forgotten", now), now);
        }
    }

    /// An action whose end nobody tells, long after its deadline, is over.
    pub(super) fn give_up_lost(
        &mut self,
        id: InstanceId,
        deadline: std::time::Duration,
        now: Timestamp,
    ) {
        let begun = self.instances.get_mut(&id).and_then(|e| e.in_flight().map(|a| a.at));
        let limit = SignedDuration::try_from(deadline * 2).unwrap_or_default();
        if begun.is_some_and(|at| now.duration_since(at) > limit) {
            self.interrupted(id, "its end was never heard of", now);
        }
    }

    /// The actor that was to carry something out is gone: whether it was sent, nobody knows. It
    /// counts as sent, and the next look says what came of it.
    pub(super) fn interrupted(&mut self, id: InstanceId, why: &str, now: Timestamp) {
        let in_flight = self.instances.get_mut(&id).and_then(|e| e.in_flight().map(|a| a.id));
        if let Some(attempt) = in_flight {
            let outcome = interruption(why, now);
            self.ended(id, attempt, outcome, now);
            // Nobody looks by himself after this, as one does after an action of his own.
            self.turn.then(Effect::LookAt(id, now));
        }
    }
}

/// The end of an attempt of which nobody knows what came.
fn interruption(why: &str, now: Timestamp) -> crate::model::Outcome {
    let (kind, detail) = (OutcomeKind::Interrupted, Some(why.to_owned()));
    crate::model::Outcome { kind, at: now, detail }
}

/// Whether another host has it active, as far as was heard.
fn is_elsewhere(foreign: &Foreign, id: InstanceId) -> bool {
    foreign.get(&id).is_some_and(|hosts| !hosts.is_empty())
}

/// Attempts from before now no longer count.
pub(super) fn fresh_budget(entry: &mut Entry, now: Timestamp) {
    entry.record.budget.since = now;
    entry.attempts.retain(|a| a.outcome.is_none());
}
