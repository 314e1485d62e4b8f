//! Something that answers as the arbiter would.

use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};

use super::instance;
use crate::actors::messages::{
    AddInstance, Adopt, ChangeInstance, EndMaintenance, ForgetInstance, PutHold, PutMaintenance,
    Refusal, ReleaseHold, Reload, ReloadRefusal, Reloaded, Reply, Retry, SetDesired,
};
use crate::clock::Clock;
use crate::config::Errors;
use crate::model::{Hold, HostId, InstanceId, Maintenance};
use crate::snapshot::{Board, Fleet, HostView, InstanceView};

/// How the arbiter answers.
#[derive(Clone)]
pub(crate) enum Says {
    /// It does what it is told, with what the board shows.
    Yes,
    /// It refuses.
    No(Refusal),
    /// It refuses a configuration, for this is wrong with it.
    Wrong(Errors),
    /// Never.
    Nothing,
    /// It panics.
    Panic,
}

pub(crate) struct FakeArbiter {
    pub(super) board: Board,
    pub(super) clock: Clock,
    pub(super) says: Says,
}

impl Actor for FakeArbiter {
    type Context = Context<Self>;
}

impl FakeArbiter {
    fn answer<T: 'static>(
        &self,
        yes: impl FnOnce(&Fleet) -> Reply<T> + 'static,
    ) -> ResponseFuture<Reply<T>> {
        let fleet = self.board.fleet();
        match &self.says {
            Says::Yes => Box::pin(std::future::ready(yes(&fleet))),
            Says::No(refusal) => Box::pin(std::future::ready(Err(refusal.clone()))),
            Says::Nothing | Says::Wrong(_) => Box::pin(std::future::pending()),
            Says::Panic => panic!("told to"),
        }
    }

    fn change(
        &self,
        id: InstanceId,
        change: impl FnOnce(&mut InstanceView) -> Reply<()> + 'static,
    ) -> ResponseFuture<Reply<Arc<InstanceView>>> {
        self.answer(move |fleet| {
            let view = fleet.instances.get(&id).ok_or(Refusal::NoSuchInstance(id))?;
            let mut view = InstanceView::clone(view);
            change(&mut view)?;
            Ok(Arc::new(view))
        })
    }
}

impl FakeArbiter {
    fn maintenance(
        &self,
        host: HostId,
        maintenance: Option<Maintenance>,
    ) -> ResponseFuture<Reply<Arc<HostView>>> {
        self.answer(move |fleet| {
            let view = fleet.hosts.get(&host).ok_or(Refusal::NoSuchHost(host))?;
            Ok(Arc::new(HostView { maintenance, ..HostView::clone(view) }))
        })
    }
}

impl Handler<SetDesired> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: SetDesired, _: &mut Context<Self>) -> Self::Result {
        self.change(m.id, move |view| {
            let current = view.desired.generation;
            if let Some(asked) = m.if_match.filter(|asked| *asked != current) {
                return Err(Refusal::Generation { asked, current });
            }
            if view.desired.state != m.state {
                view.desired.generation = current.next();
            }
            (view.desired.state, view.desired.by) = (m.state, m.by);
            Ok(())
        })
    }
}

impl Handler<AddInstance> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: AddInstance, _: &mut Context<Self>) -> Self::Result {
        self.answer(move |_| {
            let mut view = instance(7);
            (view.host, view.desired.state, view.desired.by) = (m.host, m.desired, m.by);
            view.name = m.which.to_string();
            view.priority = m.priority.unwrap_or(0);
            Ok(Arc::new(view))
        })
    }
}

impl Handler<ChangeInstance> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: ChangeInstance, _: &mut Context<Self>) -> Self::Result {
        self.change(m.id, move |view| {
            view.policy = m.policy.unwrap_or_else(|| view.policy.clone());
            view.priority = m.priority.unwrap_or(view.priority);
            view.host = m.host.unwrap_or_else(|| view.host.clone());
            Ok(())
        })
    }
}

impl Handler<ForgetInstance> for FakeArbiter {
    type Result = ResponseFuture<Reply<()>>;

    fn handle(&mut self, m: ForgetInstance, _: &mut Context<Self>) -> Self::Result {
        self.answer(move |fleet| {
            fleet.instances.get(&m.id).map(|_| ()).ok_or(Refusal::NoSuchInstance(m.id))
        })
    }
}

impl Handler<Adopt> for FakeArbiter {
    type Result = ResponseFuture<Reply<Vec<Arc<InstanceView>>>>;

    fn handle(&mut self, m: Adopt, _: &mut Context<Self>) -> Self::Result {
        self.answer(move |fleet| {
            let host = fleet.hosts.get(&m.host).ok_or(Refusal::NoSuchHost(m.host.clone()))?;
            let all = || host.unmanaged.iter().map(|d| d.id).collect();
            let view = |id| Arc::new(InstanceView { id, ..instance(8) });
            Ok(m.domains.unwrap_or_else(all).into_iter().map(view).collect())
        })
    }
}

impl Handler<Retry> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: Retry, _: &mut Context<Self>) -> Self::Result {
        self.change(m.id, |_| Ok(()))
    }
}

impl Handler<PutHold> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: PutHold, _: &mut Context<Self>) -> Self::Result {
        let since = self.clock.now();
        self.change(m.id, move |view| {
            let until = since + m.ttl;
            let hold = Hold { by: m.by.to_string(), reason: m.reason, since, until };
            view.holds.push(hold);
            view.holds.sort_by_key(|hold| hold.until);
            Ok(())
        })
    }
}

impl Handler<ReleaseHold> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: ReleaseHold, _: &mut Context<Self>) -> Self::Result {
        self.change(m.id, move |view| {
            let of = m.of.unwrap_or(m.by).to_string();
            match view.holds.iter().position(|hold| hold.by == of) {
                Some(place) => drop(view.holds.remove(place)),
                None if view.holds.is_empty() => {}
                None => {
                    let holders: Vec<_> = view.holds.iter().map(|hold| hold.by.clone()).collect();
                    return Err(Refusal::HeldByOthers { of, holders: holders.join(", ") });
                }
            }
            Ok(())
        })
    }
}

impl Handler<Reload> for FakeArbiter {
    type Result = Result<Reloaded, ReloadRefusal>;

    /// As the root would.
    fn handle(&mut self, m: Reload, _: &mut Context<Self>) -> Self::Result {
        match &self.says {
            Says::Wrong(errors) => Err(ReloadRefusal::Wrong(errors.clone())),
            Says::No(_) | Says::Nothing | Says::Panic => {
                Err(ReloadRefusal::NotNow("it is shutting down".to_owned()))
            }
            Says::Yes => Ok(Reloaded {
                hosts_added: vec![m.by.as_str().into()],
                needs_restart: vec!["http"],
                ..Reloaded::default()
            }),
        }
    }
}

impl Handler<PutMaintenance> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<HostView>>>;

    fn handle(&mut self, m: PutMaintenance, _: &mut Context<Self>) -> Self::Result {
        let (by, since) = (m.by.to_string(), self.clock.now());
        self.maintenance(m.host, Some(Maintenance { by, reason: m.reason, since }))
    }
}

impl Handler<EndMaintenance> for FakeArbiter {
    type Result = ResponseFuture<Reply<Arc<HostView>>>;

    fn handle(&mut self, m: EndMaintenance, _: &mut Context<Self>) -> Self::Result {
        self.maintenance(m.host, None)
    }
}
