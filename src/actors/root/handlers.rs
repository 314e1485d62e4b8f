//! What the root is told.

use actix::{Addr, AsyncContext, Context, Handler, Message};
use tokio::time::Instant;

use super::{Name, Root};
use crate::actors::arbiter::Arbiter;
use crate::actors::disturb::disturb;
use crate::actors::traffic::{ActorFailed, HostLost};
use crate::faults::Point;
use crate::supervision::{ChildExit, ChildRestart, Decision, RestartStep};

/// Where is the arbiter?
#[derive(Debug, Message)]
#[rtype(result = "Option<Addr<Arbiter>>")]
pub(super) struct ArbiterOf;

impl Handler<ArbiterOf> for Root {
    type Result = Option<Addr<Arbiter>>;

    fn handle(&mut self, _: ArbiterOf, _: &mut Context<Self>) -> Self::Result {
        self.arbiter.clone()
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
        let text = format!("{what}; started again in {:.1} s", after.as_secs_f64());
        tracing::error!("{text}");
        // Without the database's thread nobody can write it down: that waits for the next one.
        let (now, later) = match name {
            Name::Store => (None, Some(text)),
            Name::Arbiter | Name::Notifier | Name::Host(_) | Name::Beside(_) => (Some(text), None),
        };
        self.tell_failed(&name, now);
        self.held.remove(&name);
        // Whoever was below it has ended with it.
        self.assembler.parts.board.hide_node(&Self::node(&name));
        self.show(&name);
        ctx.run_later(after, move |act, ctx| {
            let incarnation = act.book.restart(&name, ended, Instant::now());
            act.assembler.parts.metrics.actor_restarts.with_label_values(&[name.kind()]).inc();
            act.launch(name.clone(), incarnation, ctx);
            act.tell_failed(&name, later);
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
                tracing::error!("{text}");
                self.tell_failed(&restart.child, Some(text));
            }
            RestartStep::Resumed => {
                let kind = restart.child.kind();
                self.assembler.parts.metrics.actor_restarts.with_label_values(&[kind]).inc();
            }
        }
        self.show(&restart.child);
    }
}

#[cfg(test)]
impl Handler<crate::actors::arbiter::reached::Hang> for Root {
    type Result = ();

    fn handle(&mut self, _: crate::actors::arbiter::reached::Hang, ctx: &mut Context<Self>) {
        crate::actors::arbiter::reached::hang(ctx);
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

    /// The arbiter writes it down.
    fn tell_failed(&self, name: &Name, text: Option<String>) {
        let Some(text) = text else { return };
        let host = match name {
            Name::Host(id) => Some(id.clone()),
            Name::Store | Name::Arbiter | Name::Notifier | Name::Beside(_) => None,
        };
        if let Some(arbiter) = &self.arbiter {
            arbiter.do_send(ActorFailed { host, instance: None, text });
        }
    }
}
