//! The child that restarts in place: after a failure its address and its mailbox survive.
//!
//! For an actor to which many others hold addresses. What actix's `ContextFut::restart` does and
//! doesn't (0.13.5, `context_impl.rs`):
//! - All futures, intervals and timers of the context are dropped, also the replies under way (their
//!   senders get `Closed`). It then calls `restarting`, and the next poll calls `started`. So
//!   intervals are armed in `started`, and there only.
//! - The actor value is the old one: whatever the panic left half-done is still there. `restarting`
//!   sets it back; children in its fields live on unless it drops them.
//! - A panic calls neither `stopping` nor `stopped`; [`ExitSlot::fail`] calls `stopped`.
//! - Handles of futures are numbered from the start again. A `SpawnHandle` kept over a restart names
//!   another future, and one that was given to `cancel_future` in the very turn that panicked cancels
//!   its namesake of the next life. So nobody uses `cancel_future`; there is an
//!   [`Alarm`](super::Alarm).
//! - While it waits, nobody reads the mailbox: `try_send` fails when it is full, `do_send` fills it
//!   without bound, `send` waits.
//!
//! Not in here: the fresh start (`child.rs` with `children.rs`), which is the rule for all others.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll, ready},
};

use actix::{Actor, Addr, Context, Recipient, Supervised};
use tokio::time::{Instant, Sleep, sleep};

use super::{
    child::{Child, Core, Link, spawn},
    delay::{Delay, DelaySpec},
    exit::{ChildRestart, Exit, ExitSlot, RestartStep},
    window::{Limit, RestartWindow},
};

/// How a child restarts in place.
#[derive(Clone)]
pub struct InPlaceSpec<K: Send + 'static> {
    /// When the budget is spent, the child ends with [`Exit::Failed`].
    pub limit: Limit,
    /// The wait before each restart.
    pub delay: DelaySpec,
    /// Told of each failure and of each new life; normally the parent.
    pub observer: Recipient<ChildRestart<K>>,
}

/// Starts an actor as a child that restarts in place, on the current thread.
///
/// The exit in `link` comes only when it stopped normally, when it was killed, when its restarts are
/// spent (`Failed("restart budget spent: …")`), or when `make` panicked; its incarnation is that of the
/// last life.
///
/// # Panics
/// Outside of an actix `System` or tokio `LocalSet`.
pub fn start_in_place<A, K>(
    link: Link<K>,
    spec: InPlaceSpec<K>,
    make: impl FnOnce(&mut Context<A>, ExitSlot) -> A + 'static,
) -> (Addr<A>, Child)
where
    A: Supervised<Context = Context<A>>,
    K: Clone + Send + 'static,
{
    spawn(link, Box::new(make), |core| RunInPlace {
        core,
        window: RestartWindow::new(spec.limit),
        delay: Delay::new(spec.delay, spec.limit.window),
        observer: spec.observer,
        waiting: None,
    })
}

struct RunInPlace<A: Actor<Context = Context<A>>, K: Send + 'static> {
    core: Core<A, K>,
    window: RestartWindow,
    delay: Delay,
    observer: Recipient<ChildRestart<K>>,
    waiting: Option<Pin<Box<Sleep>>>,
}

/// Nothing in it is pinned in place.
impl<A: Actor<Context = Context<A>>, K: Send + 'static> Unpin for RunInPlace<A, K> {}

impl<A, K> Future for RunInPlace<A, K>
where
    A: Supervised<Context = Context<A>>,
    K: Clone + Send + 'static,
{
    type Output = Exit;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Exit> {
        let this = self.get_mut();
        let _turn = this.core.turn(cx);
        if let Some(exit) = this.core.beat.verdict()
            && this.waiting.is_none()
        {
            this.core.life.break_off();
            if let Err(last) = this.wait_after(exit) {
                return Poll::Ready(this.core.finish(last));
            }
        }
        if this.core.asked_to_stop(cx) {
            if this.waiting.is_some() {
                return Poll::Ready(this.core.finish(Exit::Normal));
            }
            this.core.life.ask_to_stop();
        }
        loop {
            let exit = if let Some(sleep) = &mut this.waiting {
                // Who waits for the next life does not hang.
                this.core.beat.note();
                ready!(sleep.as_mut().poll(cx));
                this.waiting = None;
                let Err(exit) = this.resume() else { continue };
                exit
            } else {
                ready!(this.core.life.poll(cx))
            };
            if let Err(last) = this.wait_after(exit) {
                return Poll::Ready(this.core.finish(last));
            }
        }
    }
}

impl<A, K> RunInPlace<A, K>
where
    A: Supervised<Context = Context<A>>,
    K: Clone + Send + 'static,
{
    /// Begins the wait for the next life; the error is the exit if there is none.
    fn wait_after(&mut self, exit: Exit) -> Result<(), Exit> {
        match &exit {
            Exit::Normal | Exit::Killed => return Err(exit),
            Exit::Failed(_) | Exit::Panicked(_) | Exit::Hung { .. } => {}
        }
        if !self.core.life.is_born() {
            return Err(exit);
        }
        let now = Instant::now();
        if !self.window.allow(now) {
            let limit = self.window.limit();
            return Err(Exit::Failed(format!(
                "restart budget spent: more than {limit}; last exit {exit}"
            )));
        }
        let after = self.delay.next(now);
        self.tell(RestartStep::Waiting { exit, after });
        self.waiting = Some(Box::pin(sleep(after)));
        Ok(())
    }

    /// Begins the next life. The error is a panic of `restarting`, which counts as the old life's.
    fn resume(&mut self) -> Result<(), Exit> {
        self.core.life.restart()?;
        if let Some(link) = &mut self.core.link {
            link.incarnation = link.incarnation.next();
        }
        self.tell(RestartStep::Resumed);
        Ok(())
    }

    fn tell(&self, step: RestartStep) {
        if let Some(Link { child, incarnation, .. }) = &self.core.link {
            let (child, incarnation) = (child.clone(), *incarnation);
            self.observer.do_send(ChildRestart { child, incarnation, step });
        }
    }
}
