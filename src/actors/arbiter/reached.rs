//! For tests: the arbiter knows where everybody is.

use actix::{Actor, Addr, Context, Handler, Message};

use super::Arbiter;
use crate::actors::host::Host;
use crate::actors::instance::Instance;
use crate::model::{HostId, InstanceId};

/// The address of a host's actor.
#[derive(Message)]
#[rtype(result = "Option<Addr<Host>>")]
pub(in crate::actors) struct WhereIsHost(pub(in crate::actors) HostId);

/// The address of an instance's actor.
#[derive(Message)]
#[rtype(result = "Option<Addr<Instance>>")]
pub(in crate::actors) struct WhereIs(pub(in crate::actors) InstanceId);

impl Handler<WhereIsHost> for Arbiter {
    type Result = Option<Addr<Host>>;

    fn handle(&mut self, WhereIsHost(id): WhereIsHost, _: &mut Context<Self>) -> Self::Result {
        self.hosts.get(&id).cloned()
    }
}

impl Handler<WhereIs> for Arbiter {
    type Result = Option<Addr<Instance>>;

    fn handle(&mut self, WhereIs(id): WhereIs, _: &mut Context<Self>) -> Self::Result {
        self.instances.get(&id).cloned()
    }
}

/// Makes an actor wait for something that never comes.
#[derive(Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Hang;

/// Makes an actor panic.
#[derive(Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct Boom;

pub(in crate::actors) fn hang<A: Actor<Context = Context<A>>>(ctx: &mut Context<A>) {
    actix::AsyncContext::wait(ctx, actix::fut::wrap_future::<_, A>(std::future::pending()));
}

macro_rules! suffers {
    ($($actor:ty),*) => {$(
        impl Handler<Hang> for $actor {
            type Result = ();

            fn handle(&mut self, _: Hang, ctx: &mut Context<Self>) {
                hang(ctx);
            }
        }

        impl Handler<Boom> for $actor {
            type Result = ();

            fn handle(&mut self, _: Boom, _: &mut Context<Self>) {
                panic!("as the test wants it");
            }
        }
    )*};
}

suffers!(Arbiter, Host, Instance);
