//! What a host's actor is told.

use actix::fut::wrap_future;
use actix::{ActorFutureExt, Context, Handler, Message, ResponseActFuture};
use jiff::Timestamp;

use super::Host;
use crate::actors::disturb::disturb;
use crate::actors::traffic::{
    Assign, HadActive, Hello, HostDoubted, HostListed, HostLost, HostStarted, ListAnew, ListNow,
    Relist, Unassign,
};
use crate::faults::Point;
use crate::hypervisor::CallError;
use crate::hypervisor::link::LinkState;
use crate::hypervisor::reader::{Notice, ReadKind};
use crate::model::InstanceId;
use crate::supervision::ChildExit;

/// The reader has read, or could not.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Noticed(pub(super) Notice);

/// A call of an instance's speaks against the host.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Trouble(pub(super) CallError);

impl Host {
    pub(super) fn disturb(&self, point: Point, ctx: &mut Context<Self>) {
        disturb(point, self.settings.config.id.as_str(), ctx, Some(&self.slot));
    }
}

impl Handler<Noticed> for Host {
    type Result = ();

    fn handle(&mut self, Noticed(notice): Noticed, ctx: &mut Context<Self>) {
        self.disturb(Point::HostNoticed, ctx);
        let (metrics, host) = (&self.settings.metrics, self.settings.config.id.as_str());
        match notice {
            Notice::Read(done) => {
                let kind = match done.kind {
                    ReadKind::All => "all",
                    ReadKind::Some => "some",
                };
                metrics.host_reads.with_label_values(&[host, kind]).inc();
                let seconds = done.duration.as_secs_f64();
                metrics.host_read.with_label_values(&[host]).observe(seconds);
                self.settings.last_seen.set(self.settings.clock.now());
            }
            Notice::Doubted(doubted) => {
                let why = format!(
                    "{} of {} active instances are gone in one look",
                    doubted.gone.len(),
                    doubted.active_before
                );
                let host = self.settings.config.id.clone();
                self.settings.arbiter.do_send(HostDoubted { host, doubted });
                self.doubt(why, ctx);
            }
            Notice::Failed(error) => self.trouble_if_so(&error, ctx),
            Notice::Unmanaged(_) => self.relist_soon(ctx),
            Notice::Broken(why) => self.slot.fail(ctx, format!("its reader failed: {why}")),
        }
    }
}

impl Handler<Trouble> for Host {
    type Result = ();

    fn handle(&mut self, Trouble(error): Trouble, ctx: &mut Context<Self>) {
        self.trouble(&error, ctx);
    }
}

impl Handler<Assign> for Host {
    type Result = ();

    fn handle(&mut self, assign: Assign, ctx: &mut Context<Self>) {
        self.disturb(Point::HostAssigned, ctx);
        let assignments = match assign {
            Assign::More(assignments) => assignments,
            Assign::All(assignments) => {
                self.keep_only(&assignments);
                assignments
            }
        };
        let started = assignments.into_iter().filter_map(|one| self.assign(one, ctx)).collect();
        self.say_started(started);
    }
}

impl Handler<Unassign> for Host {
    type Result = ();

    fn handle(&mut self, Unassign(id): Unassign, _: &mut Context<Self>) {
        self.unassign(id);
    }
}

impl Handler<ListAnew> for Host {
    type Result = ();

    fn handle(&mut self, ListAnew(after): ListAnew, ctx: &mut Context<Self>) {
        if self.connected_at <= after {
            self.doubt("much is gone in one listing".to_owned(), ctx);
        }
    }
}

impl Handler<Relist> for Host {
    type Result = ();

    fn handle(&mut self, _: Relist, ctx: &mut Context<Self>) {
        self.relist_soon(ctx);
    }
}

impl Handler<ListNow> for Host {
    /// This actor's own: one that is nobody's would ask on after the actor's end.
    type Result = ResponseActFuture<Self, Result<HostListed, String>>;

    fn handle(&mut self, _: ListNow, _: &mut Context<Self>) -> Self::Result {
        let list = wrap_future::<_, Self>(self.list());
        let told = |error: Option<CallError>| match error {
            Some(error) => error.to_string(),
            None => "it is not connected".to_owned(),
        };
        Box::pin(list.map(move |listed, _, _| listed.map_err(told)))
    }
}

impl Handler<Hello> for Host {
    type Result = ();

    fn handle(&mut self, _: Hello, ctx: &mut Context<Self>) {
        self.told_nothing(ctx);
        let host = self.settings.config.id.clone();
        let addr = actix::AsyncContext::address(ctx);
        self.settings.arbiter.do_send(HostStarted { host: host.clone(), addr });
        let (at, domains) = self.had_active.clone();
        // One that this life has not listed says nothing of what it had. What was heard of it while
        // there was no database is the arbiter's only word if it does not answer any more.
        if at > Timestamp::MIN {
            self.settings.arbiter.do_send(HadActive { host: host.clone(), domains, at });
        }
        match self.link.state() {
            LinkState::Up { .. } | LinkState::Suspect => self.relist(ctx),
            LinkState::Unreachable => {
                let why = "it was unreachable before already".to_owned();
                self.settings.arbiter.do_send(HostLost { host, why });
            }
            LinkState::Connecting { .. } => {}
        }
    }
}

impl Handler<ChildExit<InstanceId>> for Host {
    type Result = ();

    fn handle(&mut self, exit: ChildExit<InstanceId>, ctx: &mut Context<Self>) {
        self.disturb(Point::HostChildExit, ctx);
        self.child_exited(&exit, ctx);
    }
}
