//! What holds in every run, without being asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::stage::Run;
use crate::model::{EventKind, HostId, InstanceId};

/// The time that an action took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    /// On which instance.
    pub instance: InstanceId,
    /// On which host.
    pub host: HostId,
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
}

/// What is wrong with a run by the service's own records: on every stage.
pub(super) fn flaws(run: &Run<'_>) -> Vec<String> {
    let spells: Vec<Spell> = run
        .audit
        .attempts()
        .map(|(_, attempt)| Spell {
            instance: attempt.instance,
            host: attempt.host.clone(),
            from: attempt.at,
            to: attempt.end.map_or(Timestamp::MAX, |(at, _)| at),
        })
        .collect();
    let failed = run.audit.events().iter().filter(|event| event.kind == EventKind::Supervision);
    let failed = failed.map(|event| format!("an actor failed: {}", event.text));
    too_many(&spells, run).into_iter().chain(failed).collect()
}

/// More actions at once than there may be: on an instance, on a host, in all.
pub(super) fn too_many(spells: &[Spell], run: &Run<'_>) -> Vec<String> {
    let mut edges: Vec<(Timestamp, i64, &Spell)> = Vec::new();
    for spell in spells {
        // What a life of the service began is not the next one's.
        let end = run.ends.iter().find(|end| **end >= spell.from).copied();
        let to = end.map_or(spell.to, |end| spell.to.min(end));
        // What took no time was beside nothing else.
        if to > spell.from {
            edges.extend([(spell.from, 1, spell), (to, -1, spell)]);
        }
    }
    // Where one ends as another begins, the end comes first.
    edges.sort_by_key(|(at, change, _)| (*at, *change));
    let per_host: BTreeMap<&HostId, i64> = run
        .settings
        .hosts
        .iter()
        .map(|host| (&host.id, i64::try_from(host.max_concurrent_actions).unwrap_or(i64::MAX)))
        .collect();
    let total = i64::try_from(run.settings.service.max_concurrent_actions).unwrap_or(i64::MAX);
    let mut now = Now::default();
    let mut worst: BTreeMap<String, i64> = BTreeMap::new();
    for (_, change, spell) in edges {
        let count = now.change(spell, change);
        let limit = per_host.get(&spell.host).copied().unwrap_or(i64::MAX);
        let mut note = |what: String, count: i64, limit: i64| {
            if count > limit {
                let most = worst.entry(format!("{what} (at most {limit} may be)")).or_default();
                *most = count.max(*most);
            }
        };
        note(format!("on {}", run.names.of(spell.instance)), count.instance, 1);
        note(format!("on host {}", spell.host), count.host, limit);
        note("in all".to_owned(), count.all, total);
    }
    worst
        .into_iter()
        .map(|(what, count)| format!("{count} actions were under way at once {what}"))
        .collect()
}

/// How many actions are under way.
#[derive(Default)]
struct Now<'a> {
    instances: BTreeMap<InstanceId, i64>,
    hosts: BTreeMap<&'a HostId, i64>,
    all: i64,
}

/// The same, as one action sees it.
struct Count {
    instance: i64,
    host: i64,
    all: i64,
}

impl<'a> Now<'a> {
    fn change(&mut self, spell: &'a Spell, by: i64) -> Count {
        let instance = self.instances.entry(spell.instance).or_default();
        *instance += by;
        let host = self.hosts.entry(&spell.host).or_default();
        *host += by;
        self.all += by;
        Count { instance: *instance, host: *host, all: self.all }
    }
}
