//! The link in action: opening it, listing the host over it, and hearing what it says.

use std::rc::Rc;
use std::time::Duration;

use actix::fut::{ActorStreamExt, wrap_future, wrap_stream};
use actix::{ActorFutureExt, AsyncContext, Context};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::{Events, Host};
use crate::actors::traffic::{HostListed, HostLost};
use crate::faults::Point;
use crate::hypervisor::link::{Input, LinkState};
use crate::hypervisor::{CallError, Lifecycle, Listed, Session, Signal};

/// Changes of what a host has come in crowds: one listing serves those of this long.
const RELIST_AFTER: Duration = Duration::from_millis(50);

/// A listing that failed is tried again after this.
const RELIST_AGAIN: Duration = Duration::from_secs(2);

/// A session over which the host was listed.
struct Opened {
    session: Rc<dyn Session>,
    signals: UnboundedReceiver<Signal>,
    listed: HostListed,
}

impl Host {
    /// Opens a new session, and lists the host over it before anything else.
    pub(super) fn advance(&mut self, ctx: &mut Context<Self>) {
        let (to_host, signals) = unbounded_channel();
        let connect = self.settings.hypervisor.connect(to_host);
        let (host, clock) = (self.settings.config.id.clone(), self.settings.clock.clone());
        let connected_at = clock.now();
        let open = async move {
            let session = connect.await?;
            let at = clock.now();
            let domains = session.list().await?;
            Ok(Opened { session, signals, listed: HostListed { host, domains, at, connected_at } })
        };
        ctx.spawn(wrap_future::<_, Self>(open).map(|result, act, ctx| match result {
            Ok(opened) => act.opened(opened, ctx),
            Err(error) => act.not_opened(&error, ctx),
        }));
    }

    fn opened(&mut self, opened: Opened, ctx: &mut Context<Self>) {
        self.disturb(Point::HostOpened, ctx);
        let _ = self.link.on(Input::Connected, Instant::now(), self.draw());
        self.epoch += 1;
        self.connected_at = opened.listed.connected_at;
        self.relisting = false;
        let epoch = self.epoch;
        let mut signals = opened.signals;
        let signals = wrap_stream::<_, Self>(poll_fn(move |cx| signals.poll_recv(cx)));
        ctx.spawn(
            signals
                .map(move |signal, act, ctx| {
                    if act.epoch == epoch {
                        act.signal(&signal, ctx);
                    }
                })
                .finish(),
        );
        self.settings.last_seen.set(opened.listed.at);
        if let Some(shared) = &self.shared {
            shared.door.open(opened.session);
        }
        self.say_listed(opened.listed);
        self.family.look_all();
        self.define_all_soon(ctx);
    }

    fn not_opened(&mut self, error: &CallError, ctx: &mut Context<Self>) {
        tracing::debug!(host = %self.settings.config.id, "{error}");
        self.step(Input::ConnectFailed, error.to_string(), ctx);
    }

    /// A call speaks against the host. One that was made over an earlier session says nothing new.
    pub(super) fn trouble(&mut self, error: &CallError, ctx: &mut Context<Self>) {
        if matches!(self.link.state(), LinkState::Up { .. }) {
            tracing::info!(host = %self.settings.config.id, "{error}; a new connection is tried");
            self.step(Input::CallFailed, error.to_string(), ctx);
        }
    }

    /// What was seen over the session in force is not believed: a new one is opened, unless that is
    /// under way.
    pub(super) fn doubt(&mut self, why: String, ctx: &mut Context<Self>) {
        if matches!(self.link.state(), LinkState::Up { .. }) {
            tracing::warn!(host = %self.settings.config.id, "{why}; looking again over a new connection");
            self.step(Input::Doubted, why, ctx);
        }
    }

    fn step(&mut self, input: Input, why: String, ctx: &mut Context<Self>) {
        let step = self.link.on(input, Instant::now(), self.draw());
        if step.lost {
            if let Some(shared) = &self.shared {
                shared.door.shut();
            }
            self.epoch += 1;
            let host = self.settings.config.id.clone();
            self.settings.arbiter.do_send(HostLost { host, why });
        } else if matches!(self.link.state(), LinkState::Unreachable) {
            let host = self.settings.config.id.clone();
            self.settings.arbiter.do_send(HostLost { host, why });
        }
        if let Some(delay) = step.connect_after {
            ctx.run_later(delay, Self::advance);
        }
    }

    fn signal(&mut self, signal: &Signal, ctx: &mut Context<Self>) {
        match signal {
            Signal::Closed => {
                tracing::info!(host = %self.settings.config.id,
                    "the connection was closed; a new one is tried");
                self.step(Input::CallFailed, "the connection was closed".to_owned(), ctx);
            }
            Signal::Deaf { why } => {
                self.slot.fail(ctx, format!("libvirt's event loop ended: {why}"));
            }
            Signal::Lifecycle { id, event } => {
                let host = self.settings.config.id.as_str();
                self.settings.metrics.host_events.with_label_values(&[host]).inc();
                let known = match self.settings.events {
                    Events::LookNow => self.family.heard(*id, *event),
                    Events::Ignore => true,
                };
                if !known || changes_the_list(*event) {
                    self.relist_soon(ctx);
                }
                if changes_the_list(*event) {
                    self.define_heard(*id, ctx);
                }
            }
        }
    }

    /// Lists the host again, for what it has may have changed.
    pub(super) fn relist_soon(&mut self, ctx: &mut Context<Self>) {
        self.relist_after(RELIST_AFTER, ctx);
    }

    fn relist_after(&mut self, pause: Duration, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.relisting, true) {
            return;
        }
        ctx.run_later(pause, |act, ctx| {
            act.relisting = false;
            act.relist(ctx);
        });
    }

    /// Lists the host over the session that is in force, and tells the arbiter.
    pub(super) fn relist(&mut self, ctx: &mut Context<Self>) {
        let list = self.list();
        ctx.spawn(wrap_future::<_, Self>(list).map(|result, act, ctx| match result {
            Ok(listed) => act.say_listed(listed),
            Err(Some(error)) => {
                act.trouble_if_so(&error, ctx);
                // Who asked for it waits for it: an arbiter that begins anew does nothing before (N10).
                act.relist_after(RELIST_AGAIN, ctx);
            }
            // It will be listed when there is a session again.
            Err(None) => {}
        }));
    }

    /// The arbiter is told what was listed, and the reader compares what it reads with that.
    fn say_listed(&mut self, listed: HostListed) {
        let active = listed.domains.iter().filter(|d| d.condition.is_active());
        self.had_active = (listed.at, active.map(|d| (d.id, d.condition)).collect());
        if let Some(shared) = &self.shared {
            let domains = listed.domains.iter().map(|d| (d.id, d.condition.is_active()));
            shared.door.reader().listed(domains.collect());
        }
        self.settings.arbiter.do_send(listed);
    }

    /// A full listing; no error where there is no session.
    pub(super) fn list(
        &self,
    ) -> impl Future<Output = Result<HostListed, Option<CallError>>> + use<> {
        let session = self.shared.as_ref().and_then(|shared| shared.door.session());
        let (host, at) = (self.settings.config.id.clone(), self.settings.clock.now());
        let connected_at = self.connected_at;
        async move {
            let domains: Vec<Listed> = session.ok_or(None)?.list().await.map_err(Some)?;
            Ok(HostListed { host, domains, at, connected_at })
        }
    }

    pub(super) fn trouble_if_so(&mut self, error: &CallError, ctx: &mut Context<Self>) {
        if error.is_against_host() {
            self.trouble(error, ctx);
        } else {
            tracing::warn!(host = %self.settings.config.id, "{error}");
        }
    }

    /// Varies a delay: another for each host and each session, and the same in each run.
    fn draw(&self) -> f64 {
        let name = self.settings.config.id.as_str();
        let seed = name
            .bytes()
            .fold(self.epoch, |h, b| h.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(b)));
        fastrand::Rng::with_seed(seed).f64().mul_add(2.0, -1.0)
    }
}

/// Whether an event says that a domain has come or gone.
const fn changes_the_list(event: Lifecycle) -> bool {
    match event {
        Lifecycle::Defined | Lifecycle::Undefined => true,
        Lifecycle::Started
        | Lifecycle::Suspended
        | Lifecycle::Resumed
        | Lifecycle::Shutdown(_)
        | Lifecycle::Stopped(_)
        | Lifecycle::PmSuspended
        | Lifecycle::Crashed
        | Lifecycle::Other => false,
    }
}
