//! From settings to a tree: what each actor is made with.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{HostFactory, RootSettings};
use crate::actors::arbiter::{ArbiterSettings, HostPlan};
use crate::actors::host::{Events, HostSettings};
use crate::actors::instance::Cadence;
use crate::clock::Clock;
use crate::config::{self, RestartBudget, Settings};
use crate::hypervisor::Hypervisor;
use crate::model::HostId;
use crate::policy::Limits;
use crate::snapshot::{Board, Moment};
use crate::store::Store;
use crate::supervision::Limit;
use crate::telemetry::Metrics;

/// The pace at which an instance's quarantined actor is tried again.
const QUARANTINE: Duration = Duration::from_secs(5 * 60);

/// Gives the way to a configured host.
pub type Reach = Rc<dyn Fn(&config::Host) -> Rc<dyn Hypervisor>>;

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
}

/// What each actor is made with.
#[must_use]
pub fn assemble(settings: &Settings, parts: &Parts) -> RootSettings {
    let plan = |host: &config::Host| HostPlan {
        config: host.clone(),
        last_seen: Arc::new(Moment::never()),
    };
    let plans: Vec<HostPlan> = settings.hosts.iter().map(plan).collect();
    let seen: HashMap<HostId, Arc<Moment>> =
        plans.iter().map(|p| (p.config.id.clone(), Arc::clone(&p.last_seen))).collect();
    let poll = &settings.poll;
    let cadence = Cadence::new(poll.interval, poll.jitter, poll.by_state.clone());
    let events = if poll.events { Events::LookNow } else { Events::Ignore };
    let hosts = settings.hosts.iter().map(|host| {
        let (host, parts, cadence) = (host.clone(), parts.clone(), cadence.clone());
        let last_seen = seen.get(&host.id).cloned().unwrap_or_else(|| Arc::new(Moment::never()));
        let instance_limit = limit(settings.supervision.instance);
        let mass_change = settings.service.mass_change;
        HostFactory {
            host: host.id.clone(),
            make: Box::new(move |arbiter| HostSettings {
                config: host.clone(),
                hypervisor: (parts.reach)(&host),
                cadence: cadence.clone(),
                events,
                clock: parts.clock.clone(),
                arbiter,
                board: parts.board.clone(),
                metrics: parts.metrics.clone(),
                last_seen: Arc::clone(&last_seen),
                instance_limit,
                mass_change,
                quarantine: QUARANTINE,
            }),
        }
    });
    RootSettings {
        hosts: hosts.collect(),
        arbiter: ArbiterSettings {
            clock: parts.clock.clone(),
            store: parts.store.clone(),
            board: parts.board.clone(),
            metrics: parts.metrics.clone(),
            policies: Arc::new(settings.policies.clone()),
            limits: Limits { total: settings.service.max_concurrent_actions },
            hosts: plans,
            instances: settings.instances.clone(),
            action_deadline: settings.service.action_deadline,
            mass_change: settings.service.mass_change,
            passive_hypervisor: settings.service.passive_hypervisor,
        },
        arbiter_limit: limit(settings.supervision.arbiter),
        host_limit: limit(settings.supervision.host),
        board: parts.board.clone(),
        metrics: parts.metrics.clone(),
        shutdown_grace: settings.service.shutdown_grace,
    }
}

fn limit(budget: RestartBudget) -> Limit {
    Limit { restarts: budget.restarts, window: budget.window }
}
