//! What the outside asks of the arbiter: each is answered once it is committed.

use std::sync::Arc;

use actix::{AsyncContext, Context, Handler, Message, ResponseFuture};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::Arbiter;
use super::book::{Book, Gate};
use super::turn::Line;
use crate::actors::disturb::disturb;
use crate::actors::messages::{
    AddInstance, Adopt, ChangeInstance, EndMaintenance, ForgetInstance, PutHold, PutMaintenance,
    Refusal, ReleaseHold, Reply, Retry, SetDesired,
};
use crate::actors::traffic::{Drain, HostListed, ListNow};
use crate::faults::{Bug, Point, bug};
use crate::model::{EventKind, HostId, InstanceId};
use crate::snapshot::{Board, HostView, InstanceView};

impl Arbiter {
    /// Changes the book as asked, and answers once that is committed.
    fn asked<T: 'static>(
        &mut self,
        ctx: &mut Context<Self>,
        change: impl FnOnce(&mut Book, jiff::Timestamp) -> Reply<T>,
    ) -> ResponseFuture<Reply<T>> {
        if self.draining && self.book.is_some() {
            self.taken += 1;
            let why = "it is shutting down".to_owned();
            return std::future::ready(Err(Refusal::NotNow(why))).boxed_local();
        }
        self.asked_at_any_time(ctx, change)
    }

    /// The same while the service ends, too.
    pub(super) fn asked_at_any_time<T: 'static>(
        &mut self,
        ctx: &mut Context<Self>,
        change: impl FnOnce(&mut Book, jiff::Timestamp) -> Reply<T>,
    ) -> ResponseFuture<Reply<T>> {
        let now = self.settings.clock.now();
        self.taken += 1;
        let Some(book) = &mut self.book else {
            let why = self.trouble.clone().unwrap_or_else(|| "it is starting".to_owned());
            return std::future::ready(Err(Refusal::NotNow(why))).boxed_local();
        };
        let changed = change(book, now);
        self.withhold();
        match changed {
            Err(refusal) => std::future::ready(Err(refusal)).boxed_local(),
            Ok(value) => {
                let (reply, committed) = oneshot::channel();
                if bug(Bug::AcknowledgedFirst) {
                    let _ = reply.send(Ok(()));
                } else {
                    self.replies.push(reply);
                }
                disturb(Point::ArbiterAsked, "", ctx, None);
                self.end_turn_soon(ctx);
                async move {
                    match committed.await {
                        Ok(Ok(())) => Ok(value),
                        Ok(Err(refusal)) => Err(refusal),
                        Err(_) => Err(Refusal::NotNow("the arbiter was restarted".to_owned())),
                    }
                }
                .boxed_local()
            }
        }
    }

    /// Lists a host afresh, and then goes on with what was asked.
    fn listed_first<M, T>(
        &self,
        ctx: &Context<Self>,
        host: &HostId,
        then: M,
    ) -> ResponseFuture<Reply<T>>
    where
        AfterListing<M>: Message<Result = Reply<T>> + Send,
        Self: Handler<AfterListing<M>, Result = ResponseFuture<Reply<T>>>,
        M: Send + 'static,
        T: Send + 'static,
    {
        let this = ctx.address();
        let host_id = host.clone();
        let Some(addr) = self.hosts.get(host).cloned() else {
            return std::future::ready(Err(Refusal::NoSuchHost(host_id))).boxed_local();
        };
        async move {
            let unavailable = |why: String| Refusal::HostUnavailable { host: host_id, why };
            match addr.send(ListNow).await {
                Ok(Ok(listing)) => {
                    let gone = |_| Refusal::NotNow("the arbiter was restarted".to_owned());
                    this.send(AfterListing { listing, then }).await.map_err(gone)?
                }
                Ok(Err(why)) => Err(unavailable(why)),
                Err(_) => Err(unavailable("its actor is being restarted".to_owned())),
            }
        }
        .boxed_local()
    }
}

/// The host was listed for this.
struct AfterListing<M> {
    listing: HostListed,
    then: M,
}

impl Message for AfterListing<AddInstance> {
    type Result = Reply<InstanceId>;
}

impl Message for AfterListing<ChangeInstance> {
    type Result = Reply<InstanceId>;
}

impl Message for AfterListing<Adopt> {
    type Result = Reply<Vec<InstanceId>>;
}

impl Handler<AfterListing<AddInstance>> for Arbiter {
    type Result = ResponseFuture<Reply<InstanceId>>;

    fn handle(&mut self, m: AfterListing<AddInstance>, ctx: &mut Context<Self>) -> Self::Result {
        self.asked(ctx, |book, now| {
            book.listed_host(m.listing, now);
            book.add(&m.then, now)
        })
    }
}

impl Handler<AfterListing<ChangeInstance>> for Arbiter {
    type Result = ResponseFuture<Reply<InstanceId>>;

    fn handle(&mut self, m: AfterListing<ChangeInstance>, ctx: &mut Context<Self>) -> Self::Result {
        self.asked(ctx, |book, now| {
            book.listed_host(m.listing, now);
            book.change(&m.then, now)
        })
    }
}

impl Handler<AfterListing<Adopt>> for Arbiter {
    type Result = ResponseFuture<Reply<Vec<InstanceId>>>;

    fn handle(&mut self, m: AfterListing<Adopt>, ctx: &mut Context<Self>) -> Self::Result {
        self.asked(ctx, |book, now| {
            book.listed_host(m.listing, now);
            book.adopt(&m.then, now)
        })
    }
}

/// The picture of an instance that was changed: it was published when the change was committed.
fn view(board: &Board, id: InstanceId) -> Reply<Arc<InstanceView>> {
    board.fleet().instances.get(&id).cloned().ok_or(Refusal::NoSuchInstance(id))
}

/// The same of a host.
fn host_view(board: &Board, id: &HostId) -> Reply<Arc<HostView>> {
    board.fleet().hosts.get(id).cloned().ok_or_else(|| Refusal::NoSuchHost(id.clone()))
}

impl Handler<SetDesired> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: SetDesired, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.order(&m, now));
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<Retry> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: Retry, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.retry(&m, now));
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<PutHold> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: PutHold, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.put_hold(&m, now));
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<ReleaseHold> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: ReleaseHold, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.release(&m, now));
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<PutMaintenance> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<HostView>>>;

    fn handle(&mut self, m: PutMaintenance, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.put_maintenance(&m, now));
        async move { host_view(&board, &done.await?) }.boxed_local()
    }
}

impl Handler<EndMaintenance> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<HostView>>>;

    fn handle(&mut self, m: EndMaintenance, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = self.asked(ctx, |book, now| book.end_maintenance(&m, now));
        async move { host_view(&board, &done.await?) }.boxed_local()
    }
}

impl Handler<ForgetInstance> for Arbiter {
    type Result = ResponseFuture<Reply<()>>;

    fn handle(&mut self, m: ForgetInstance, ctx: &mut Context<Self>) -> Self::Result {
        self.asked(ctx, |book, now| book.forget(&m, now))
    }
}

impl Handler<AddInstance> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: AddInstance, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let host = m.host.clone();
        let done = self.listed_first(ctx, &host, m);
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<ChangeInstance> for Arbiter {
    type Result = ResponseFuture<Reply<Arc<InstanceView>>>;

    fn handle(&mut self, m: ChangeInstance, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let done = match m.host.clone() {
            Some(host) => self.listed_first(ctx, &host, m),
            None => self.asked(ctx, |book, now| book.change(&m, now)),
        };
        async move { view(&board, done.await?) }.boxed_local()
    }
}

impl Handler<Adopt> for Arbiter {
    type Result = ResponseFuture<Reply<Vec<Arc<InstanceView>>>>;

    fn handle(&mut self, m: Adopt, ctx: &mut Context<Self>) -> Self::Result {
        let board = self.settings.board.clone();
        let host = m.host.clone();
        let done = self.listed_first(ctx, &host, m);
        async move { done.await?.into_iter().map(|id| view(&board, id)).collect() }.boxed_local()
    }
}

impl Handler<Drain> for Arbiter {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Context<Self>) -> Self::Result {
        self.draining = true;
        let (done, drained) = oneshot::channel();
        self.drained.push(done);
        self.told(ctx, |book, now| {
            book.gate = Gate::Draining;
            book.keep_seen(now);
            book.note(now, Line::new(EventKind::Service, "stopping: no new action"));
        });
        self.end_turn_soon(ctx);
        async move {
            // Answered, or the arbiter is gone: nothing is under way in either case.
            let _ = drained.await;
        }
        .boxed_local()
    }
}
