//! Asking the policy, and writing down what it says.

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entry, Gate};
use super::turn::{Effect, Line, Withheld};
use crate::actors::traffic::Carry;
use crate::faults::{Bug, bug};
use crate::model::{
    Attempt, By, Command, Desired, DesiredState, EventKind, HostState, InstanceId, Resolution,
};
use crate::policy::{Attempts, Case, Decision, HostView, Place, Verdict, WaitWhy, decide};

/// How soon it is looked again whether a host that was asked has answered.
const ASKED_WITHIN: SignedDuration = SignedDuration::from_secs(1);

impl Book {
    /// Asks the policy about an instance, from what is known of it now, and follows the answer.
    pub(super) fn judge(&mut self, id: InstanceId, now: Timestamp) {
        if self.follow(id, now) {
            // Its actor on the other host looks, and then it is judged by that.
            return;
        }
        let Some(decision) = self.ask(id, now) else { return };
        self.open_or_close(id, &decision, now);
        self.tell(id, &decision, now);
        self.turn.touch(id);
        let Some(entry) = self.instances.get_mut(&id) else { return };
        entry.decision = Some(decision.clone());
        match decision.verdict {
            Verdict::Act(_) => {
                let generation = entry.record.desired.generation;
                if let Some(until) = entry.pauses.until(generation, now) {
                    self.admission.leave(id);
                    self.turn.then(Effect::LookAt(id, until));
                    return;
                }
                let place = Place {
                    instance: id,
                    host: entry.record.host.clone(),
                    tries: Attempts::new(&entry.attempts, None).used(),
                    priority: entry.record.priority,
                };
                self.admission.ask(place);
            }
            Verdict::Wait { until: Some(until), .. } => {
                self.admission.leave(id);
                self.turn.then(Effect::LookAt(id, until));
            }
            Verdict::Accept(state) => {
                self.admission.leave(id);
                if self.fell_with_many(id, &decision, now) {
                    self.judge(id, now);
                } else {
                    self.accept(id, state, now);
                }
            }
            Verdict::Wait { until: None, why: WaitWhy::NotAsked(host) } => {
                self.admission.leave(id);
                self.turn.then(Effect::Relist(host));
                let soon = now.saturating_add(ASKED_WITHIN).unwrap_or(Timestamp::MAX);
                self.turn.then(Effect::LookAt(id, soon));
            }
            Verdict::InSync
            | Verdict::Wait { until: None, .. }
            | Verdict::Alert
            | Verdict::Ignore
            | Verdict::GiveUp => self.admission.leave(id),
        }
    }

    /// Judges again what could not be done before: after the gate opened, or a host came back.
    pub(super) fn judge_mismatches(&mut self, among: &[InstanceId], now: Timestamp) {
        for &id in among {
            if self.instances.get(&id).is_some_and(|e| e.seen_at.is_some() && !e.is_in_sync()) {
                self.judge(id, now);
            }
        }
    }

    /// Lets in who may act now, and sends what the policy says at this moment. Done when a turn ends,
    /// so that of all who asked in it the most important go first.
    pub(super) fn admit(&mut self, now: Timestamp) {
        if self.gate != Gate::Open {
            return;
        }
        while let Some(id) = self.admission.admit() {
            match self.ask(id, now) {
                Some(Decision { verdict: Verdict::Act(command), .. }) => {
                    self.begin(id, command, now);
                }
                // It has changed while it waited for its turn.
                Some(_) | None => {
                    self.admission.release(id);
                    self.judge(id, now);
                }
            }
        }
    }

    /// The policy's answer, from what is known now.
    fn ask(&self, id: InstanceId, now: Timestamp) -> Option<Decision> {
        let entry = self.instances.get(&id)?;
        let (observed, seen_at) = (entry.record.observed?, entry.seen_at?);
        let table = self.policies.get_or_default(&entry.record.policy);
        // All attempts of an order are one episode, whether an incident was opened on it or not.
        let incident = entry.incident.as_ref().filter(|_| entry.record.settled).map(|i| i.id);
        Some(decide(&Case {
            now,
            table,
            desired: &entry.record.desired,
            settled: entry.record.settled,
            seen: observed.condition,
            seen_at,
            since: observed.since,
            last_active: entry.record.last_active.as_ref().map(|a| a.at),
            valid_from: entry.valid_from(),
            down_with: entry.record.down_with,
            attempts: Attempts::new(&entry.attempts, incident),
            draw: Self::draw(entry),
            host: self.host_view(entry),
            elsewhere: self.elsewhere(entry),
            redefinable: self.redefinable(entry),
            hold: entry.last_hold(),
            grace_from: entry.grace_from,
        }))
    }

    fn host_view(&self, entry: &Entry) -> HostView {
        match self.hosts.get(&entry.record.host) {
            Some(host) if host.record.maintenance.is_some() => HostView::Maintenance,
            Some(host)
                if host.state == HostState::Up
                    && host.doubt.is_none()
                    && self.gate == Gate::Open
                    && entry.attended
                    && !entry.quarantined =>
            {
                HostView::Ready
            }
            Some(_) | None => HostView::NotReady,
        }
    }

    /// Writes the intent; the action goes out once that is committed.
    fn begin(&mut self, id: InstanceId, command: Command, now: Timestamp) {
        let attempt_id = self.next_attempt();
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let Some(judged) = entry.condition() else { return };
        let generation = entry.record.desired.generation;
        let attempt = Attempt {
            id: attempt_id,
            instance: id,
            host: entry.record.host.clone(),
            incident: entry.incident.as_ref().map(|i| i.id),
            generation,
            command,
            at: now,
            outcome: None,
        };
        // From the first attempt of a break on, what was before it makes no budget fresh any more.
        entry.calm = None;
        let number = Attempts::new(&entry.attempts, None).used() + 1;
        entry.attempts.push(attempt.clone());
        let line = Line::new(EventKind::Attempt, format!("{command}, attempt {number}"))
            .instance(id, &attempt.host)
            .incident(attempt.incident)
            .detail(serde_json::json!({
                "attempt": attempt_id, "command": command, "generation": generation,
            }));
        self.turn.write_attempt(&attempt);
        self.turn.touch(id);
        self.note(now, line);
        let carry = Carry { attempt: attempt_id, command, generation, judged, xml: None };
        self.turn.then(Effect::Carry(id, carry));
    }

    /// The record follows reality.
    fn accept(&mut self, id: InstanceId, state: DesiredState, now: Timestamp) {
        let Some(entry) = self.instances.get(&id) else { return };
        let Some(observed) = entry.condition() else { return };
        let reason = observed.reason().unwrap_or("unknown").to_owned();
        self.close(id, Resolution::Accepted, now);
        self.set_desired(id, state, By::Accept(reason), now);
        if let Some(entry) = self.instances.get_mut(&id) {
            // What is seen is what is desired now: a later mismatch is drift again.
            entry.record.settled = true;
            entry.record.in_sync_since = Some(now);
            entry.decision = Some(Decision::in_sync());
        }
    }

    /// Changes what an instance is supposed to be, and everything that follows from that.
    pub(super) fn set_desired(
        &mut self,
        id: InstanceId,
        state: DesiredState,
        by: By,
        now: Timestamp,
    ) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        if entry.in_flight().is_some() && !bug(Bug::OldGeneration) {
            self.turn.withhold(id, Withheld::Ordered);
        }
        let before = entry.record.desired.state;
        let generation = entry.record.desired.generation.next();
        entry.record.desired = Desired { state, generation, since: now, by: by.clone() };
        entry.record.settled = false;
        entry.record.in_sync_since = None;
        entry.record.down_with = None;
        entry.fell_at = None;
        super::seen::fresh_budget(entry, now);
        entry.decision = None;
        entry.told = None;
        let aim = super::orders::aim_of(&entry.record);
        let host = entry.record.host.clone();
        let incident = entry.incident.as_ref().map(|i| i.id);
        let line = Line::new(EventKind::Desired, format!("{state} is desired (before: {before})"))
            .instance(id, &host)
            .incident(incident)
            .by(by)
            .detail(serde_json::json!({ "state": state, "generation": generation }));
        self.turn.write(id);
        self.admission.leave(id);
        self.note(now, line);
        self.turn.then(Effect::Aim(id, aim));
    }

    /// Tells the audit log what the policy says, when it says something new.
    fn tell(&mut self, id: InstanceId, decision: &Decision, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let said = sentence(decision);
        let quiet = decision.verdict == Verdict::InSync
            || matches!(
                decision.verdict,
                Verdict::Wait { why: WaitWhy::InFlight | WaitWhy::FreshLook, .. }
            );
        if quiet || entry.told.as_ref() == Some(&said) {
            return;
        }
        let line = Line::new(EventKind::Verdict, said.clone())
            .instance(id, &entry.record.host.clone())
            .incident(entry.incident.as_ref().map(|i| i.id))
            .detail(serde_json::json!({
                "observed": entry.condition().map(|c| c.to_string()),
                "desired": entry.record.desired.state,
                "generation": entry.record.desired.generation,
                "looked_at": entry.seen_at,
                "source": entry.record.observed.map(|o| o.source),
                "verdict": decision.verdict.word(),
                "until": decision.verdict.until(),
                "why": decision.verdict.why().map(ToString::to_string),
                "layer": decision.rule.map(|m| m.layer.as_str()),
                "rule": decision.rule.map(|m| m.key.to_string()),
            }));
        entry.told = Some(said);
        self.note(now, line);
    }
}

fn sentence(decision: &Decision) -> String {
    match &decision.rule {
        Some(matched) => format!(
            "{}: rule `{}` ({}) says {}",
            decision.verdict,
            matched.key,
            matched.layer.as_str(),
            matched.rule.action
        ),
        None => decision.verdict.to_string(),
    }
}
