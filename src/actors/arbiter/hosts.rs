//! Following the hosts: which there are, which can be reached, and what they list.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::book::{Alarm, Book, Entry, Gate, HostEntry, HostPlan};
use super::turn::{Effect, Line};
use crate::actors::traffic::{HostListed, Seen};
use crate::config::{self, Domain};
use crate::faults::{Bug, bug};
use crate::hypervisor::Listed;
use crate::model::{Condition, EventKind, HostId, HostRecord, HostState, InstanceId, Source};

/// How often it is written down at most when the hosts answered.
const KEEP_SEEN_AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// How often a host is listed that does not have all that the configuration names, or that has
/// domains at which nobody looks.
const LIST_WHERE_AWAITED: Duration = Duration::from_secs(60);

impl Book {
    /// Puts a configured host into the book, with what the database kept of it.
    pub(super) fn put_host(
        &mut self,
        plan: HostPlan,
        pending: Vec<config::Instance>,
        kept: Option<HostRecord>,
        now: Timestamp,
    ) {
        let id = plan.config.id.clone();
        let record = HostRecord {
            id: id.clone(),
            uri: plan.config.shown_uri(),
            added_at: kept.as_ref().map_or(now, |k| k.added_at),
            maintenance: kept.as_ref().and_then(|k| k.maintenance.clone()),
            seen_at: kept.as_ref().and_then(|k| k.seen_at),
        };
        let changed = kept.as_ref() != Some(&record);
        let limit = plan.config.max_concurrent_actions;
        self.admission.limit_host(&id, if bug(Bug::NoLimits) { usize::MAX } else { limit });
        let own = self.instances.values().filter(|entry| entry.record.host == id);
        let instances = own.map(|entry| entry.record.id).collect();
        self.hosts.insert(
            id.clone(),
            HostEntry {
                record,
                plan,
                state: HostState::Connecting,
                since: now,
                error: None,
                others: HashMap::new(),
                told_unmanaged: BTreeSet::new(),
                forgotten: BTreeSet::new(),
                pending,
                instances,
                doubt: None,
                trouble: None,
                is_returning: true,
                connected_at: Timestamp::MIN,
                listed_at: Timestamp::MIN,
            },
        );
        if changed {
            self.turn.write_host(&id);
        }
        self.turn.touch_host(&id);
    }

    /// A host was listed in full: it is up, and each of its instances was seen, or is missing; if
    /// that is to be believed.
    pub(super) fn listed_host(&mut self, listing: HostListed, now: Timestamp) {
        let id = &listing.host.clone();
        let (domains, at) = (&listing.domains, listing.at);
        let Some(host) = self.hosts.get_mut(id) else { return };
        host.plan.last_seen.set(at);
        if listing.connected_at > host.connected_at {
            // A new connection: what there is behind it may be another life of the host.
            host.connected_at = listing.connected_at;
            host.is_returning = true;
        }
        if host.state != HostState::Up {
            let before = std::mem::replace(&mut host.state, HostState::Up);
            host.since = now;
            host.error = None;
            let text = format!("up, {} domains (before: {before})", domains.len());
            tracing::info!(host = %id, "{text}");
            self.note(now, Line::new(EventKind::Host, text).host(id));
        }
        if !self.believes(&listing, now) {
            if self.open_gate(now) {
                self.take_all_unmanaged(now);
            }
            return;
        }
        let mut domains: HashMap<InstanceId, Listed> =
            listing.domains.into_iter().map(|d| (d.id, d)).collect();
        self.returned(id, &domains, now);
        let own = self.take_own(id, &mut domains);
        self.take_others(id, domains, at);
        let opened = self.open_gate(now);
        for (instance, condition) in own {
            // The record is of the look before; this one has gone by the instance's actor.
            let entry = self.instances.get(&instance);
            let before = entry.and_then(|e| e.freshness.at());
            let recorded = entry.and_then(Entry::condition);
            let seen = Seen { condition, at, source: Source::Poll, before };
            self.seen(instance, id, seen, now);
            if self.instances.get(&instance).and_then(Entry::condition) != recorded {
                // Its actor may have seen nothing of it, and then reports nothing when it is over.
                self.turn.then(Effect::LookAt(instance, at));
            }
        }
        self.settle_host_incident(id, now);
        self.take_pending(id, now);
        if opened {
            self.take_all_unmanaged(now);
        } else {
            self.take_unmanaged(id, now);
        }
        self.touch_all(id);
    }

    fn take_all_unmanaged(&mut self, now: Timestamp) {
        for id in self.hosts.keys().cloned().collect::<Vec<_>>() {
            self.take_unmanaged(&id, now);
        }
    }

    /// A host cannot be reached: its instances keep what was seen last, and nothing is done.
    pub(super) fn lost_host(&mut self, id: &HostId, why: &str, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        host.error = Some(why.to_owned());
        host.record.seen_at = host.plan.last_seen.get().or(host.record.seen_at);
        if host.state != HostState::Unreachable {
            host.state = HostState::Unreachable;
            host.since = now;
            tracing::warn!(host = %id, "unreachable: {why}");
            self.turn.write_host(id);
            self.note(now, Line::new(EventKind::Host, format!("unreachable: {why}")).host(id));
            self.open_unreachable_incident(id, why, now);
        }
        self.touch_all(id);
        if self.open_gate(now) {
            self.take_all_unmanaged(now);
        }
    }

    /// Writes down when the hosts answered last, for those whose guests must not be started after
    /// too long a time.
    pub(super) fn keep_seen(&mut self, now: Timestamp) {
        for (id, host) in &mut self.hosts {
            let seen = host.plan.last_seen.get();
            if seen > host.record.seen_at {
                host.record.seen_at = seen;
                self.turn.write_host(id);
            }
        }
        self.keep_seen_again(now);
    }

    /// Sees to it that this is done again in time: ten times in the shortest `max_downtime` that
    /// there is, and not at all where there is none.
    pub(super) fn keep_seen_again(&mut self, now: Timestamp) {
        // Another configuration may say another time: there is one at most.
        self.alarms.retain(|(_, alarm)| *alarm != Alarm::KeepSeen);
        let Some(shortest) = self.policies.shortest_downtime() else { return };
        let pause = (shortest / 10).max(KEEP_SEEN_AT_MOST_EVERY);
        if let Ok(at) = now.checked_add(pause) {
            self.alarms.insert((at, Alarm::KeepSeen));
        }
    }

    /// N10: actions begin once the database was read and every host was tried. A host that cannot
    /// be reached does not hold up the others. Answers whether it was opened by this.
    fn open_gate(&mut self, now: Timestamp) -> bool {
        let tried = self.hosts.values().all(|h| h.state != HostState::Connecting);
        let tried = tried || bug(Bug::NoGate);
        let opens = self.gate == Gate::Starting && tried;
        if opens {
            self.gate = Gate::Open;
            // In a certain order, so that a run can be repeated.
            let all: BTreeSet<_> = self.instances.keys().copied().collect();
            let all: Vec<_> = all.into_iter().collect();
            self.judge_mismatches(&all, now);
            for id in all {
                // What was as desired is over only now that all hosts were heard.
                if self.instances.get(&id).is_some_and(|e| e.incident.is_some() && e.is_in_sync()) {
                    self.judge(id, now);
                }
            }
            self.make_all_passive(now);
        }
        opens
    }

    /// Everything that is shown of a host and its instances may have changed.
    pub(super) fn touch_all(&mut self, id: &HostId) {
        self.turn.touch_host(id);
        if let Some(host) = self.hosts.get(id) {
            for &instance in &host.instances {
                self.turn.touch(instance);
            }
        }
    }

    /// Takes the host's own instances out of a listing, with what they were seen in.
    fn take_own(
        &mut self,
        id: &HostId,
        domains: &mut HashMap<InstanceId, Listed>,
    ) -> Vec<(InstanceId, Condition)> {
        let Some(host) = self.hosts.get(id) else { return Vec::new() };
        let mut own = Vec::with_capacity(host.instances.len());
        for &instance in &host.instances {
            let found = domains.remove(&instance);
            let condition = found.as_ref().map_or(Condition::Missing, |d| d.condition);
            if let (Some(found), Some(entry)) = (found, self.instances.get_mut(&instance))
                && entry.record.name != found.name
            {
                entry.record.name = found.name;
                self.turn.write(instance);
            }
            own.push((instance, condition));
        }
        // The highest priority is judged first, and so is first to ask for its turn.
        own.sort_by_key(|(instance, _)| {
            std::cmp::Reverse(self.instances.get(instance).map_or(0, |e| e.record.priority))
        });
        own
    }

    /// Keeps what is left of a listing, and notes where instances of other hosts are active.
    fn take_others(&mut self, id: &HostId, domains: HashMap<InstanceId, Listed>, at: Timestamp) {
        self.sight(id, domains.values(), at);
        if let Some(host) = self.hosts.get_mut(id) {
            host.others = domains;
            host.listed_at = at;
        }
    }

    /// Takes over instances of the configuration that the listing shows.
    pub(super) fn take_pending(&mut self, id: &HostId, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        let pending = std::mem::take(&mut host.pending);
        let mut left = Vec::new();
        for plan in pending {
            match self.domain_of(id, &plan.domain) {
                Some(domain) => self.configure(&plan, &domain, now),
                None => left.push(plan),
            }
        }
        if let Some(host) = self.hosts.get_mut(id) {
            host.pending = left;
        }
        self.list_again(id, now);
    }

    /// Sees to it that the host is listed again in time, if something is awaited there.
    fn list_again(&mut self, id: &HostId, now: Timestamp) {
        let is_set = self.alarms.iter().any(|(_, alarm)| *alarm == Alarm::Awaited);
        if !is_set
            && self.hosts.get(id).is_some_and(|host| self.is_awaited_on(host))
            && let Ok(at) = now.checked_add(LIST_WHERE_AWAITED)
        {
            self.alarms.insert((at, Alarm::Awaited));
        }
    }

    /// Lists the hosts again on which something is awaited: nobody tells of a domain that was there
    /// all along and was left out of one answer, and nobody looks at one that is no instance.
    pub(super) fn list_where_awaited(&mut self) {
        let awaited = self.hosts.iter().filter(|(_, host)| self.is_awaited_on(host));
        for id in awaited.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.turn.then(Effect::Relist(id));
        }
    }

    fn is_awaited_on(&self, host: &HostEntry) -> bool {
        !host.pending.is_empty() || self.unmanaged_of(host).next().is_some()
    }

    /// A domain of a host, an instance or not.
    fn domain_of(&self, id: &HostId, domain: &Domain) -> Option<Listed> {
        let host = self.hosts.get(id)?;
        let fits = |domain_id: InstanceId, name: &str| match domain {
            Domain::Id(wanted) => domain_id == *wanted,
            Domain::Name(wanted) => name == wanted,
        };
        let own = host.instances.iter().filter_map(|i| self.instances.get(i)).find_map(|e| {
            let condition = e.condition().filter(|c| *c != Condition::Missing)?;
            fits(e.record.id, &e.record.name).then(|| Listed {
                id: e.record.id,
                name: e.record.name.clone(),
                condition,
            })
        });
        own.or_else(|| host.others.values().find(|d| fits(d.id, &d.name)).cloned())
    }
}
