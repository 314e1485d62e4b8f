//! The definitions of a host's instances: read now and then, told when they are others than before,
//! and corrected where the arbiter says so.
//!
//! Each is read when the instance is assigned, after each new connection, when an event tells that it
//! was changed, and once an hour. One call at a time, at a low pace: looks come first. While the host
//! cannot be reached nothing is read; the next connection reads everything anyway.
//!
//! Not in here: what is kept, and what is to be corrected.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context, Handler};
use tokio::time::Instant;

use super::Host;
use crate::actors::traffic::{Correct, Corrected, Defined};
use crate::hypervisor::CallError;
use crate::hypervisor::link::LinkState;
use crate::model::{Correction, Definition, InstanceId};
use crate::supervision::Alarm;

/// From one call's end to the next call.
const PACE: Duration = Duration::from_millis(50);
/// How often a definition is read of which nothing is heard, and how far that varies.
const INTERVAL: Duration = Duration::from_secs(60 * 60);
const JITTER: f64 = 0.1;

/// What is to be read and corrected, and what was told.
#[derive(Default)]
pub(super) struct Definitions {
    /// Who is to be read, and when.
    due: BTreeSet<(Instant, InstanceId)>,
    known: HashMap<InstanceId, Known>,
    corrections: VecDeque<(InstanceId, Correction)>,
    /// The correction that is under way.
    correcting: Option<(InstanceId, Correction)>,
    /// Whether a call is under way.
    is_busy: bool,
    not_before: Option<Instant>,
    /// Rings when the next is due.
    alarm: Alarm,
}

/// What is known of an instance's definition.
struct Known {
    due: Instant,
    why: Why,
    /// What the arbiter was told last, by its hash.
    told: Option<i64>,
}

/// Why a definition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Its time has come: one that is still not as it should be is told of again.
    Time,
    /// It was changed: only what is new is told, so that no change of ours leads to the next.
    Change,
}

/// What comes next.
enum Next {
    Correct(InstanceId, Correction),
    Read(InstanceId),
}

impl Definitions {
    /// Wants it read at this time, or earlier if it was to be.
    fn want(&mut self, id: InstanceId, at: Instant, why: Why) {
        let known = self.known.entry(id).or_insert(Known { due: at, why, told: None });
        if known.due > at || why == Why::Time {
            known.why = why;
        }
        self.due.remove(&(known.due, id));
        known.due = known.due.min(at);
        self.due.insert((known.due, id));
    }

    /// It was read: next time in an hour.
    fn was_read(&mut self, id: InstanceId, now: Instant) {
        let Some(known) = self.known.get_mut(&id) else { return };
        self.due.remove(&(known.due, id));
        // Another draw each time, and the same in each run.
        let seed = id.0.as_u64_pair().1 ^ known.told.unwrap_or_default().cast_unsigned();
        let draw = fastrand::Rng::with_seed(seed).f64().mul_add(2.0, -1.0);
        known.due = now + INTERVAL.mul_f64(JITTER.mul_add(draw, 1.0));
        known.why = Why::Time;
        self.due.insert((known.due, id));
    }

    /// The instance is not this host's any more.
    pub(super) fn forget(&mut self, id: InstanceId) {
        if let Some(known) = self.known.remove(&id) {
            self.due.remove(&(known.due, id));
        }
        self.corrections.retain(|(of, _)| *of != id);
    }

    /// When there is something to do, if at all.
    fn next_at(&self) -> Option<Instant> {
        let at = match (self.corrections.front(), self.due.first()) {
            (Some(_), _) => Instant::now(),
            (None, Some((at, _))) => *at,
            (None, None) => return None,
        };
        Some(self.not_before.map_or(at, |not_before| not_before.max(at)))
    }

    /// Takes what comes next.
    fn take(&mut self) -> Option<Next> {
        if let Some((id, correction)) = self.corrections.pop_front() {
            return Some(Next::Correct(id, correction));
        }
        self.due.first().map(|(_, id)| Next::Read(*id))
    }

    /// Whether the arbiter is to be told of what was read, which is noted then.
    fn is_news(&mut self, id: InstanceId, definition: &Definition) -> bool {
        let Some(known) = self.known.get_mut(&id) else { return false };
        let is_other = known.told.replace(definition.hash()) != Some(definition.hash());
        is_other || (known.why == Why::Time && definition.acts_by_itself())
    }
}

impl Host {
    /// The instance was assigned.
    pub(super) fn define_soon(&mut self, id: InstanceId, ctx: &mut Context<Self>) {
        self.definitions.want(id, Instant::now(), Why::Time);
        self.define_on(ctx);
    }

    /// An event told that a definition was changed.
    pub(super) fn define_heard(&mut self, id: InstanceId, ctx: &mut Context<Self>) {
        if self.definitions.known.contains_key(&id) {
            self.definitions.want(id, Instant::now(), Why::Change);
            self.define_on(ctx);
        }
    }

    /// Once, when the actor starts.
    pub(super) fn define_when_due(&mut self, ctx: &mut Context<Self>) {
        self.definitions.alarm.install(ctx, Self::define_on);
    }

    /// There is a new connection.
    pub(super) fn define_all_soon(&mut self, ctx: &mut Context<Self>) {
        // What was to be corrected is found again.
        self.definitions.corrections.clear();
        let now = Instant::now();
        let all: Vec<_> = self.definitions.known.keys().copied().collect();
        for id in all {
            self.definitions.want(id, now, Why::Time);
        }
        self.define_on(ctx);
    }

    /// The arbiter begins anew: whether it has kept what it was told is not known.
    pub(super) fn told_nothing(&mut self, ctx: &mut Context<Self>) {
        for known in self.definitions.known.values_mut() {
            known.told = None;
        }
        self.define_all_soon(ctx);
    }

    /// Goes on with what is due, if nothing is under way.
    fn define_on(&mut self, ctx: &mut Context<Self>) {
        let is_up = matches!(self.link.state(), LinkState::Up { .. });
        if self.definitions.is_busy || !is_up {
            return;
        }
        let Some(at) = self.definitions.next_at() else { return };
        if at > Instant::now() {
            self.definitions.alarm.set(Some(at));
            return;
        }
        let Some(session) = self.shared.as_ref().and_then(|shared| shared.door.session()) else {
            return;
        };
        let Some(next) = self.definitions.take() else { return };
        self.definitions.is_busy = true;
        match next {
            Next::Read(id) => {
                let asked_at = self.settings.clock.now();
                let read = wrap_future::<_, Self>(session.definition(id));
                ctx.spawn(read.map(move |result, act, ctx| {
                    act.have_definition(id, asked_at, result, ctx);
                    act.define_later(ctx);
                }));
            }
            Next::Correct(id, correction) => {
                self.definitions.correcting = Some((id, correction));
                let correct = wrap_future::<_, Self>(session.correct(id, correction));
                ctx.spawn(correct.map(move |result, act, ctx| {
                    act.have_corrected(id, correction, result, ctx);
                    act.define_later(ctx);
                }));
            }
        }
    }

    fn define_later(&mut self, ctx: &mut Context<Self>) {
        self.definitions.is_busy = false;
        self.definitions.not_before = Some(Instant::now() + PACE);
        self.define_on(ctx);
    }

    fn have_definition(
        &mut self,
        id: InstanceId,
        at: jiff::Timestamp,
        result: Result<Definition, CallError>,
        ctx: &mut Context<Self>,
    ) {
        match result {
            Ok(definition) => {
                if self.definitions.is_news(id, &definition) {
                    let host = self.settings.config.id.clone();
                    self.settings.arbiter.do_send(Defined { instance: id, host, definition, at });
                }
            }
            // What it was is kept.
            Err(CallError::NoDomain { .. }) => {}
            Err(error) => self.trouble_if_so(&error, ctx),
        }
        self.definitions.was_read(id, Instant::now());
    }

    fn have_corrected(
        &mut self,
        instance: InstanceId,
        correction: Correction,
        result: Result<(), CallError>,
        ctx: &mut Context<Self>,
    ) {
        self.definitions.correcting = None;
        let host = self.settings.config.id.clone();
        if let Err(error) = &result {
            self.trouble_if_so(error, ctx);
        } else if self.definitions.known.contains_key(&instance) {
            self.definitions.want(instance, Instant::now(), Why::Change);
        }
        let result = result.map_err(|error| error.to_string());
        self.settings.arbiter.do_send(Corrected { instance, host, correction, result });
    }
}

impl Handler<Correct> for Host {
    type Result = ();

    fn handle(&mut self, m: Correct, ctx: &mut Context<Self>) {
        let known = self.definitions.known.contains_key(&m.instance);
        let Definitions { corrections, correcting, .. } = &mut self.definitions;
        // The last word counts: to correct nothing is one too.
        corrections.retain(|(of, _)| *of != m.instance);
        if known {
            let wanted = m.corrections.into_iter().map(|it| (m.instance, it));
            corrections.extend(wanted.filter(|it| *correcting != Some(*it)));
            self.define_on(ctx);
        }
    }
}
