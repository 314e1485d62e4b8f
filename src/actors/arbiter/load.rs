//! Reading the database: at the start, after a panic, and after it could not be written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context};
use jiff::Timestamp;
use tokio::time::timeout;

use super::book::{Book, Entry, LastIds};
use super::future::believe;
use super::orders::aim_of;
use super::outbox::Outbox;
use super::turn::Effect;
use super::{Arbiter, ArbiterSettings, RECOVERY_CAP};
use crate::actors::disturb::disturb;
use crate::actors::traffic::Hello;
use crate::faults::{Bug, Point, bug};
use crate::model::{AttemptId, InstanceId, Observed};
use crate::store::{Loaded, StoreError};

impl Arbiter {
    /// Reads the database, and goes on from what it says.
    pub(super) fn read(&mut self, ctx: &mut Context<Self>) {
        let load = in_time(self.patience(), self.settings.store.reload());
        ctx.spawn(wrap_future::<_, Self>(load).map(|result, act, ctx| act.have_read(result, ctx)));
    }

    /// Reads it again after a while, longer each time.
    pub(super) fn read_later(&mut self, ctx: &mut Context<Self>) {
        let delay =
            Duration::from_millis(250).saturating_mul(1 << self.failures.min(6)).min(RECOVERY_CAP);
        self.failures = self.failures.saturating_add(1);
        ctx.run_later(delay, Self::read_again);
    }

    fn read_again(&mut self, ctx: &mut Context<Self>) {
        // An empty commit tells whether it can be written again, not only read.
        let store = self.settings.store.clone();
        let probe = async move {
            store.commit(crate::store::Batch::default()).await?;
            store.reload().await
        };
        let probe = in_time(self.patience(), probe);
        ctx.spawn(wrap_future::<_, Self>(probe).map(|result, act, ctx| act.have_read(result, ctx)));
    }

    /// How long an answer is waited for: longer each time, so that a database that takes long is read
    /// in the end.
    const fn patience(&self) -> Duration {
        let late = if self.late < 6 { self.late } else { 6 };
        self.settings.database_deadline.saturating_mul(1 << late)
    }

    fn have_read(&mut self, result: Result<Loaded, StoreError>, ctx: &mut Context<Self>) {
        let mut loaded = match result {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!("{error}; nothing is done until the database can be used again");
                let is_late = matches!(error, StoreError::Late { .. });
                self.late = if is_late { self.late.saturating_add(1) } else { 0 };
                self.forget(error.to_string());
                self.read_later(ctx);
                return;
            }
        };
        if self.failures > 0 {
            tracing::info!("the database can be used again; everything is looked at afresh");
        }
        (self.trouble, self.late) = (None, 0);
        self.assigned.clear();
        let now = self.settings.clock.now();
        if bug(Bug::HoldForgotten) {
            loaded.instances.iter_mut().for_each(|instance| instance.holds.clear());
        }
        let changed = if bug(Bug::FutureBelieved) { Vec::new() } else { believe(&mut loaded, now) };
        if !changed.is_empty() {
            tracing::warn!(
                instances = changed.len(),
                "the clock was set back: what the database says of the future counts as said now"
            );
        }
        let mut book = book_from(&self.settings, loaded, &self.carried, now);
        for id in changed {
            book.turn.write(id);
        }
        // In a certain order, so that a run can be repeated.
        for id in self.instances.keys().copied().collect::<BTreeSet<_>>() {
            if let Some(entry) = book.instances.get_mut(&id) {
                entry.attended = true;
                // Word of the last change may have been lost with the book before.
                let aim = aim_of(&entry.record);
                book.turn.then(Effect::Aim(id, aim));
            }
        }
        disturb(Point::ArbiterRead, "", ctx, None);
        for end in self.ends.drain(..) {
            book.ended(end.instance, end.attempt, end.outcome, now);
        }
        for (at, line) in self.unsaid.drain(..) {
            book.note(at, line);
        }
        if self.draining {
            book.gate = super::Gate::Draining;
        }
        self.show.begin(&book);
        self.book = Some(book);
        // Who is there already says again where it stands; who comes later will say so by itself.
        for host in self.hosts.values() {
            host.do_send(Hello);
        }
        self.end_turn_soon(ctx);
    }
}

/// An answer of the database's, or the error that there is none.
pub(super) async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(patience, answer).await.unwrap_or(Err(StoreError::Late { after: patience }))
}

/// A book that says what the database and the configuration say.
fn book_from(
    settings: &ArbiterSettings,
    loaded: Loaded,
    carried: &BTreeMap<InstanceId, AttemptId>,
    now: Timestamp,
) -> Book {
    let mut book = Book::new(settings.policies.clone(), settings.limits, settings.mass_change);
    book.passive_hypervisor = settings.passive_hypervisor;
    book.last = LastIds {
        event: loaded.last_event,
        incident: loaded.last_incident,
        attempt: loaded.last_attempt,
    };
    book.retain(settings.retain_events, loaded.oldest, now);
    book.outbox = Outbox::new(&settings.notify, loaded.told, loaded.last_delivery);
    let mut kept: HashMap<_, _> = loaded.hosts.into_iter().map(|h| (h.id.clone(), h)).collect();
    for plan in &settings.hosts {
        let pending =
            settings.instances.iter().filter(|i| i.host == plan.config.id).cloned().collect();
        let kept = kept.remove(&plan.config.id);
        book.put_host(plan.clone(), pending, kept, now);
    }
    book.absent = kept;
    // Whoever looks at an instance goes on noting it where he did before this book.
    let shown = settings.board.fleet();
    let entry_of = |record: crate::model::Instance| {
        let known = shown.instances.get(&record.id).map(|view| view.freshness.clone());
        let fresh = Entry::new(record);
        Entry { freshness: known.unwrap_or_else(|| fresh.freshness.clone()), ..fresh }
    };
    let mut entries: HashMap<InstanceId, Entry> =
        loaded.instances.into_iter().map(|record| (record.id, entry_of(record))).collect();
    for incident in loaded.open_incidents {
        book.open_incidents[incident.severity as usize] += 1;
        match incident.instance {
            Some(id) => {
                if let Some(entry) = entries.get_mut(&id) {
                    entry.incident = Some(incident);
                }
            }
            None => book.take_host_incident(incident, now),
        }
    }
    for kept in loaded.definitions {
        if let Some(entry) = entries.get_mut(&kept.instance) {
            entry.definition = Some(kept);
        }
    }
    for shutdown in &loaded.shutdowns {
        let Some(entry) = entries.get_mut(&shutdown.instance) else { continue };
        // What has come up since then has answered it.
        let has_answered = |o: Observed| o.condition.is_active() && o.since > shutdown.at;
        if !entry.record.observed.is_some_and(has_answered) {
            entry.note_shutdown(shutdown);
        }
    }
    let mut unfinished = Vec::new();
    for attempt in loaded.attempts {
        if let Some(entry) = entries.get_mut(&attempt.instance) {
            if attempt.outcome.is_none() {
                if carried.get(&attempt.instance) == Some(&attempt.id) {
                    book.admission.occupy(attempt.instance, &attempt.host);
                } else {
                    unfinished.push(attempt.instance);
                }
            }
            entry.note_shutdown(&attempt);
            entry.attempts.push(attempt);
        }
    }
    for mut entry in entries.into_values() {
        let host_seen = book.hosts.get(&entry.record.host).and_then(|h| h.record.seen_at);
        entry.remember(host_seen);
        book.put(entry);
    }
    book.keep_seen_again(now);
    book.tell_of_open_incidents();
    // N7: an intent without an outcome may have been sent; the next look says what came of it.
    for id in unfinished {
        if bug(Bug::HalfDoneStays) {
            continue;
        }
        book.interrupted(id, "the service ended before the outcome was known", now);
    }
    book
}
