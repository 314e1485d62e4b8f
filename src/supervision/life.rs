//! One actor's future with every panic caught: the part that both kinds of children share.
//!
//! What was read in actix 0.13.5 (`context_impl.rs`) and matters here:
//! - `ContextFut`'s `Drop` polls the actor once more if it is still alive: it calls `started` if the
//!   actor never ran, then `stopping`, and handles messages when that answers `Continue`. During an
//!   unwind that would abort the process. `terminate` beforehand makes `Drop` do nothing of the sort.
//! - After a panic the future may be dropped or restarted but not polled.
//! - The message whose handler panicked is gone (its sender gets `Closed`), those behind it are
//!   still in the mailbox and go with the future.
//!
//! Not in here: who is told (`child.rs`), restarts (`in_place.rs`).

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    task::{self, Poll},
};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Supervised, dev::ContextFut};

use super::{
    beat::Beat,
    exit::{Exit, ExitSlot},
};

/// The constructor of an actor.
pub(super) type Make<A> = Box<dyn FnOnce(&mut Context<A>, ExitSlot) -> A>;

/// An actor from before its construction to after its end.
pub(super) struct Life<A: Actor<Context = Context<A>>> {
    stage: Stage<A>,
    slot: ExitSlot,
    /// Keeps the mailbox connected: the actor doesn't end for want of addresses.
    address: Addr<A>,
    beat: Rc<Beat>,
}

enum Stage<A: Actor<Context = Context<A>>> {
    Unborn(Context<A>, Make<A>),
    Born(ContextFut<A, Context<A>>),
    Over,
}

impl<A: Actor<Context = Context<A>>> Life<A> {
    /// Nothing runs before the first poll, not even the constructor.
    ///
    /// The beat's item is the first one of the context: its handle, which nobody has, is also the
    /// first of every life, so that no `cancel_future` of the actor's can hit it.
    pub(super) fn new(make: Make<A>, beat: Rc<Beat>) -> Self {
        let mut ctx = Context::new();
        ctx.spawn(beat.item());
        let address = ctx.address();
        let slot = ExitSlot::default();
        Self { stage: Stage::Unborn(ctx, make), slot, address, beat }
    }

    pub(super) fn address(&self) -> Addr<A> {
        self.address.clone()
    }

    /// Runs the actor until it waits or ends. After an end only `restart` or `end` may follow.
    pub(super) fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Exit> {
        if let Err(exit) = self.be_born() {
            return Poll::Ready(exit);
        }
        let Stage::Born(fut) = &mut self.stage else {
            return Poll::Ready(Exit::Normal);
        };
        match caught(|| Pin::new(&mut *fut).poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(self.slot.take().map_or(Exit::Normal, Exit::Failed)),
            Err(exit) => {
                self.break_off();
                Poll::Ready(exit)
            }
        }
    }

    /// Asks the actor to stop; its `stopping` may refuse. One that wasn't made yet never will be.
    pub(super) fn ask_to_stop(&mut self) {
        match &mut self.stage {
            Stage::Unborn(..) => self.stage = Stage::Over,
            Stage::Born(fut) => fut.ctx().stop(),
            Stage::Over => {}
        }
    }

    /// The next life in the same mailbox: drops the actor's futures and calls `restarting`; the next
    /// poll calls `started`. The error is a panic of `restarting`, or that there is no actor.
    pub(super) fn restart(&mut self) -> Result<(), Exit>
    where
        A: Supervised,
    {
        let Stage::Born(fut) = &mut self.stage else {
            return Err(Exit::Failed("there is no actor to restart".to_owned()));
        };
        // The answer is true: `address` keeps the mailbox connected.
        let restarted = caught(|| fut.restart()).map(drop);
        if restarted.is_ok() {
            fut.ctx().spawn(self.beat.item());
        } else {
            fut.ctx().terminate();
        }
        restarted
    }

    /// Ends this life where it stands, without hooks; `restart` or `end` may follow, no poll.
    pub(super) fn break_off(&mut self) {
        if let Stage::Born(fut) = &mut self.stage {
            fut.ctx().terminate();
        }
        self.slot.take();
    }

    /// Whether there is an actor, alive or failed.
    pub(super) fn is_born(&self) -> bool {
        matches!(self.stage, Stage::Born(_))
    }

    /// Drops the actor, its futures and its mailbox, without hooks. The error is a panic in a `Drop`.
    pub(super) fn end(&mut self) -> Result<(), Exit> {
        let mut stage = mem::replace(&mut self.stage, Stage::Over);
        if let Stage::Born(fut) = &mut stage {
            fut.ctx().terminate();
        }
        caught(|| drop(stage))
    }

    fn be_born(&mut self) -> Result<(), Exit> {
        if !matches!(self.stage, Stage::Unborn(..)) {
            return Ok(());
        }
        if let Stage::Unborn(mut ctx, make) = mem::replace(&mut self.stage, Stage::Over) {
            let slot = self.slot.clone();
            let fut = caught(move || {
                let actor = make(&mut ctx, slot);
                ctx.into_future(actor)
            })?;
            self.stage = Stage::Born(fut);
        }
        Ok(())
    }
}

/// The closure's value, or its panic as an exit.
fn caught<T>(f: impl FnOnce() -> T) -> Result<T, Exit> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| Exit::Panicked(message_of(&*payload)))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a value that is no text".to_owned()
    }
}
