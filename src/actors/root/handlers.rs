//! What the root is told.

use actix::fut::wrap_future;
use actix::{
    ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, ResponseActFuture,
};
use tokio::time::{Instant, timeout};

use super::{Name, Root};
use crate::actors::arbiter::Arbiter;
use crate::actors::disturb::disturb;
use crate::actors::traffic::{ActorFailed, Drain, HostLost};
use crate::faults::Point;
use crate::supervision::{ChildExit, ChildRestart, Decision, RestartStep};

/// Where is the arbiter?
#[derive(Debug, Message)]
#[rtype(result = "Option<Addr<Arbiter>>")]
pub(super) struct ArbiterOf;

/// End the tree: no new action, and those under way may end.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Stop;

impl Handler<ArbiterOf> for Root {
    type Result = Option<Addr<Arbiter>>;

    fn handle(&mut self, _: ArbiterOf, _: &mut Context<Self>) -> Self::Result {
        self.arbiter.clone()
    }
}

impl Handler<Stop> for Root {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Stop, _: &mut Context<Self>) -> Self::Result {
        self.stopping = true;
        let (arbiter, grace) = (self.arbiter.clone(), self.assembler.shutdown_grace());
        let drain = async move {
            let Some(arbiter) = arbiter else { return };
            if timeout(grace, arbiter.send(Drain)).await.is_err() {
                let grace = grace.as_secs_f64();
                tracing::warn!(
                    "actions were still under way after {grace} s: the next start looks what became of them"
                );
            }
        };
        Box::pin(wrap_future::<_, Self>(drain).map(|(), act, ctx| {
            // In the reverse order of their start: the arbiter goes last.
            while let Some((name, child)) = act.held.pop_last() {
                act.book.stop(&name);
                child.kill();
            }
            ctx.stop();
        }))
    }
}

impl Handler<ChildExit<Name>> for Root {
    type Result = ();

    fn handle(&mut self, exit: ChildExit<Name>, ctx: &mut Context<Self>) {
        disturb(Point::RootChildExit, &exit.child.to_string(), ctx, Some(&self.slot));
        let decision = self.book.exited(&exit, Instant::now());
        let (name, ended) = (exit.child, exit.incarnation);
        let after = match decision {
            Decision::Ignore | Decision::Rest => return,
            Decision::Restart { after } => after,
            Decision::Quarantine { retry_after } => {
                self.quarantined(&name, &exit.exit);
                retry_after
            }
            Decision::Escalate(why) => {
                tracing::error!("supervision gives up: {name}: {why}");
                self.slot.fail(ctx, format!("{name}: {why}"));
                return;
            }
        };
        let what = format!("the actor of {name} {}", exit.exit);
        self.failed(&name, format!("{what}; started again in {:.1} s", after.as_secs_f64()));
        self.held.remove(&name);
        self.show(&name);
        ctx.run_later(after, move |act, ctx| {
            let incarnation = act.book.restart(&name, ended, Instant::now());
            act.assembler.parts.metrics.actor_restarts.with_label_values(&[name.kind()]).inc();
            act.launch(name, incarnation, ctx);
        });
    }
}

impl Handler<ChildRestart<Name>> for Root {
    type Result = ();

    fn handle(&mut self, restart: ChildRestart<Name>, _: &mut Context<Self>) {
        self.book.restarted(&restart);
        match &restart.step {
            RestartStep::Waiting { exit, after } => {
                let after = after.as_secs_f64();
                let text =
                    format!("the {} {exit}; restarted in its place in {after:.1} s", restart.child);
                self.failed(&restart.child, text);
            }
            RestartStep::Resumed => {
                let kind = restart.child.kind();
                self.assembler.parts.metrics.actor_restarts.with_label_values(&[kind]).inc();
            }
        }
        self.show(&restart.child);
    }
}

impl Root {
    /// A host whose actor rests cannot be asked: nobody else is disturbed by that.
    fn quarantined(&self, name: &Name, exit: &crate::supervision::Exit) {
        if let (Name::Host(host), Some(arbiter)) = (name, &self.arbiter) {
            let why = format!("its actor fails too often and rests for a while; it {exit}");
            arbiter.do_send(HostLost { host: host.clone(), why });
        }
    }

    fn failed(&self, name: &Name, text: String) {
        tracing::error!("{text}");
        let host = match name {
            Name::Host(id) => Some(id.clone()),
            Name::Arbiter | Name::Beside(_) => None,
        };
        if let Some(arbiter) = &self.arbiter {
            arbiter.do_send(ActorFailed { host, instance: None, text });
        }
    }
}
