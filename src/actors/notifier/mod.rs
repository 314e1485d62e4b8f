//! The notifier: it delivers what the arbiter has put into the database.
//!
//! It keeps nothing that matters: what is to be delivered, how often it was tried and when it is tried next is in the
//! database, so a new life, or another process, goes on from there. For each receiver there is at most one message under
//! way, on the receiver's own courier; none waits for another receiver's.
//!
//! What came of a try is told to the arbiter, who writes it. Until that is kept the receiver gets nothing else: a message
//! may come twice, and none is lost. Not in here: what a message says.

mod deliver;
mod repeat;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler};
use jiff::Timestamp;

use super::arbiter::Arbiter;
use super::disturb::disturb;
use super::traffic::{NotifierStarted, Posted};
use crate::clock::Clock;
use crate::faults::Point;
use crate::notify::{Courier, Receiver};
use crate::store::Store;
use crate::supervision::{Alarm, ExitSlot};
use crate::telemetry::Metrics;
use deliver::{Came, Desk, deliver};
use repeat::Repeat;

/// The couriers of all receivers, by name. They outlive the notifier's lives.
pub type Couriers = Rc<RefCell<HashMap<Arc<str>, Rc<Courier>>>>;

/// What the notifier is made with.
#[derive(Debug, Clone)]
pub struct NotifierSettings {
    /// Who is told.
    pub receivers: Vec<Receiver>,
    /// Who carries messages.
    pub couriers: Couriers,
    /// Wall time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// What to count.
    pub metrics: Metrics,
    /// Who writes down what came of a try.
    pub arbiter: Addr<Arbiter>,
}

/// The actor. See the module.
pub struct Notifier {
    settings: NotifierSettings,
    slot: ExitSlot,
    lines: Vec<Line>,
    /// It wakes by itself then.
    alarm: Alarm,
}

/// A receiver, and how it goes with it.
struct Line {
    desk: Rc<Desk>,
    state: State,
    /// Nothing is tried before this: there was nobody who answered.
    pause: Option<Timestamp>,
}

/// What is under way for a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing, and nothing is due before this time, if there is one.
    Idle(Option<Timestamp>),
    /// A message, or a look whether there is one.
    Busy,
    /// The same, and something has come meanwhile.
    BusyAndMore,
}

impl Notifier {
    /// A notifier that has not looked yet.
    #[must_use]
    pub fn new(settings: NotifierSettings, slot: ExitSlot) -> Self {
        Self { settings, slot, lines: Vec::new(), alarm: Alarm::default() }
    }

    /// Sees to it that every receiver has a courier, and nobody else.
    fn take_places(&mut self) -> std::io::Result<()> {
        let s = &self.settings;
        let mut couriers = s.couriers.borrow_mut();
        couriers.retain(|name, _| s.receivers.iter().any(|r| r.name == *name));
        for receiver in &s.receivers {
            let courier = match couriers.get(&receiver.name) {
                Some(courier) => Rc::clone(courier),
                None => {
                    let new = Rc::new(Courier::start()?);
                    couriers.insert(receiver.name.clone(), Rc::clone(&new));
                    new
                }
            };
            let desk = Rc::new(Desk {
                receiver: receiver.clone(),
                courier,
                machine: crate::notify::machine(),
                clock: s.clock.clone(),
                store: s.store.clone(),
                metrics: s.metrics.clone(),
                arbiter: s.arbiter.clone(),
                repeated: Repeat::default(),
            });
            self.lines.push(Line { desk, state: State::Idle(None), pause: None });
        }
        Ok(())
    }

    /// Delivers whatever is due, to everyone for whom nothing is under way.
    fn look(&mut self, ctx: &mut Context<Self>) {
        disturb(Point::NotifierLooks, "", ctx, Some(&self.slot));
        let now = self.settings.clock.now();
        for (index, line) in self.lines.iter_mut().enumerate() {
            match (line.state, line.pause.filter(|pause| *pause > now)) {
                (State::Busy | State::BusyAndMore, _) => line.state = State::BusyAndMore,
                (State::Idle(_), Some(pause)) => line.state = State::Idle(Some(pause)),
                (State::Idle(_), None) => {
                    line.state = State::Busy;
                    let came = wrap_future::<_, Self>(deliver(Rc::clone(&line.desk)));
                    ctx.spawn(came.map(move |came, act, ctx| act.came(index, came, ctx)));
                }
            }
        }
        self.set_alarm();
    }

    fn came(&mut self, index: usize, came: Came, ctx: &mut Context<Self>) {
        let Some(line) = self.lines.get_mut(index) else { return };
        let more = line.state == State::BusyAndMore;
        line.pause = None;
        let (state, again) = match came {
            Came::Done => (State::Idle(None), true),
            Came::Nothing => (State::Idle(None), more),
            Came::At(at) => (State::Idle(Some(at)), more),
            Came::Nobody(until) => {
                line.pause = Some(until);
                (State::Idle(Some(until)), false)
            }
        };
        line.state = state;
        if again { self.look(ctx) } else { self.set_alarm() }
    }

    fn set_alarm(&self) {
        let due = |line: &Line| match line.state {
            State::Idle(at) => at,
            State::Busy | State::BusyAndMore => None,
        };
        let first = self.lines.iter().filter_map(due).min();
        self.alarm.set(first.map(|at| self.settings.clock.instant_of(at)));
    }
}

impl Actor for Notifier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        disturb(Point::NotifierStarted, "", ctx, Some(&self.slot));
        if self.settings.receivers.is_empty() {
            // There will be nothing to deliver.
            return;
        }
        if let Err(why) = self.take_places() {
            self.slot.fail(ctx, format!("no thread can be had to deliver by: {why}"));
            return;
        }
        self.alarm.install(ctx, Self::look);
        self.settings.arbiter.do_send(NotifierStarted { notifier: ctx.address().recipient() });
        self.look(ctx);
    }
}

impl Handler<Posted> for Notifier {
    type Result = ();

    fn handle(&mut self, _: Posted, ctx: &mut Context<Self>) {
        self.look(ctx);
    }
}
