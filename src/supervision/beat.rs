//! The heartbeat of a single actor: how its parent sees that it still finishes its turns.
//!
//! No actor sends anything for this, and none has a timer. The layer puts one item of its own into
//! every child's context, a future that never ends. actix polls it in each turn, after the mailbox,
//! but not while the actor waits for something (`ctx.wait`, an `AtomicResponse`): an actor that hangs
//! there finishes no turn. The item sets a flag; the parent looks at the flags of all its children
//! at once, four times per heartbeat ([`Child::sweep`](super::Child::sweep)), and takes them back.
//! A child without a turn for half of the heartbeat has its task woken: one that is only idle
//! finishes a turn by that. One without a turn for the whole of it hangs.
//!
//! As with the watchdog, looks are counted and not time: a stop of the whole process (`SIGSTOP`, a
//! suspended machine) costs one look, and between two looks a child that was woken has its turn.
//!
//! Not in here: a turn that never ends. It blocks the thread and with it everyone who could look;
//! that is the business of the [`Watchdog`](super::Watchdog).

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{self, Poll, Waker},
    time::Duration,
};

use actix::{Actor, fut::ActorFuture};

use super::exit::Exit;

/// Looks without a turn after which a child's task is woken.
const NUDGE_AFTER: u32 = 2;
/// Looks without a turn after which it hangs.
const HUNG_AFTER: u32 = 4;

/// The time between two looks at one's children.
///
/// Never zero, so that a parent which uses it as its pace does not spin.
pub fn sweep_pace(heartbeat: Duration) -> Duration {
    (heartbeat / HUNG_AFTER).max(Duration::from_millis(1))
}

/// What a look at a child has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It has finished a turn of late.
    Alive,
    /// It had nothing to do for half of the heartbeat, or hangs: it is woken to see which.
    Still,
    /// It has finished no turn for the whole heartbeat.
    Hung,
}

/// The rule, pure: looks at a child once per quarter of the heartbeat.
#[derive(Clone, Debug, Default)]
pub struct Stillness {
    looks: u32,
}

impl Stillness {
    /// What this look says; `turned` is whether a turn was finished since the one before.
    ///
    /// Says [`Sign::Hung`] once and begins anew: what hung is ended, and what follows it is another
    /// life.
    pub fn look(&mut self, turned: bool) -> Sign {
        if turned {
            self.looks = 0;
            return Sign::Alive;
        }
        self.looks += 1;
        if self.looks >= HUNG_AFTER {
            self.looks = 0;
            Sign::Hung
        } else if self.looks >= NUDGE_AFTER {
            Sign::Still
        } else {
            Sign::Alive
        }
    }
}

/// What a child and its parent's handle share.
#[derive(Debug, Default)]
pub(super) struct Beat {
    turned: Cell<bool>,
    /// How to wake the child's task; none before its first poll.
    waker: RefCell<Option<Waker>>,
    /// The parent's verdict on this life, to be carried out by the child's task.
    verdict: RefCell<Option<Exit>>,
}

impl Beat {
    /// The item for a context.
    pub(super) fn item(self: &Rc<Self>) -> Item {
        Item(Rc::clone(self))
    }

    /// A turn was finished.
    pub(super) fn note(&self) {
        self.turned.set(true);
    }

    /// Whether a turn was finished since it was asked last.
    pub(super) fn take(&self) -> bool {
        self.turned.take()
    }

    /// The task is polled: it can be woken in this way from now on.
    pub(super) fn polled(&self, cx: &task::Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        // A task's waker stays the same: it is cloned once in its life.
        if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
    }

    /// Lets the child's task be polled soon.
    pub(super) fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }

    /// This life is to end with this exit.
    pub(super) fn condemn(&self, exit: Exit) {
        self.verdict.replace(Some(exit));
        self.wake();
    }

    /// The verdict, once.
    pub(super) fn verdict(&self) -> Option<Exit> {
        self.verdict.take()
    }
}

/// Notes each turn; never ends.
pub(super) struct Item(Rc<Beat>);

impl<A: Actor> ActorFuture<A> for Item {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        _: &mut A,
        _: &mut A::Context,
        _: &mut task::Context<'_>,
    ) -> Poll<()> {
        self.0.note();
        Poll::Pending
    }
}
