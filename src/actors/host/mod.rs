//! A host's actor: it keeps the link to one hypervisor, and an actor for each of its instances.
//!
//! The link is two connections, opened anew whenever a call speaks against them; after each opening
//! the host is listed in full before anything else. What the instances ask is put together by the
//! reader behind the [`Door`]. An instance's actor that fails is started again, after a delay; one
//! that fails too often is quarantined, and its siblings notice nothing. Beside all that the
//! definitions of the instances are read now and then.
//!
//! Not in here: what a state means, and what is done about it.

mod definitions;
mod door;
mod family;
mod handlers;
mod link;

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context};
use jiff::Timestamp;

pub use door::Door;

use self::definitions::Definitions;
use self::family::Family;
use self::handlers::Noticed;
use super::arbiter::Arbiter;
use super::disturb::disturb;
use super::instance::{Cadence, LookCounters, Shared};
use super::traffic::{Assignment, HostStarted};
use crate::clock::Clock;
use crate::config;
use crate::faults::Point;
use crate::hypervisor::Hypervisor;
use crate::hypervisor::link::Link;
use crate::hypervisor::reader::{Reader, ReaderSettings};
use crate::model::{Condition, InstanceId, MassChange};
use crate::snapshot::{Board, Moment, NodeId};
use crate::supervision::{ExitSlot, Incarnation, Limit};
use crate::telemetry::Metrics;

/// How often a host is listed that nobody looks at, for domains that have come to it unheard.
const IDLE_RELIST: Duration = Duration::from_secs(60);

/// What a host's events are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events {
    /// An instance looks at once when there is one about its domain.
    LookNow,
    /// They are counted; what happened is found at the next look.
    Ignore,
}

/// What a host's actor is made with.
#[derive(Clone)]
pub struct HostSettings {
    /// What the configuration says of it.
    pub config: config::Host,
    /// How to reach it.
    pub hypervisor: Rc<dyn Hypervisor>,
    /// When to look.
    pub cadence: Cadence,
    /// Whether the host's events are a reason to look.
    pub events: Events,
    /// Wall time.
    pub clock: Clock,
    /// The one who decides.
    pub arbiter: Addr<Arbiter>,
    /// Where to show the actors.
    pub board: Board,
    /// What to count.
    pub metrics: Metrics,
    /// When it last answered.
    pub last_seen: Arc<Moment>,
    /// In which an instance's actor finishes a turn, or is ended.
    pub heartbeat: Duration,
    /// How often an instance's actor may fail.
    pub instance_limit: Limit,
    /// How many instances that are gone at once are too many to be believed at first.
    pub mass_change: MassChange,
    /// The pace at which a quarantined one is tried again.
    pub quarantine: Duration,
    /// The highest incarnation of an instance's actor so far: it outlives this one's.
    pub lives: Rc<Cell<Incarnation>>,
}

/// The actor. See the module.
pub struct Host {
    settings: HostSettings,
    slot: ExitSlot,
    /// Made when it starts: the reader needs its address.
    shared: Option<Rc<Shared>>,
    link: Link,
    /// Which session is in force: what an earlier one still says is not heard.
    epoch: u64,
    /// When the session in force was begun.
    connected_at: Timestamp,
    /// Whether a listing was asked for and has not begun.
    relisting: bool,
    family: Family,
    assignments: HashMap<InstanceId, Assignment>,
    /// What was active when the host was listed last, and when that was.
    had_active: (Timestamp, Vec<(InstanceId, Condition)>),
    definitions: Definitions,
    node: NodeId,
}

impl Host {
    /// An actor that has not connected yet.
    #[must_use]
    pub fn new(settings: HostSettings, slot: ExitSlot) -> Self {
        let node = NodeId::root().child(settings.config.id.as_str());
        let family = Family::new(&settings, node.clone());
        Self {
            settings,
            slot,
            shared: None,
            link: Link::new(),
            epoch: 0,
            connected_at: Timestamp::MIN,
            relisting: false,
            family,
            assignments: HashMap::new(),
            had_active: (Timestamp::MIN, Vec::new()),
            definitions: Definitions::default(),
            node,
        }
    }
}

impl Actor for Host {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1 << 16);
        disturb(Point::HostStarted, self.settings.config.id.as_str(), ctx, Some(&self.slot));
        let (addr, s) = (ctx.address(), &self.settings);
        let notices = addr.clone();
        let reader = Reader::new(ReaderSettings {
            host: s.config.id.clone(),
            clock: s.clock.clone(),
            mass_change: s.mass_change,
            notice: Rc::new(move |notice| notices.do_send(Noticed(notice))),
        });
        let troubles = addr.clone();
        let door = Door::new(s.config.id.clone(), reader, move |error| {
            troubles.do_send(handlers::Trouble(error))
        });
        self.shared = Some(Rc::new(Shared {
            host: s.config.id.clone(),
            clock: s.clock.clone(),
            cadence: s.cadence.clone(),
            door,
            arbiter: s.arbiter.clone(),
            metrics: s.metrics.clone(),
            looks: LookCounters::new(&s.metrics, &s.config.id),
        }));
        s.arbiter.do_send(HostStarted { host: s.config.id.clone(), addr });
        ctx.run_interval(IDLE_RELIST, |act, ctx| {
            if act.assignments.is_empty() {
                act.relist_soon(ctx);
            }
        });
        self.watch_children(ctx);
        self.define_when_due(ctx);
        self.advance(ctx);
    }
}
