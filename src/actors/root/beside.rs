//! What stands beside the hosts and is no actor by itself: the HTTP server.

use std::rc::Rc;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, AsyncContext, Context};
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
}

/// Begins a life.
pub type Run = Rc<dyn Fn() -> LocalBoxFuture<'static, String>>;

/// The actor that keeps it: its end is the actor's failure, and the actor's end is its end.
pub(super) struct Keeper {
    run: Run,
    slot: ExitSlot,
}

impl Keeper {
    pub(super) fn new(run: Run, slot: ExitSlot) -> Self {
        Self { run, slot }
    }
}

impl Actor for Keeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        disturb(Point::HttpServes, "", ctx, Some(&self.slot));
        let life = wrap_future::<_, Self>((self.run)());
        ctx.spawn(life.map(|why, act, ctx| act.slot.fail(ctx, why)));
    }
}
