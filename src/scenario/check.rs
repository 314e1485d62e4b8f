//! Whether what is expected is so; where not, what was seen instead.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::audit::Audit;
use super::differ::{Differences, at_most, differ, lacks};
use super::expect::{Expect, Life, OfEvents, OfFleet, OfHost, OfInstance, Open};
use super::names::Names;
use super::stage::{Action, Stage};
use crate::model::{Event, EventKind, InstanceId};
use crate::snapshot::{Fleet, InstanceView};
use crate::store::IncidentQuery;

/// How many instances are named where many are not as expected.
const NAMED: usize = 3;

/// What is looked at.
pub(super) struct Scene<'a, S> {
    pub(super) stage: &'a S,
    pub(super) names: &'a Names,
    pub(super) audit: &'a Audit,
    pub(super) fleet: Arc<Fleet>,
    pub(super) life: Life,
    /// When the scenario began.
    pub(super) begin: Timestamp,
}

impl<S: Stage> Scene<'_, S> {
    /// What is not as expected; nothing if it is met.
    pub(super) async fn differences(&self, expect: &Expect) -> Differences {
        match expect {
            Expect::Instance(it) => self.instances(it).await,
            Expect::Host(it) => self.hosts(it),
            Expect::Fleet(it) => self.fleet(it),
            Expect::Events(it) => self.events(it),
            Expect::Service(life) => {
                let mut out = Vec::new();
                differ(&mut out, "the service", Some(life.as_str()), self.life.as_str());
                out
            }
        }
    }

    async fn instances(&self, it: &OfInstance) -> Differences {
        let instances = match self.names.instances(&it.instance) {
            Ok(instances) => instances,
            Err(why) => return vec![why],
        };
        let actions = self.stage.actions(self.audit);
        let mut wrong = Vec::new();
        for (name, id) in &instances {
            let out = self.instance(it, *id, &actions).await;
            if !out.is_empty() {
                wrong.push(format!("{name}: {}", out.join("; ")));
            }
        }
        let all = wrong.len();
        if all > NAMED {
            wrong.truncate(NAMED);
            wrong.push(format!("and {} more of {}", all - NAMED, instances.len()));
        }
        wrong
    }

    async fn instance(&self, it: &OfInstance, id: InstanceId, actions: &[Action]) -> Differences {
        let mut out = Vec::new();
        let view = self.fleet.instances.get(&id);
        differ(&mut out, "known", it.known, view.is_some());
        match view {
            Some(view) => self.shown(it, view, &mut out).await,
            None if it.wants_view() => out.push("the service knows no such instance".to_owned()),
            None => {}
        }
        let own: Vec<&Action> = actions.iter().filter(|action| action.instance == id).collect();
        let starts = started(&own);
        differ(&mut out, "number of starts", it.starts, starts);
        at_most(&mut out, "starts", it.at_most_starts, starts);
        let commands = |list: Vec<&str>| format!("[{}]", list.join(", "));
        let wanted = it.actions.as_ref().map(|all| all.iter().map(|c| c.as_str()).collect());
        let seen = own.iter().map(|action| action.command.as_str()).collect();
        differ(&mut out, "list of actions", wanted.map(commands), commands(seen));
        let is_own = |event: &&Event| event.instance == Some(id);
        differ(&mut out, "number of incidents", it.incidents, self.opened(is_own));
        if it.resolution.is_some() || it.severity.is_some() {
            let query = IncidentQuery { instance: Some(id), limit: 1, ..IncidentQuery::default() };
            match self.stage.store().incidents(query).await {
                Ok(found) => {
                    let newest = found.first();
                    let resolution = newest.and_then(|incident| incident.resolution);
                    lacks(&mut out, "resolution", it.resolution, resolution);
                    let severity = newest.map(|incident| incident.severity);
                    lacks(&mut out, "severity", it.severity, severity);
                }
                Err(error) => out.push(error.to_string()),
            }
        }
        out
    }

    async fn shown(&self, it: &OfInstance, view: &InstanceView, out: &mut Differences) {
        differ(out, "status", it.status, view.status);
        differ(out, "desired", it.desired, view.desired.state);
        differ(out, "desired_by", it.desired_by.clone(), view.desired.by.to_string());
        differ(out, "generation", it.generation, view.generation().0);
        if let Some(sight) = it.observed
            && !view.observed.is_some_and(|seen| sight.is(seen))
        {
            let seen = view.observed.map_or_else(|| "nothing".to_owned(), |c| c.to_string());
            out.push(format!("observed is {seen}, expected was {sight}"));
        }
        if let Some(sight) = it.really {
            let real = self.stage.condition(&view.host, view.id).await;
            if !real.is_some_and(|real| sight.is(real)) {
                let real = real.map_or_else(|| "unknown".to_owned(), |c| c.to_string());
                out.push(format!("really it is {real}, expected was {sight}"));
            }
        }
        differ(out, "host", it.host.as_deref(), view.host.as_str());
        differ(out, "policy", it.policy.as_deref(), view.policy.as_str());
        differ(out, "priority", it.priority, view.priority);
        differ(out, "held", it.held, !view.holds.is_empty());
        differ(out, "attempts_used", it.attempts_used, view.attempts.used);
        let open = if view.incident.is_some() { Open::Open } else { Open::None };
        differ(out, "incident", it.incident, open);
        let next = view.next.as_ref().map_or("none", |next| next.action.as_str());
        differ(out, "next_action", it.next_action.as_deref(), next);
    }

    fn hosts(&self, it: &OfHost) -> Differences {
        let hosts = match self.names.hosts(&it.host) {
            Ok(hosts) => hosts,
            Err(why) => return vec![why],
        };
        let actions = self.stage.actions(self.audit);
        let mut wrong = Vec::new();
        for name in hosts {
            let mut out = Vec::new();
            let is_own = |event: &&Event| {
                let host = event.host.as_ref().map(|host| host.as_str());
                event.instance.is_none() && host == Some(name)
            };
            differ(&mut out, "number of incidents", it.incidents_opened, self.opened(is_own));
            let asked = actions.iter().filter(|action| action.host.as_str() == name).count();
            differ(&mut out, "number of actions", it.actions, asked);
            match self.fleet.hosts.values().find(|view| view.id.as_str() == name) {
                Some(view) => {
                    differ(&mut out, "state", it.state, view.state);
                    let maintained = view.maintenance.is_some();
                    differ(&mut out, "maintenance", it.maintenance, maintained);
                    differ(&mut out, "unmanaged", it.unmanaged, view.unmanaged.len());
                }
                None => out.push("the service does not show it".to_owned()),
            }
            if !out.is_empty() {
                wrong.push(format!("{name}: {}", out.join("; ")));
            }
        }
        wrong
    }

    fn fleet(&self, it: &OfFleet) -> Differences {
        let mut out = Vec::new();
        let open = self.fleet.open_incidents.iter().sum();
        differ(&mut out, "number of open incidents", it.incidents_open, open);
        let opened = self.opened(|_| true);
        differ(&mut out, "number of incidents opened", it.incidents_opened, opened);
        let actions = self.stage.actions(self.audit);
        differ(&mut out, "number of actions", it.actions, actions.len());
        let starts = started(&actions.iter().collect::<Vec<_>>());
        differ(&mut out, "number of starts", it.starts, starts);
        at_most(&mut out, "starts", it.at_most_starts, starts);
        for view in self.fleet.hosts.values() {
            differ(&mut out, &format!("host {}", view.id), it.hosts, view.state);
        }
        for (status, wanted) in it.status.iter().flatten() {
            let what = format!("number of instances that are {status}");
            differ(&mut out, &what, Some(*wanted), self.fleet.with_status(*status));
        }
        out
    }

    fn events(&self, it: &OfEvents) -> Differences {
        let instances = it.instance.as_ref().map(|which| self.names.instances(which));
        let hosts = it.host.as_ref().map(|which| self.names.hosts(which));
        let since = it.since.map(|since| {
            let since = SignedDuration::try_from(since.0).unwrap_or(SignedDuration::MAX);
            self.begin.saturating_add(since).unwrap_or(Timestamp::MAX)
        });
        let fits = |event: &&Event| {
            let host = |hosts: &Vec<&String>| {
                event.host.as_ref().is_some_and(|h| hosts.iter().any(|name| *name == h.as_str()))
            };
            it.kind.is_none_or(|kind| event.kind == kind)
                && it.contains.as_ref().is_none_or(|words| event.text.contains(words))
                && since.is_none_or(|since| event.at >= since)
                && hosts.as_ref().is_none_or(|hosts| hosts.as_ref().is_ok_and(host))
                && instances.as_ref().is_none_or(|which| {
                    which
                        .as_ref()
                        .is_ok_and(|all| all.iter().any(|(_, id)| event.instance == Some(*id)))
                })
        };
        let found = self.audit.events().iter().filter(fits).count();
        let mut out = Vec::new();
        differ(&mut out, "number of such events", it.count, found);
        let least = it.at_least.or(if it.count.is_none() { Some(1) } else { None });
        if let Some(least) = least
            && found < least
        {
            out.push(format!("such events are {found}, expected were at least {least}"));
        }
        out
    }

    fn opened(&self, which: impl Fn(&&Event) -> bool) -> usize {
        let opened = |event: &&Event| event.kind == EventKind::IncidentOpened;
        self.audit.events().iter().filter(opened).filter(which).count()
    }
}

fn started(actions: &[&Action]) -> usize {
    actions.iter().filter(|action| action.done && action.command.starts()).count()
}
