//! The points of actors at which tests put faults (`faults`). Without that feature nothing is left of it.

use actix::{Actor, Context};

use crate::faults::Point;
use crate::supervision::ExitSlot;

/// Asks whether a fault is armed here. A panic is one in the handler that asks; a delay and a hang
/// let that handler end, and the actor does nothing else meanwhile; an error is the actor's failure,
/// where it has a slot for that.
#[cfg(feature = "faults")]
pub(super) fn disturb<A>(point: Point, name: &str, ctx: &mut Context<A>, slot: Option<&ExitSlot>)
where
    A: Actor<Context = Context<A>>,
{
    use crate::faults::{Fault, kill, take_one};
    use actix::AsyncContext;
    use actix::fut::wrap_future;

    match take_one(point, name) {
        None => {}
        Some(Fault::Panic) => panic!("a fault at {point}"),
        Some(Fault::Kill) => kill(),
        Some(Fault::Error) => {
            if let Some(slot) = slot {
                slot.fail(ctx, format!("a fault at {point}"));
            }
        }
        Some(Fault::Delay(delay)) => {
            ctx.wait(wrap_future::<_, A>(tokio::time::sleep(delay)));
        }
        Some(Fault::Hang) => ctx.wait(wrap_future::<_, A>(std::future::pending())),
    }
}

/// Nothing.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(super) const fn disturb<A>(_: Point, _: &str, _: &mut Context<A>, _: Option<&ExitSlot>)
where
    A: Actor<Context = Context<A>>,
{
}
