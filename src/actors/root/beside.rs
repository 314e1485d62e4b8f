//! What stands beside the hosts and is no actor by itself: the HTTP server.

use std::rc::Rc;

use actix::fut::wrap_future;
use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Running};
use futures_util::future::LocalBoxFuture;

use crate::actors::disturb::disturb;
use crate::faults::Point;
use crate::supervision::ExitSlot;

/// Something that runs until it fails. It is started again as an actor is.
#[derive(Clone)]
pub struct Beside {
    /// What it is: `http`.
    pub kind: &'static str,
    /// Begins a life of it. The future ends with the reason why that life ended.
    pub run: Run,
    /// Asks the life that there is to end; none for what can be ended at any moment. The future is
    /// ready when nothing is under way any more.
    pub drain: Option<Drain>,
}

/// Begins a life.
pub type Run = Rc<dyn Fn() -> LocalBoxFuture<'static, String>>;

/// Ends a life.
pub type Drain = Rc<dyn Fn() -> LocalBoxFuture<'static, ()>>;

/// The actor that keeps it: its end is the actor's failure, and the actor's end is its end. Who
/// asks the actor to stop waits until it is drained.
pub(super) struct Keeper {
    run: Run,
    /// Gone once it is asked to end.
    drain: Option<Drain>,
    draining: bool,
    slot: ExitSlot,
}

impl Keeper {
    pub(super) fn new(run: Run, drain: Option<Drain>, slot: ExitSlot) -> Self {
        Self { run, drain, draining: false, slot }
    }
}

impl Actor for Keeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        disturb(Point::HttpServes, "", ctx, Some(&self.slot));
        let life = wrap_future::<_, Self>((self.run)());
        ctx.spawn(life.map(|why, act, ctx| {
            // One that was asked to end has not failed.
            if act.draining {
                ctx.stop();
            } else {
                act.slot.fail(ctx, why);
            }
        }));
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        let Some(drain) = self.drain.take() else { return Running::Stop };
        self.draining = true;
        ctx.spawn(wrap_future::<_, Self>(drain()).map(|(), _, ctx| ctx.stop()));
        Running::Continue
    }
}
