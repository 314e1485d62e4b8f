//! An instance's actor: it looks at its own domain, says what it sees, and carries out what the
//! arbiter decides.
//!
//! It looks at its own cadence, and at once when the host reports an event for its domain, when the
//! arbiter asks, and before and after every action. It knows what is desired only to tell a
//! mismatch, which it reports again at each look until it is over.
//!
//! Not in here: what is done about a mismatch, and what is recorded.

mod cadence;
mod carry;

use std::rc::Rc;

use actix::{Actor, Addr, AsyncContext, Context, Handler};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

pub use cadence::{Cadence, LookCounters};

use self::carry::Carrying;
use super::arbiter::Arbiter;
use super::disturb::disturb;
use super::host::Door;
use super::traffic::{
    Aim, Assignment, Carry, Heard, LookAt, Looked, NewAim, Report, Seen, Withhold,
};
use crate::clock::Clock;
use crate::faults::{Bug, Point, bug};
use crate::hypervisor::reader::{Expected, Slot, Window};
use crate::hypervisor::{Lifecycle, ShutdownBy};
use crate::model::{Condition, DesiredState, Finding, HostId, Look, Source};
use crate::telemetry::Metrics;

/// How long an event explains what is seen after it.
const MEMORY: SignedDuration = SignedDuration::from_secs(60);

/// What all instances of a host share.
pub struct Shared {
    /// The host.
    pub host: HostId,
    /// Wall time.
    pub clock: Clock,
    /// When to look.
    pub cadence: Cadence,
    /// The way to the host.
    pub door: Door,
    /// The one who decides.
    pub arbiter: Addr<Arbiter>,
    /// What to count.
    pub metrics: Metrics,
    /// Looks by source and result, resolved once.
    pub looks: LookCounters,
}

/// The actor. See the module.
pub struct Instance {
    shared: Rc<Shared>,
    assignment: Assignment,
    slot: Option<Slot>,
    /// The condition that was reported last.
    reported: Option<Condition>,
    /// The time of the last look that told something.
    looked_at: Option<Timestamp>,
    /// When the arbiter wants a look besides the cadence.
    wake: Option<Timestamp>,
    /// The next look from this time on is reported even if it says nothing new. A read that was
    /// under way before says nothing about what was done since.
    expected: Option<Timestamp>,
    /// When it was heard that the host's side, not the guest, began to end the process.
    ended_by_host: Option<Timestamp>,
    /// The action that is being carried out.
    carrying: Option<Carrying>,
    rng: fastrand::Rng,
}

impl Instance {
    /// An actor for an assignment.
    #[must_use]
    pub fn new(shared: Rc<Shared>, assignment: Assignment) -> Self {
        let seed = assignment.instance.0.as_u64_pair().1;
        Self {
            shared,
            assignment,
            slot: None,
            reported: None,
            looked_at: None,
            wake: None,
            expected: Some(Timestamp::MIN),
            ended_by_host: None,
            carrying: None,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    fn aim(&self) -> Aim {
        self.assignment.aim
    }

    /// Wants a look from now on, which is reported whatever it says.
    fn expect_look(&mut self) {
        self.expected = Some(self.shared.clock.now());
        self.look_now(Source::Check);
    }

    /// Says whether the domain is missed when it is gone together with many others: not if it is
    /// supposed to be off, nor while an action of ours is under way.
    pub(super) fn say_what_is_expected(&self) {
        let off = self.aim().state == DesiredState::Shutoff;
        let expected =
            if off || self.carrying.is_some() { Expected::Anything } else { Expected::Active };
        if let Some(slot) = &self.slot {
            slot.expect(expected);
        }
    }

    fn look_now(&self, source: Source) {
        if let Some(slot) = &self.slot {
            slot.look(Window::now(), source);
        }
    }

    /// Wants a look after a while, whatever the cadence.
    fn wake_after(&mut self, pause: SignedDuration) {
        let at = self.shared.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.wake = Some(at);
        if let Some(slot) = &self.slot {
            slot.look(Window::at(self.shared.clock.instant_of(at)), Source::Check);
        }
    }

    /// Asks for the next look: at the cadence of what was seen, or earlier if the arbiter wants it.
    fn look_again(&mut self, seen: Option<Condition>) {
        let Some(slot) = &self.slot else { return };
        let now = Instant::now();
        let mut window = self.shared.cadence.window(seen, now, self.rng.f64());
        if let Some(wake) = self.wake {
            let wake = self.shared.clock.instant_of(wake);
            if wake <= window.latest {
                window = Window::at(wake);
            }
        }
        slot.look(window, Source::Poll);
    }

    fn saw(&mut self, look: Look, condition: Condition) {
        let before = self.looked_at.replace(look.at);
        self.assignment.freshness.looked(look.at, look.source);
        let due = self.wake.is_some_and(|wake| look.at >= wake);
        if due {
            self.wake = None;
        }
        let expected = self.expected.is_some_and(|from| look.at >= from);
        let changed = self.reported != Some(condition);
        let mismatch = !self.aim().state.is_met_by(condition);
        if changed || mismatch || due || expected {
            let report = Report {
                instance: self.assignment.instance,
                host: self.shared.host.clone(),
                seen: Seen { condition, at: look.at, source: look.source, before },
            };
            // A report that finds no room is made again at the next look.
            if self.shared.arbiter.try_send(report).is_ok() {
                self.reported = Some(condition);
                if expected {
                    self.expected = None;
                }
            }
        }
    }

    /// libvirt says `shutoff/shutdown` both when the guest powered itself off and when somebody
    /// ended its process with a signal; the events tell them apart.
    fn name_the_cause(&self, condition: Condition, at: Timestamp) -> Condition {
        let by_host = self.ended_by_host.is_some_and(|heard| at.duration_since(heard) < MEMORY);
        if by_host && condition == Condition::ShutoffShutdown {
            Condition::ShutoffTerminated
        } else {
            condition
        }
    }
}

impl Actor for Instance {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        disturb(Point::InstanceStarted, &self.assignment.name, ctx, None);
        let addr = ctx.address();
        let sink = Box::new(move |look| addr.do_send(Looked(look)));
        let instance = self.assignment.instance;
        self.slot = Some(self.shared.door.reader().register(instance, sink));
        self.say_what_is_expected();
        self.look_now(Source::Poll);
    }
}

impl Handler<Looked> for Instance {
    type Result = ();

    fn handle(&mut self, Looked(look): Looked, ctx: &mut Context<Self>) {
        disturb(Point::InstanceLooked, &self.assignment.name, ctx, None);
        self.shared.looks.count(&look);
        let blind = bug(Bug::InconclusiveIsOff) && !matches!(look.finding, Finding::Seen(_));
        let finding = if blind { Finding::Seen(Condition::ShutoffUnknown) } else { look.finding };
        match finding {
            Finding::Seen(condition) => {
                let condition = self.name_the_cause(condition, look.at);
                self.saw(look, condition);
                self.checked(&look, Some(condition), ctx);
                self.look_again(Some(condition));
            }
            Finding::Inconclusive(_) => {
                // N1: it changes nothing, and starts nothing.
                self.assignment.freshness.failed();
                if let Some(wake) = self.wake.filter(|wake| look.at >= *wake) {
                    // It is looked again at the cadence, and not at once, without end; what the arbiter
                    // wanted to know is said by the next look that finds out.
                    self.wake = None;
                    self.expected.get_or_insert(wake);
                }
                self.checked(&look, None, ctx);
                if !bug(Bug::NeverAskedAgain) {
                    self.look_again(self.reported);
                }
            }
        }
    }
}

impl Handler<Heard> for Instance {
    type Result = ();

    fn handle(&mut self, Heard(event): Heard, _: &mut Context<Self>) {
        match event {
            Lifecycle::Shutdown(ShutdownBy::Host) => {
                self.ended_by_host = Some(self.shared.clock.now());
            }
            Lifecycle::Shutdown(ShutdownBy::Guest | ShutdownBy::Finished)
            | Lifecycle::Started
            | Lifecycle::Defined
            | Lifecycle::Undefined => self.ended_by_host = None,
            Lifecycle::Stopped(_)
            | Lifecycle::Suspended
            | Lifecycle::Resumed
            | Lifecycle::PmSuspended
            | Lifecycle::Crashed
            | Lifecycle::Other => {}
        }
        self.look_now(Source::Event);
    }
}

impl Handler<LookAt> for Instance {
    type Result = ();

    fn handle(&mut self, LookAt(at): LookAt, _: &mut Context<Self>) {
        self.wake = Some(at);
        if let Some(slot) = &self.slot {
            slot.look(Window::at(self.shared.clock.instant_of(at)), Source::Check);
        }
    }
}

impl Handler<NewAim> for Instance {
    type Result = ();

    fn handle(&mut self, NewAim(aim): NewAim, _: &mut Context<Self>) {
        self.assignment.aim = aim;
        self.wake = None;
        self.say_what_is_expected();
        self.expect_look();
    }
}

impl Handler<Withhold> for Instance {
    type Result = ();

    fn handle(&mut self, Withhold(why): Withhold, _: &mut Context<Self>) {
        self.withhold(why);
    }
}

impl Handler<Carry> for Instance {
    type Result = ();

    fn handle(&mut self, carry: Carry, ctx: &mut Context<Self>) {
        disturb(Point::InstanceCarry, &self.assignment.name, ctx, None);
        let (judged, now) = (carry.judged, self.shared.clock.now());
        self.carrying = Some(Carrying::new(carry, now));
        self.say_what_is_expected();
        if bug(Bug::NoFreshLook) {
            let look = Look { at: now, source: Source::Check, finding: Finding::Seen(judged) };
            self.checked(&look, Some(judged), ctx);
        }
        self.look_now(Source::Check);
    }
}
