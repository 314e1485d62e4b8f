//! The end that is asked for: no new action, those under way may end, and then everyone stops in the
//! reverse order of their start, within the shutdown grace.
//!
//! What stands beside the hosts goes on until then, so that whoever asks is answered; it is first
//! to stop, and has what is left of the grace for it: what it has taken in is still to be answered
//! by the others.

use std::time::Duration;

use actix::fut::wrap_future;
use actix::{ActorContext, ActorFutureExt, Addr, Context, Handler, Message, ResponseActFuture};
use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::{Name, Root};
use crate::actors::arbiter::Arbiter;
use crate::actors::traffic::Drain;
use crate::supervision::{Child, Exit};

/// How long one of them may take to stop; less where the grace ends before.
const POLITE: Duration = Duration::from_secs(1);

/// End the tree.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Stop;

/// Those that stop together.
type Stage = Vec<(Name, Child)>;

impl Handler<Stop> for Root {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Stop, _: &mut Context<Self>) -> Self::Result {
        self.stopping = true;
        let grace = self.assembler.shutdown_grace();
        let end = Instant::now() + grace;
        let drained = wrap_future::<_, Self>(drain(self.arbiter.clone(), grace, end));
        Box::pin(
            drained
                .then(move |(), act, _| wrap_future(stop(act.stages(), end)))
                .map(|(), _, ctx| ctx.stop()),
        )
    }
}

impl Root {
    /// Lets go of all children, the last ones first: what stands beside the hosts, then the hosts,
    /// then the arbiter, which they report to, and last the database's thread, which it writes by.
    fn stages(&mut self) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        while let Some((name, child)) = self.held.pop_last() {
            self.book.stop(&name);
            match stages.last_mut() {
                Some(stage) if stage.iter().all(|(other, _)| other.kind() == name.kind()) => {
                    stage.push((name, child));
                }
                Some(_) | None => stages.push(vec![(name, child)]),
            }
        }
        stages
    }
}

async fn drain(arbiter: Option<Addr<Arbiter>>, grace: Duration, end: Instant) {
    let Some(arbiter) = arbiter else { return };
    if timeout_at(end, arbiter.send(Drain)).await.is_err() {
        let grace = grace.as_secs_f64();
        tracing::warn!(
            "actions were still under way after {grace} s: the next start looks what became of them"
        );
    }
}

async fn stop(stages: Vec<Stage>, end: Instant) {
    for stage in stages {
        let left = end.saturating_duration_since(Instant::now());
        let stops = stage.into_iter().map(|(name, child)| async move {
            let within = match name {
                Name::Beside(_) => left,
                Name::Store | Name::Arbiter | Name::Notifier | Name::Host(_) => POLITE.min(left),
            };
            if child.stop(within).await == Exit::Killed {
                tracing::warn!("{name} did not stop in {within:?}: it was ended");
            }
        });
        join_all(stops).await;
    }
}
