//! The same UUID on another host than the instance's own: moved there, about to, or there twice.
//!
//! A domain that is active there and not here has moved, and is followed. In a live migration both
//! hosts have it for a while, the one to which it goes paused for libvirt's own work.

use jiff::Timestamp;

use super::book::{Book, Entry, HostEntry};
use super::turn::{Effect, Line};
use crate::actors::traffic::Seen;
use crate::faults::{Bug, bug};
use crate::hypervisor::Listed;
use crate::model::{Condition, EventKind, HostId, HostState, InstanceId, LastActive, Source};
use crate::policy::{Elsewhere, is_libvirts_work};

/// An instance as another host than its own has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    /// In what condition: an active one.
    pub(super) condition: Condition,
    /// When that host was asked.
    pub(super) at: Timestamp,
}

impl Book {
    /// Notes which of the domains that a host lists are active instances of other hosts. Each of them
    /// is looked at on its own host too, so that what both say is of one time.
    pub(super) fn sight<'a>(
        &mut self,
        id: &HostId,
        domains: impl Iterator<Item = &'a Listed>,
        at: Timestamp,
    ) {
        self.sight_active(id, domains.map(|d| (d.id, d.condition)), at);
    }

    /// The same, of what is told without names.
    pub(super) fn sight_active(
        &mut self,
        id: &HostId,
        domains: impl Iterator<Item = (InstanceId, Condition)>,
        at: Timestamp,
    ) {
        let mut before = Vec::new();
        self.foreign.retain(|&instance, hosts| {
            before.extend(hosts.remove(id).map(|_| instance));
            !hosts.is_empty()
        });
        for (domain, condition) in domains.filter(|(_, condition)| condition.is_active()) {
            if let Some(entry) = self.instances.get_mut(&domain) {
                let sighting = Sighting { condition, at };
                self.foreign.entry(domain).or_default().insert(id.clone(), sighting);
                // N2 holds over a restart as well: it may be there still when the host is not.
                if entry.record.last_active.as_ref().is_none_or(|last| last.host != *id) {
                    entry.record.last_active = Some(LastActive { host: id.clone(), at });
                    self.turn.write(domain);
                }
                self.turn.then(Effect::LookAt(domain, at));
            }
        }
        self.not_there_any_more(id);
        // It may have been there twice, and is not any more.
        before.retain(|instance| !self.foreign.contains_key(instance));
        for instance in before {
            self.turn.then(Effect::LookAt(instance, at));
        }
    }

    /// Those of other hosts that were seen active on this one last, and are not active there now, are
    /// not thought to be there while it cannot be reached.
    fn not_there_any_more(&mut self, id: &HostId) {
        for (instance, entry) in &mut self.instances {
            let there = self.foreign.get(instance).is_some_and(|hosts| hosts.contains_key(id));
            let record = &mut entry.record;
            if let Some(last) = &mut record.last_active
                && last.host == *id
                && record.host != *id
                && !there
            {
                last.host.clone_from(&record.host);
                self.turn.write(*instance);
            }
        }
    }

    /// An instance is new: a host that was listed before may have had it active all the time.
    pub(super) fn sight_newcomer(&mut self, id: InstanceId) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        for (host, other) in self.hosts.iter().filter(|(host, _)| **host != entry.record.host) {
            let Some(domain) = other.others.get(&id).filter(|d| d.condition.is_active()) else {
                continue;
            };
            let (condition, at) = (domain.condition, other.listed_at);
            self.foreign.entry(id).or_default().insert(host.clone(), Sighting { condition, at });
            entry.record.last_active = Some(LastActive { host: host.clone(), at });
            self.turn.then(Effect::Relist(host.clone()));
        }
    }

    /// An instance is another host's from now on: if it was active on this one, it is so still until
    /// this one says otherwise.
    pub(super) fn stays_where_it_was(&mut self, id: InstanceId, from: &HostId, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let Some(condition) = entry.condition().filter(|condition| condition.is_active()) else {
            return;
        };
        let sighting = Sighting { condition, at: entry.seen_at.unwrap_or(now) };
        // N2 holds over a restart as well, whatever else had it active meanwhile.
        entry.record.last_active = Some(LastActive { host: from.clone(), at: sighting.at });
        self.turn.write(id);
        self.foreign.entry(id).or_default().insert(from.clone(), sighting);
        self.turn.then(Effect::Relist(from.clone()));
    }

    /// Where else the same UUID is, as far as the hosts were listed (N2).
    pub(super) fn elsewhere(&self, entry: &Entry) -> Elsewhere {
        if bug(Bug::StartedTwice) {
            return Elsewhere::Nowhere;
        }
        let record = &entry.record;
        let is_up = |host| self.hosts.get(host).is_some_and(|h| h.state == HostState::Up);
        let sightings = self.foreign.get(&record.id).into_iter().flatten();
        let mut found = Elsewhere::Nowhere;
        for (host, sighting) in sightings {
            if !is_up(host) {
                return Elsewhere::MaybeOn(host.clone());
            }
            let active_here = entry.condition().is_some_and(Condition::is_active);
            let at_once = active_here && entry.seen_at > Some(sighting.at);
            if at_once && !is_libvirts_work(sighting.condition) {
                return Elsewhere::Twice(host.clone());
            }
            found = Elsewhere::On(host.clone());
        }
        if found != Elsewhere::Nowhere {
            return found;
        }
        // It has gone to another host: one that was not listed since may have it.
        if let Some(observed) =
            record.observed.filter(|o| o.condition == Condition::ShutoffMigrated)
            && let Some((host, _)) = self
                .hosts
                .iter()
                .find(|(id, host)| **id != record.host && host.listed_at <= observed.since)
        {
            return Elsewhere::MaybeOn(host.clone());
        }
        // Where it was last seen active, before it was assigned to its present host.
        match record.last_active.as_ref().map(|active| &active.host) {
            Some(last) if *last != record.host && !is_up(last) => Elsewhere::MaybeOn(last.clone()),
            Some(_) | None => Elsewhere::Nowhere,
        }
    }

    /// Whether a look is awaited that tells if it is active twice: one on its own host, younger than
    /// another host's word that it is active there.
    pub(super) fn may_be_twice(&self, entry: &Entry) -> bool {
        let is_up = |host| self.hosts.get(host).is_some_and(|h| h.state == HostState::Up);
        self.foreign.get(&entry.record.id).into_iter().flatten().any(|(host, sighting)| {
            let awaited = entry.seen_at <= Some(sighting.at);
            awaited && is_up(host) && !is_libvirts_work(sighting.condition)
        })
    }

    /// Follows an instance that is not active on its own host to the one on which it is. Answers
    /// whether it has moved.
    pub(super) fn follow(&mut self, id: InstanceId, now: Timestamp) -> bool {
        let Some(entry) = self.instances.get(&id) else { return false };
        let Some(observed) = entry.record.observed else { return false };
        let gone = !observed.condition.is_active();
        let idle = entry.attempts.iter().all(|a| a.outcome.is_some());
        // What it was before the last action says nothing about where it is after that.
        let looked_since = entry.acted_at.is_none_or(|at| entry.seen_at > Some(at));
        if !gone || !idle || !looked_since {
            return false;
        }
        let Some(sightings) = self.foreign.get(&id) else {
            return self.follow_what_is_off(id, now);
        };
        let mut there = sightings.iter();
        let (Some((host, sighting)), None) = (there.next(), there.next()) else { return false };
        let is_up = self.hosts.get(host).is_some_and(|h| h.state == HostState::Up);
        if !is_up || is_libvirts_work(sighting.condition) {
            return false;
        }
        if sighting.at < observed.since {
            // What was there before it was gone here may be the past: that host is asked again.
            self.turn.then(Effect::Relist(host.clone()));
            return false;
        }
        let (to, sighting) = (host.clone(), *sighting);
        self.move_to(id, &to, sighting, now);
        true
    }

    /// Follows an instance that was migrated away and has gone down since, before it was seen where it
    /// went: its own host says that it is gone, none has it active, and exactly one has it, off. That
    /// is certain only where every host was asked since; an old definition somewhere else makes two.
    fn follow_what_is_off(&mut self, id: InstanceId, now: Timestamp) -> bool {
        let Some(entry) = self.instances.get(&id) else { return false };
        let Some(observed) = entry.record.observed else { return false };
        if observed.condition != Condition::ShutoffMigrated {
            return false;
        }
        let others = || self.hosts.iter().filter(|(host, _)| **host != entry.record.host);
        let asked = |host: &HostEntry| {
            host.state == HostState::Up && host.doubt.is_none() && host.listed_at > observed.since
        };
        if !others().all(|(_, host)| asked(host)) {
            return false;
        }
        let mut there = others().filter_map(|(id_of, host)| {
            let found = host.others.get(&id)?;
            let sighting = Sighting { condition: found.condition, at: host.listed_at };
            (found.condition != Condition::ShutoffMigrated).then_some((id_of, sighting))
        });
        let (Some((to, sighting)), None) = (there.next(), there.next()) else { return false };
        let to = to.clone();
        self.move_to(id, &to, sighting, now);
        true
    }

    fn move_to(&mut self, id: InstanceId, to: &HostId, there: Sighting, now: Timestamp) {
        let Some(entry) = self.instances.get(&id) else { return };
        let (from, Sighting { condition, at }) = (entry.record.host.clone(), there);
        let text = format!("it has moved to {to} (before: {from}), where it is {condition}");
        let line = Line::new(EventKind::Instance, text)
            .instance(id, to)
            .incident(entry.incident.as_ref().map(|i| i.id));
        tracing::info!(instance = %entry.record.name, "moved from {from} to {to}");
        self.reassign(id, &from, to, now);
        self.turn.write(id);
        self.note(now, line);
        // What its former host said of it is no reason for how it is on this one.
        self.record(id, Seen { condition, at, source: Source::Poll, before: None }, now);
    }
}
