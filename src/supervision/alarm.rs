//! One timer of an actor, set and set again as often as it likes: a future that stays, with one sleep.
//!
//! actix's own way is to cancel a future by its handle and to spawn another one. That is not to be
//! trusted in actix 0.13.5 (`context_impl.rs`), so `clippy.toml` forbids it:
//! - an actor that fails or is terminated in the turn in which it cancels makes `ContextFut::poll` go
//!   round for ever, and the thread with it: the cancelled handle is put away only where the items are
//!   polled, which a stopped actor's are not;
//! - in one that restarts in place a handle that was cancelled in the turn that panicked cancels its
//!   namesake of the next life (`in_place.rs`).
//!
//! Nothing is cancelled here.
//!
//! Not in here: several times; who has many sets the alarm to the first of them.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{self, Poll, Waker},
};

use actix::{Actor, AsyncContext, Context, fut::ActorFuture};
use tokio::time::{Instant, Sleep, sleep_until};

/// The timer. To be installed in `started`, which is called for each life.
#[derive(Debug, Default)]
pub struct Alarm(Rc<Setting>);

#[derive(Debug, Default)]
struct Setting {
    at: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
}

impl Alarm {
    /// From now on `ring` is called when the alarm's time has come; it is not set then any more.
    ///
    /// Begins without a time. What was installed before rings no more.
    pub fn install<A>(
        &mut self,
        ctx: &mut Context<A>,
        ring: impl FnMut(&mut A, &mut Context<A>) + 'static,
    ) where
        A: Actor<Context = Context<A>>,
    {
        self.0.at.set(None);
        self.0 = Rc::default();
        ctx.spawn(Ringer { setting: Rc::clone(&self.0), sleep: None, ring });
    }

    /// Sets it to another time, or to none. A time that has passed rings in the actor's next turn.
    pub fn set(&self, at: Option<Instant>) {
        if self.0.at.replace(at) != at
            && let Some(waker) = &*self.0.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    /// What it is set to.
    pub fn time(&self) -> Option<Instant> {
        self.0.at.get()
    }
}

/// The future that stays.
struct Ringer<R> {
    setting: Rc<Setting>,
    sleep: Option<Pin<Box<Sleep>>>,
    ring: R,
}

/// Nothing in it is pinned in place.
impl<R> Unpin for Ringer<R> {}

impl<A, R> ActorFuture<A> for Ringer<R>
where
    A: Actor<Context = Context<A>>,
    R: FnMut(&mut A, &mut Context<A>) + 'static,
{
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        act: &mut A,
        ctx: &mut A::Context,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        let this = &mut *self;
        while let Some(at) = this.setting.at.get() {
            let sleep = this.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if sleep.deadline() != at {
                sleep.as_mut().reset(at);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                break;
            }
            this.setting.at.set(None);
            (this.ring)(act, ctx);
        }
        let mut waker = this.setting.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
