//! From settings to a tree: what each actor is made with, now and after each reload.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use futures_util::future::LocalBoxFuture;

use crate::actors::arbiter::{Arbiter, ArbiterSettings, HostPlan};
use crate::actors::host::{Events, HostSettings};
use crate::actors::instance::Cadence;
use crate::actors::messages::Reloaded;
use crate::actors::notifier::{Couriers, NotifierSettings};
use crate::clock::Clock;
use crate::config::{self, Errors, Poll, RestartBudget, Settings};
use crate::faults::{Bug, bug};
use crate::hypervisor::Hypervisor;
use crate::model::{AccessToken, HostId, MassChange};
use crate::policy::{Limits, Policies};
use crate::snapshot::{Board, Moment};
use crate::store::Store;
use crate::supervision::{Incarnation, Limit};
use crate::telemetry::Metrics;

/// The pace at which an instance's quarantined actor is tried again.
const QUARANTINE: Duration = Duration::from_secs(5 * 60);

/// Gives the way to a configured host. Asked again for the same host it gives the same way, unless
/// the host is reached in another way now.
pub type Reach = Rc<dyn Fn(&config::Host) -> Rc<dyn Hypervisor>>;

/// Reads the configuration again.
pub type ReadAgain = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<Settings, Errors>>>;

/// What a tree is made of besides its settings.
#[derive(Clone)]
pub struct Parts {
    /// Wall time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Where to show the fleet and the tree.
    pub board: Board,
    /// What to count.
    pub metrics: Metrics,
    /// How to reach a host: by libvirt, or in a simulated world.
    pub reach: Reach,
    /// How to read the configuration again; none where there is nothing to be read again.
    pub read_again: Option<ReadAgain>,
}

/// Makes what each actor is made with, from the configuration in force.
pub struct Assembler {
    settings: Settings,
    pub(super) parts: Parts,
    /// When each host last answered: it outlives the host's actors.
    seen: HashMap<HostId, Arc<Moment>>,
    /// How far the lives of each host's children were counted: it outlives the host's actors.
    lives: HashMap<HostId, Rc<Cell<Incarnation>>>,
    /// Who carries messages: it outlives the notifier's actors.
    couriers: Couriers,
    /// Shared by all instances, so that a change of it disturbs nobody.
    cadence: Cadence,
}

impl Assembler {
    /// Begins with these settings.
    #[must_use]
    pub fn new(settings: &Settings, parts: &Parts) -> Self {
        let Poll { interval, jitter, by_state, .. } = settings.poll.clone();
        let mut new = Self {
            settings: settings.clone(),
            parts: parts.clone(),
            seen: HashMap::new(),
            lives: HashMap::new(),
            couriers: Couriers::default(),
            cadence: Cadence::new(interval, jitter, by_state),
        };
        new.keep_moments();
        new
    }

    /// Goes on with other settings. Answers what that changes.
    pub(super) fn take_over(&mut self, new: Settings) -> Reloaded {
        let (next, needs_restart) = self.settings.succeeded_by(new);
        let old = std::mem::replace(&mut self.settings, next);
        let in_old = |id: &HostId| old.hosts.iter().find(|h| h.id == *id);
        let mut done = Reloaded {
            needs_restart,
            policies_changed: differences(&old.policies, &self.settings.policies),
            ..Reloaded::default()
        };
        for host in &self.settings.hosts {
            match in_old(&host.id) {
                None => done.hosts_added.push(host.id.clone()),
                Some(before) if !before.is_reached_as(host) => {
                    done.hosts_relinked.push(host.id.clone());
                }
                Some(_) => {}
            }
        }
        let gone = old.hosts.iter().filter(|h| self.host(&h.id).is_none());
        done.hosts_removed = gone.map(|h| h.id.clone()).collect();
        let Poll { interval, jitter, by_state, .. } = self.settings.poll.clone();
        self.cadence.change(interval, jitter, by_state);
        self.keep_moments();
        done
    }

    /// The configured hosts.
    pub(super) fn hosts(&self) -> Vec<HostId> {
        self.settings.hosts.iter().map(|host| host.id.clone()).collect()
    }

    /// What a host's actor is made with; none if there is no such host.
    pub(super) fn host_settings(
        &self,
        id: &HostId,
        arbiter: Addr<Arbiter>,
    ) -> Option<HostSettings> {
        let (host, parts, settings) = (self.host(id)?, &self.parts, &self.settings);
        Some(HostSettings {
            config: host.clone(),
            hypervisor: (parts.reach)(host),
            cadence: self.cadence.clone(),
            events: if settings.poll.events { Events::LookNow } else { Events::Ignore },
            clock: parts.clock.clone(),
            arbiter,
            board: parts.board.clone(),
            metrics: parts.metrics.clone(),
            last_seen: self.last_seen(id),
            heartbeat: self.heartbeat(),
            instance_limit: limit(settings.supervision.instance),
            mass_change: mass_change(settings),
            quarantine: QUARANTINE,
            lives: self.lives.get(id).cloned().unwrap_or_default(),
        })
    }

    /// What the notifier is made with.
    pub(super) fn notifier_settings(&self, arbiter: Addr<Arbiter>) -> NotifierSettings {
        let parts = &self.parts;
        NotifierSettings {
            receivers: self.settings.notify.receivers.clone(),
            couriers: self.couriers.clone(),
            clock: parts.clock.clone(),
            store: parts.store.clone(),
            metrics: parts.metrics.clone(),
            arbiter,
        }
    }

    /// Who is told of incidents.
    pub(super) fn notify(&self) -> &config::Notify {
        &self.settings.notify
    }

    /// Who may use the API.
    pub(super) fn access_tokens(&self) -> Arc<[AccessToken]> {
        Arc::clone(&self.settings.http.tokens)
    }

    /// What HTTP is served with by TLS, if it is.
    pub(super) fn tls(&self) -> Option<&config::Tls> {
        self.settings.http.tls.as_ref()
    }

    /// What the arbiter is made with.
    pub(super) fn arbiter_settings(&self) -> ArbiterSettings {
        let (parts, settings) = (&self.parts, &self.settings);
        let plan = |host: &config::Host| HostPlan {
            config: host.clone(),
            last_seen: self.last_seen(&host.id),
        };
        ArbiterSettings {
            clock: parts.clock.clone(),
            store: parts.store.clone(),
            board: parts.board.clone(),
            metrics: parts.metrics.clone(),
            policies: Arc::new(settings.policies.clone()),
            limits: Limits { total: settings.service.max_concurrent_actions },
            hosts: settings.hosts.iter().map(plan).collect(),
            instances: settings.instances.clone(),
            notify: settings.notify.clone(),
            database_deadline: self.heartbeat(),
            action_deadline: settings.service.action_deadline,
            mass_change: mass_change(settings),
            passive_hypervisor: settings.service.passive_hypervisor,
            retain_events: settings.database.retain_events,
        }
    }

    /// How often the arbiter may fail.
    pub(super) fn arbiter_limit(&self) -> Limit {
        limit(self.settings.supervision.arbiter)
    }

    /// How often a host's actor may fail.
    pub(super) fn host_limit(&self) -> Limit {
        limit(self.settings.supervision.host)
    }

    /// In which every actor finishes a turn, or is ended.
    pub(super) fn heartbeat(&self) -> Duration {
        self.settings.supervision.heartbeat
    }

    /// How long actions under way may take to end when the service is stopped.
    pub(super) fn shutdown_grace(&self) -> Duration {
        self.settings.service.shutdown_grace
    }

    fn host(&self, id: &HostId) -> Option<&config::Host> {
        self.settings.hosts.iter().find(|host| host.id == *id)
    }

    fn last_seen(&self, id: &HostId) -> Arc<Moment> {
        self.seen.get(id).cloned().unwrap_or_else(|| Arc::new(Moment::never()))
    }

    /// One for each host, kept as long as the host is configured.
    fn keep_moments(&mut self) {
        let mut before = std::mem::take(&mut self.seen);
        let moment = |host: &config::Host| {
            let kept = before.remove(&host.id).unwrap_or_else(|| Arc::new(Moment::never()));
            (host.id.clone(), kept)
        };
        self.seen = self.settings.hosts.iter().map(moment).collect();
        let mut before = std::mem::take(&mut self.lives);
        let counted =
            |host: &config::Host| (host.id.clone(), before.remove(&host.id).unwrap_or_default());
        self.lives = self.settings.hosts.iter().map(counted).collect();
    }
}

fn limit(budget: RestartBudget) -> Limit {
    Limit { restarts: budget.restarts, window: budget.window }
}

fn mass_change(settings: &Settings) -> MassChange {
    if bug(Bug::NoDoubt) {
        return MassChange { at_least: usize::MAX, share: 1.0 };
    }
    settings.service.mass_change
}

/// The names of the policies that are not the same in both.
fn differences(old: &Policies, new: &Policies) -> Vec<String> {
    let gone = old.iter().filter(|(name, _)| new.get(name).is_none()).map(|(name, _)| name);
    let other = new.iter().filter(|(name, table)| old.get(name) != Some(table));
    let mut names: Vec<_> = gone.chain(other.map(|(name, _)| name)).map(str::to_owned).collect();
    names.sort_unstable();
    names
}
