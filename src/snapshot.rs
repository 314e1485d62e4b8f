//! What the outside may read: the fleet as the arbiter last knew it, the supervision tree, and the
//! configuration in force.
//!
//! The arbiter, the hosts and the supervisors publish; readers take a reference to an immutable
//! picture and never wait. The maps are persistent: a new picture shares all that did not change
//! with the one before, so publishing costs what has changed, not what there is. What changes with
//! every look (when it was) is an atomic number beside the picture.
//!
//! Not in here: decisions, and anything that is not shown.

mod tree;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use arc_swap::ArcSwap;
use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use rustls::sign::CertifiedKey;

use crate::model::{
    AccessToken, Condition, Desired, Generation, Hold, HostId, HostState, IncidentId, InstanceId,
    Kept, Maintenance, Severity, Source, Status,
};
use crate::policy::Policies;
pub use tree::{Node, NodeId, Tree};

/// The place where pictures are published and read. Cheap to clone; all clones are one board.
#[derive(Debug, Clone)]
pub struct Board(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fleet: ArcSwap<Fleet>,
    tree: ArcSwap<Tree>,
    config: ArcSwap<ConfigView>,
}

impl Board {
    /// A board with an empty fleet.
    #[must_use]
    pub fn new(started_at: Timestamp, policies: Arc<Policies>) -> Self {
        let config = ConfigView {
            loaded_at: started_at,
            error: None,
            policies,
            tokens: Arc::new([]),
            certificate: None,
        };
        Self(Arc::new(Inner {
            fleet: ArcSwap::from_pointee(Fleet::new(started_at)),
            tree: ArcSwap::from_pointee(Tree::default()),
            config: ArcSwap::from_pointee(config),
        }))
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<ConfigView> {
        self.0.config.load_full()
    }

    /// With these access tokens.
    #[must_use]
    pub fn with_tokens(self, tokens: Arc<[AccessToken]>) -> Self {
        let shown = ConfigView::clone(&self.config());
        self.show_config(ConfigView { tokens, ..shown });
        self
    }

    /// With this certificate.
    #[must_use]
    pub fn with_certificate(self, certificate: Option<Arc<CertifiedKey>>) -> Self {
        let shown = ConfigView::clone(&self.config());
        self.show_config(ConfigView { certificate, ..shown });
        self
    }

    /// Shows another configuration, or that one was refused. Only the root does.
    pub fn show_config(&self, config: ConfigView) {
        self.0.config.store(Arc::new(config));
    }

    /// The fleet as it is now.
    #[must_use]
    pub fn fleet(&self) -> Arc<Fleet> {
        self.0.fleet.load_full()
    }

    /// Publishes a new picture. Only the arbiter does.
    pub fn publish(&self, fleet: Fleet) {
        self.0.fleet.store(Arc::new(fleet));
    }

    /// The supervision tree as it is now.
    #[must_use]
    pub fn tree(&self) -> Arc<Tree> {
        self.0.tree.load_full()
    }

    /// Shows a node of the tree. Each parent does so for its children.
    pub fn show_node(&self, id: &NodeId, node: &Node) {
        self.0.tree.rcu(|tree| tree.with(id, node));
    }

    /// Takes a node off the tree, and everything below it.
    pub fn hide_node(&self, id: &NodeId) {
        self.0.tree.rcu(|tree| tree.without(id));
    }
}

/// What is shown of the configuration.
#[derive(Debug, Clone)]
pub struct ConfigView {
    /// When the one in force was read.
    pub loaded_at: Timestamp,
    /// Why a later one was refused; none if the one in force is the last that was read.
    pub error: Option<String>,
    /// The policies in force.
    pub policies: Arc<Policies>,
    /// Who may use the API. Not shown: what requests are held against.
    pub tokens: Arc<[AccessToken]>,
    /// What TLS is served with. Not shown: what handshakes take.
    pub certificate: Option<Arc<CertifiedKey>>,
}

/// The whole fleet, at one moment.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// When the service started.
    pub started_at: Timestamp,
    /// Whether the database was read.
    pub database_read: bool,
    /// Whether the last commit succeeded.
    pub database_healthy: bool,
    /// Why the database cannot be used at present; none where it can.
    pub database_trouble: Option<String>,
    /// Every host.
    pub hosts: OrdMap<HostId, Arc<HostView>>,
    /// Every instance, by its id.
    pub instances: OrdMap<InstanceId, Arc<InstanceView>>,
    /// The same in the order of their names.
    pub by_name: OrdMap<(String, InstanceId), Arc<InstanceView>>,
    /// How many instances have each status, by [`Status`]'s order.
    pub by_status: [usize; Status::COUNT],
    /// How many incidents are open, by [`Severity`]'s order.
    pub open_incidents: [usize; Severity::ALL.len()],
    /// When the incidents of the last hour or more were opened, oldest first.
    pub opened_at: Vector<Timestamp>,
    /// Actions under way.
    pub actions_in_flight: usize,
    /// Actions that wait for their turn.
    pub actions_waiting: usize,
}

impl Fleet {
    /// A fleet of nothing, of which nothing was read yet.
    #[must_use]
    pub fn new(started_at: Timestamp) -> Self {
        Self {
            started_at,
            database_read: false,
            database_healthy: false,
            database_trouble: None,
            hosts: OrdMap::new(),
            instances: OrdMap::new(),
            by_name: OrdMap::new(),
            by_status: [0; Status::COUNT],
            open_incidents: [0; Severity::ALL.len()],
            opened_at: Vector::new(),
            actions_in_flight: 0,
            actions_waiting: 0,
        }
    }

    /// The hosts that were not tried yet.
    pub fn untried_hosts(&self) -> impl Iterator<Item = &HostId> {
        self.hosts.values().filter(|h| h.state == HostState::Connecting).map(|h| &h.id)
    }

    /// Whether the database was read and can be used, and every host was tried once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.database_read
            && self.database_trouble.is_none()
            && self.untried_hosts().next().is_none()
    }

    /// How many incidents were opened since `since`.
    #[must_use]
    pub fn incidents_since(&self, since: Timestamp) -> usize {
        self.opened_at.iter().rev().take_while(|&&at| at >= since).count()
    }

    /// How many instances have this status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> usize {
        self.by_status[status as usize]
    }
}

/// What is shown of a host.
#[derive(Debug, Clone)]
pub struct HostView {
    /// Its name.
    pub id: HostId,
    /// Its URI, without a password.
    pub uri: String,
    /// How it stands to the service.
    pub state: HostState,
    /// Since when.
    pub since: Timestamp,
    /// When it last answered.
    pub last_seen: Arc<Moment>,
    /// The last error, while it is not up.
    pub error: Option<String>,
    /// The labels of the configuration.
    pub labels: OrdMap<String, String>,
    /// An operator's word that nothing is to be done.
    pub maintenance: Option<Maintenance>,
    /// Domains that no instance stands for.
    pub unmanaged: Arc<[Unmanaged]>,
    /// Names of configured instances that were not found on it yet.
    pub pending: Arc<[String]>,
    /// How many of its instances have each status.
    pub by_status: [usize; Status::COUNT],
}

/// A domain that no instance stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Its UUID.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// As it was last listed.
    pub condition: Condition,
}

/// What is shown of an instance.
#[derive(Debug, Clone)]
pub struct InstanceView {
    /// Its domain's UUID.
    pub id: InstanceId,
    /// Its domain's name.
    pub name: String,
    /// Its host.
    pub host: HostId,
    /// Its policy's name.
    pub policy: String,
    /// Higher comes back first.
    pub priority: i32,
    /// What it is supposed to be.
    pub desired: Desired,
    /// What was seen last; none before the first conclusive look.
    pub observed: Option<Condition>,
    /// When, and by what.
    pub freshness: Arc<Freshness>,
    /// Whether its host can be asked at present.
    pub reachable: bool,
    /// In one word.
    pub status: Status,
    /// What comes next, if anything does by itself.
    pub next: Option<Next>,
    /// The budget of attempts.
    pub attempts: Used,
    /// Who works on it, the one that ends first in front: it is held until the last has ended.
    pub holds: Vec<Hold>,
    /// The incident that it is in.
    pub incident: Option<IncidentId>,
    /// What is known of its definition that is kept.
    pub definition: Option<Kept>,
    /// What readers wrote of it last.
    pub written: Written,
}

/// A view as text, as it was written when it was asked for last, and of which look. A view stays as
/// it is once it is published: only a look makes the text another. Nobody waits for it: who finds
/// it in use does without.
#[derive(Debug, Default)]
pub struct Written(RwLock<Option<(Look, Box<str>)>>);

/// A view's text. While one is held, no other takes its place.
#[derive(Debug)]
pub struct Text<'a>(Owner<'a>);

#[derive(Debug)]
enum Owner<'a> {
    /// The view.
    View(RwLockReadGuard<'a, Option<(Look, Box<str>)>>),
    /// Nobody else.
    Reader(String),
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Owner::Reader(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Owner::View(written) => written.as_ref().map_or("", |(_, text)| text),
            Owner::Reader(text) => text,
        }
    }
}

/// What is shown of the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When the look was that last told something.
    pub at: Option<Timestamp>,
    /// What made the service look then.
    pub source: Source,
    /// Whether what it told may be out of date.
    pub stale: bool,
}

/// Of nothing: a copy of a view is made to be changed.
impl Clone for Written {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl InstanceView {
    /// The generation of its desired state.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.desired.generation
    }

    /// The last look, as it is to be shown now.
    #[must_use]
    pub fn look(&self) -> Look {
        Look { at: self.freshness.at(), source: self.freshness.source(), stale: self.is_stale() }
    }

    /// The view's text: the one that is there, if it is of the same look, or else the one that
    /// `write` makes of this look.
    pub fn text(&self, write: impl FnOnce(Look) -> String) -> Text<'_> {
        let look = self.look();
        if let Ok(kept) = self.written.0.try_read()
            && kept.as_ref().is_some_and(|(of, _)| *of == look)
        {
            return Text(Owner::View(kept));
        }
        let new = write(look);
        match self.written.0.try_write() {
            Ok(mut kept) => {
                *kept = Some((look, new.into()));
                Text(Owner::View(RwLockWriteGuard::downgrade(kept)))
            }
            Err(_) => Text(Owner::Reader(new)),
        }
    }

    /// Whether what is shown as observed may be out of date.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        !self.reachable || self.freshness.is_inconclusive()
    }
}

/// What an instance waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What will be done; `look` where that depends on what is seen then.
    pub action: String,
    /// When; none while it waits for something that has no time.
    pub at: Option<Timestamp>,
    /// Why it waits.
    pub why: String,
}

/// How much of a budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Attempts used.
    pub used: u32,
    /// Attempts allowed by the rule that applies, or by the default rule.
    pub budget: u32,
    /// When the budget is fresh again, if the instance stays in its desired state until then.
    pub window_ends: Option<Timestamp>,
}

/// A time that changes without a new picture.
#[derive(Debug)]
pub struct Moment(AtomicI64);

impl Moment {
    const NEVER: i64 = i64::MIN;

    /// Not yet.
    #[must_use]
    pub const fn never() -> Self {
        Self(AtomicI64::new(Self::NEVER))
    }

    /// It was at `at`.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_microsecond(), Ordering::Relaxed);
    }

    /// When it was.
    #[must_use]
    pub fn get(&self) -> Option<Timestamp> {
        match self.0.load(Ordering::Relaxed) {
            Self::NEVER => None,
            micros => Timestamp::from_microsecond(micros).ok(),
        }
    }
}

/// When an instance was looked at last: written at each look by its actor, read by anyone.
#[derive(Debug)]
pub struct Freshness {
    at: Moment,
    source: AtomicU8,
    inconclusive: AtomicBool,
}

impl Freshness {
    /// Not looked at yet.
    #[must_use]
    pub const fn never() -> Self {
        Self { at: Moment::never(), source: AtomicU8::new(0), inconclusive: AtomicBool::new(false) }
    }

    /// A look told what the condition is.
    pub fn looked(&self, at: Timestamp, source: Source) {
        self.at.set(at);
        self.source.store(source as u8, Ordering::Relaxed);
        self.inconclusive.store(false, Ordering::Relaxed);
    }

    /// A look told nothing: time and source stay those of the last one that did.
    pub fn failed(&self) {
        self.inconclusive.store(true, Ordering::Relaxed);
    }

    /// When a look last told what the condition is.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.at.get()
    }

    /// What made the service look then.
    #[must_use]
    pub fn source(&self) -> Source {
        let place = usize::from(self.source.load(Ordering::Relaxed));
        Source::ALL.get(place).copied().unwrap_or(Source::Poll)
    }

    /// Whether the last look told nothing.
    #[must_use]
    pub fn is_inconclusive(&self) -> bool {
        self.inconclusive.load(Ordering::Relaxed)
    }
}

/// How long the times of opened incidents are kept for [`Fleet::incidents_since`].
pub const OPENED_KEPT: Duration = Duration::from_secs(60 * 60);
