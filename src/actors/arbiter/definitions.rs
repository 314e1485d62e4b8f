//! What instances are defined as: kept when it changes, used when one is gone, and corrected where
//! the hypervisor would act by itself.

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context, Handler};
use jiff::Timestamp;

use super::Arbiter;
use super::book::{Book, Entry, Gate};
use super::turn::{Effect, Line};
use crate::actors::traffic::{Carry, Corrected, Defined, Ended};
use crate::model::{
    Condition, Correction, Definition, EventKind, HostState, InstanceId, Kept, OnCrash, Outcome,
    OutcomeKind,
};
use crate::policy::Redefinable;
use crate::store::StoreError;

impl Book {
    /// An instance's definition was read, and is another than was told before, or still one by which
    /// the hypervisor would act by itself.
    pub(super) fn defined(&mut self, told: Defined, now: Timestamp) {
        let id = told.instance;
        let Some(entry) = self.instances.get_mut(&id) else { return };
        if entry.record.host != told.host {
            return;
        }
        let kept = Kept::of(id, &told.host, told.at, &told.definition);
        let before = entry.definition.as_ref();
        let flags = |kept: &Kept| (kept.autostart, kept.on_crash);
        let is_kept = before.is_some_and(|b| (b.hash, &b.host) == (kept.hash, &kept.host));
        let is_new = kept.acts_by_itself() && before.map(flags) != Some(flags(&kept));
        if !is_kept {
            entry.definition = Some(kept.clone());
            self.turn.define(kept.clone(), told.definition.xml);
        } else if let Some(known) = &mut entry.definition {
            // After a correction they were taken for what they should be.
            (known.autostart, known.on_crash) = flags(&kept);
        }
        if is_new && !self.passive_hypervisor {
            let text = format!("its host would act by itself: {}", itself(&kept).join(", "));
            self.note_definition(id, text, serde_json::Value::Null, now);
        }
        self.make_passive(id, now);
    }

    /// Has an instance's definition corrected, if the hypervisor would act by itself, and if something
    /// may be done about the instance now. Otherwise the next read of it asks again.
    pub(super) fn make_passive(&mut self, id: InstanceId, now: Timestamp) {
        let Some(entry) = self.instances.get(&id).filter(|_| self.passive_hypervisor) else {
            return;
        };
        let Some(kept) = entry.definition.as_ref().filter(|kept| kept.acts_by_itself()) else {
            return;
        };
        let in_flight = entry.attempts.iter().any(|a| a.outcome.is_none());
        let is_up = self
            .hosts
            .get(&entry.record.host)
            .is_some_and(|h| h.state == HostState::Up && h.doubt.is_none());
        if in_flight || !is_up || self.gate != Gate::Open || self.is_left_alone(entry, now) {
            return;
        }
        let autostart = kept.autostart.then_some(Correction::Autostart);
        let on_crash = kept.on_crash.acts().then_some(Correction::OnCrash);
        let corrections = autostart.into_iter().chain(on_crash).collect();
        self.turn.then(Effect::Correct(entry.record.host.clone(), id, corrections));
    }

    /// The same for all: after the gate opened.
    pub(super) fn make_all_passive(&mut self, now: Timestamp) {
        let acts = |e: &&Entry| e.definition.as_ref().is_some_and(Kept::acts_by_itself);
        let mut all: Vec<_> = self.instances.values().filter(acts).map(|e| e.record.id).collect();
        all.sort_unstable();
        for id in all {
            self.make_passive(id, now);
        }
    }

    /// A correction has ended. One that fails is told of once, and tried again when the definition is
    /// read again.
    pub(super) fn corrected(&mut self, told: Corrected, now: Timestamp) {
        let id = told.instance;
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let what = told.correction;
        match told.result {
            Ok(()) => {
                entry.correction_failed = None;
                let before = entry.definition.as_ref().map_or(OnCrash::Destroy, |k| k.on_crash);
                let (text, before, after) = match what {
                    Correction::Autostart => ("autostart switched off".to_owned(), "on", "off"),
                    Correction::OnCrash => {
                        let after = OnCrash::Destroy.as_str();
                        (format!("on_crash set to {after}"), before.as_str(), after)
                    }
                };
                let text = format!("{text} (before: {before}): its host does not act by itself");
                // It is read again; until then this is known.
                if let Some(kept) = &mut entry.definition {
                    match what {
                        Correction::Autostart => kept.autostart = false,
                        Correction::OnCrash => kept.on_crash = OnCrash::Destroy,
                    }
                }
                self.turn.touch(id);
                let detail =
                    serde_json::json!({ "correction": what, "before": before, "after": after });
                self.note_definition(id, text, detail, now);
            }
            Err(why) => {
                let text =
                    format!("its {what} could not be corrected, so its host acts by itself: {why}");
                if entry.correction_failed.as_ref() != Some(&text) {
                    tracing::warn!(instance = %entry.record.name, "{text}");
                    entry.correction_failed = Some(text.clone());
                    let detail = serde_json::json!({ "correction": what });
                    self.note_definition(id, text, detail, now);
                }
            }
        }
    }

    /// Whether an instance that is missing can be defined again. What another host may have is not:
    /// each has to have been listed since it is missing here.
    pub(super) fn redefinable(&self, entry: &Entry) -> Redefinable {
        let Some(missing) = entry.record.observed.filter(|o| o.condition == Condition::Missing)
        else {
            return Redefinable::Yes;
        };
        if entry.definition.is_none() {
            return Redefinable::NothingKept;
        }
        let mut answer = Redefinable::Yes;
        for (id, host) in self.hosts.iter().filter(|(id, _)| **id != entry.record.host) {
            let was_asked = host.listed_at > missing.since;
            let is_up = host.state == HostState::Up && host.doubt.is_none();
            if was_asked && host.others.contains_key(&entry.record.id) {
                return Redefinable::On(id.clone());
            }
            if !was_asked && !is_up {
                return Redefinable::MaybeOn(id.clone());
            }
            if !was_asked && answer == Redefinable::Yes {
                answer = Redefinable::NotAsked(id.clone());
            }
        }
        answer
    }

    /// Whether somebody has said that nothing is to be done about an instance.
    pub(super) fn is_left_alone(&self, entry: &Entry, now: Timestamp) -> bool {
        let host = self.hosts.get(&entry.record.host);
        host.is_none_or(|host| host.record.maintenance.is_some())
            || entry.last_hold().is_some_and(|hold| hold.until > now)
    }

    fn note_definition(
        &mut self,
        id: InstanceId,
        text: String,
        detail: serde_json::Value,
        now: Timestamp,
    ) {
        let Some(entry) = self.instances.get(&id) else { return };
        let line = Line::new(EventKind::Note, text)
            .instance(id, &entry.record.host.clone())
            .detail(detail);
        self.note(now, line);
    }
}

/// What the hypervisor would do by itself, in words.
fn itself(kept: &Kept) -> Vec<String> {
    let autostart = kept.autostart.then(|| "autostart is on".to_owned());
    let on_crash = kept.on_crash.acts().then(|| format!("on_crash is {}", kept.on_crash));
    autostart.into_iter().chain(on_crash).collect()
}

impl Arbiter {
    /// Sends a redefine: what it defines is read now, and not kept in memory.
    pub(super) fn carry_definition(
        &mut self,
        id: InstanceId,
        carry: Carry,
        ctx: &mut Context<Self>,
    ) {
        self.carried.insert(id, carry.attempt);
        self.defining.insert(carry.attempt);
        let store = self.settings.store.clone();
        let read = wrap_future::<_, Self>(async move { store.definition(id).await });
        ctx.spawn(read.map(move |read, act, ctx| act.have_definition(id, carry, read, ctx)));
    }

    fn have_definition(
        &mut self,
        id: InstanceId,
        carry: Carry,
        read: Result<Option<Definition>, StoreError>,
        ctx: &mut Context<Self>,
    ) {
        self.defining.remove(&carry.attempt);
        if self.carried.get(&id) != Some(&carry.attempt) {
            // It was given up meanwhile.
            return;
        }
        let why_not = self.why_not_sent(id, &carry);
        let (kind, why) = match (read, self.instances.get(&id)) {
            _ if let Some(why) = why_not => (OutcomeKind::Withdrawn, why.to_owned()),
            (Ok(Some(Definition { xml, .. })), Some(addr)) => {
                addr.do_send(Carry { xml: Some(xml), ..carry });
                return;
            }
            (Ok(None), _) => {
                if let Some(entry) = self.book.as_mut().and_then(|b| b.instances.get_mut(&id)) {
                    entry.definition = None;
                }
                (OutcomeKind::Withdrawn, "no definition of it is kept".to_owned())
            }
            (Ok(Some(_)), None) => {
                (OutcomeKind::Withdrawn, "its actor is being restarted".to_owned())
            }
            (Err(error), _) => (OutcomeKind::Failed, error.to_string()),
        };
        let outcome = Outcome { kind, at: self.settings.clock.now(), detail: Some(why) };
        ctx.notify(Ended { instance: id, attempt: carry.attempt, outcome });
    }
}

impl Handler<Defined> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: Defined, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| book.defined(m, now));
    }
}

impl Handler<Corrected> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: Corrected, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| book.corrected(m, now));
    }
}
