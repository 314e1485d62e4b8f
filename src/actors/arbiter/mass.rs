//! When much goes down at once: what is not believed yet (N12), and what was no owner's wish.
//!
//! Three things look like many machines going down. An answer can be wrong: it is not believed
//! before a second look, over a new connection, says the same. A host can have rebooted: what it had
//! is brought back, however its guests seem to have ended. And a host can be on its way down, its
//! guests being powered off one by one: that is no owner's wish either.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entry};
use super::turn::Effect;
use crate::actors::traffic::HostListed;
use crate::hypervisor::Listed;
use crate::hypervisor::reader::Doubted;
use crate::model::{
    Action, Condition, DesiredState, DownWith, HostId, HostState, InstanceId, Severity,
};
use crate::policy::{Cell, Decision};

/// An answer of a host that is not believed yet.
#[derive(Debug)]
pub(super) struct Doubt {
    /// When it was asked: a connection that was begun later is a new one.
    at: Timestamp,
    active_before: usize,
    gone: Vec<InstanceId>,
}

/// What a second look says of what a first one had gone.
struct SecondLook {
    before: usize,
    there: Vec<InstanceId>,
    still: Vec<InstanceId>,
}

impl Entry {
    /// Whether it is supposed to be in memory, and was when it was seen last.
    fn is_up(&self) -> bool {
        self.record.desired.state != DesiredState::Shutoff
            && self.condition().is_some_and(Condition::is_active)
    }

    /// What the record tells of the time before the database was read.
    pub(super) fn remember(&mut self, host_seen: Option<Timestamp>) {
        let Some(observed) = self.record.observed else { return };
        if let (true, Some(active)) = (observed.condition.is_active(), &mut self.record.last_active)
        {
            // It was active for as long as its host was seen, and nothing else was written down.
            active.at = host_seen.map_or(active.at, |at| at.max(active.at));
        } else if !self.is_in_sync() {
            self.falls(observed.since);
        }
    }

    /// Notes that it went down by itself, as far as is known.
    pub(super) fn falls(&mut self, at: Timestamp) {
        let ours = self.attempts.iter().any(|a| a.outcome.is_none());
        if self.record.settled && self.record.desired.state != DesiredState::Shutoff && !ours {
            self.fell_at = Some(at);
        }
    }
}

impl Book {
    /// Whether the host was listed since this book was begun, and has not been lost since: what was
    /// doubted of it before, the book does not know.
    pub(super) fn is_listed(&self, host: &HostId) -> bool {
        self.hosts.get(host).is_some_and(|h| h.state == HostState::Up)
    }

    /// Whether what the host says is not believed for now.
    pub(super) fn is_doubted(&self, host: &HostId) -> bool {
        self.hosts.get(host).is_some_and(|h| h.doubt.is_some())
    }

    /// Whether a listing is to be believed. One in which much is gone is not, until a second look
    /// over a new connection says the same.
    pub(super) fn believes(&mut self, listing: &HostListed, now: Timestamp) -> bool {
        let Some(host) = self.hosts.get(&listing.host) else { return false };
        let active: BTreeSet<InstanceId> =
            listing.domains.iter().filter(|d| d.condition.is_active()).map(|d| d.id).collect();
        if let Some(doubt) = &host.doubt {
            if listing.connected_at <= doubt.at {
                // The host's actor may have been about to connect when it was asked for this.
                self.turn.then(Effect::ListAnew(listing.host.clone(), doubt.at));
                return false;
            }
            let (there, still) = doubt.gone.iter().copied().partition(|id| active.contains(id));
            let before = doubt.active_before;
            self.second_look(&listing.host, SecondLook { before, there, still }, now);
            return true;
        }
        let up = host.instances.iter().filter(|id| {
            self.instances.get(id).is_some_and(|entry| {
                entry.is_up() && entry.attempts.iter().all(|a| a.outcome.is_some())
            })
        });
        let (there, gone): (Vec<_>, Vec<_>) = up.copied().partition(|id| active.contains(id));
        let active_before = there.len() + gone.len();
        if !self.mass_change.is_met(active_before, gone.len()) {
            return true;
        }
        let at = listing.at;
        self.doubt(&listing.host, Doubted { at, active_before, gone }, now);
        self.turn.then(Effect::ListAnew(listing.host.clone(), at));
        false
    }

    /// So much is gone that it is not believed: nothing is recorded and nothing is done on the host
    /// until a second look.
    pub(super) fn doubt(&mut self, id: &HostId, doubted: Doubted, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if host.doubt.is_some() {
            return;
        }
        let Doubted { at, active_before, gone } = doubted;
        let summary = format!(
            "{} of {active_before} active instances of {id} are gone or down in one look",
            gone.len()
        );
        host.doubt = Some(Doubt { at, active_before, gone: gone.clone() });
        tracing::warn!(host = %id, "{summary}; a second look over a new connection is awaited");
        self.open_host_incident(id, summary, gone, now);
        self.touch_all(id);
    }

    /// The second look has come.
    fn second_look(&mut self, id: &HostId, look: SecondLook, now: Timestamp) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        host.doubt = None;
        let SecondLook { before, there, still } = look;
        let count = still.len();
        if self.mass_change.is_met(before, count) {
            self.note_of_host(id, format!("the second look says the same: {count} are gone"), now);
            self.raise_host_incident(id, Severity::Critical);
            for instance in still {
                self.went_down(instance, DownWith::Others);
            }
        } else {
            let text = format!("the second look finds {} of them: it was not true", there.len());
            self.note_of_host(id, text, now);
        }
        for instance in there {
            self.host_trouble_less(id, instance, now);
        }
    }

    /// A host that was not reachable is back, and this is what it lists. If it has rebooted, what it
    /// had is brought back; if not, every grace starts anew, for nobody saw what happened meanwhile.
    pub(super) fn returned(
        &mut self,
        id: &HostId,
        domains: &HashMap<InstanceId, Listed>,
        now: Timestamp,
    ) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if !std::mem::take(&mut host.is_returning) {
            return;
        }
        let instances: Vec<InstanceId> = host.instances.iter().copied().collect();
        let had: Vec<InstanceId> = instances
            .iter()
            .copied()
            .filter(|i| self.instances.get(i).is_some_and(|e| e.is_up() || self.may_accept(e)))
            .collect();
        // A daemon that knows why a domain is off has not been started since.
        let forgotten = |i: &InstanceId| match domains.get(i).map(|d| d.condition) {
            None | Some(Condition::ShutoffUnknown) => true,
            Some(_) => false,
        };
        if !had.is_empty() && had.iter().all(forgotten) {
            let when = if self.is_in_maintenance(id) { " after the maintenance" } else { "" };
            let text = format!(
                "it has rebooted: all {} instances that it had are down; they are brought back{when}",
                had.len()
            );
            self.note_of_host(id, text, now);
            for instance in had {
                self.went_down(instance, DownWith::Host);
            }
            return;
        }
        for instance in instances {
            if let Some(entry) = self.instances.get_mut(&instance)
                && !entry.is_in_sync()
            {
                entry.grace_from = Some(now);
            }
        }
    }

    /// Whether an instance that is about to be accepted went down together with so many others of
    /// its host, within its grace, that it was the host's doing. Then all of them are brought back.
    pub(super) fn fell_with_many(
        &mut self,
        id: InstanceId,
        decision: &Decision,
        now: Timestamp,
    ) -> bool {
        let Some(matched) = decision.rule.filter(|m| m.rule.action == Action::Accept) else {
            return false;
        };
        let Some(entry) = self.instances.get(&id) else { return false };
        let Some(fell_at) = entry.fell_at else { return false };
        let grace = SignedDuration::try_from(matched.rule.grace).unwrap_or(SignedDuration::MAX);
        let from = fell_at.saturating_sub(grace).unwrap_or(Timestamp::MIN);
        let host = entry.record.host.clone();
        let Some(on_host) = self.hosts.get(&host) else { return false };
        let (mut fell, mut up) = (Vec::new(), 0);
        for other in on_host.instances.iter().filter_map(|i| self.instances.get(i)) {
            if other.fell_at.is_some_and(|at| at >= from) {
                fell.push(other.record.id);
            } else if other.is_up() {
                up += 1;
            }
        }
        if !self.mass_change.is_met(up + fell.len(), fell.len()) {
            return false;
        }
        let text = format!(
            "{} of {} instances went down within {} of each other: the host's doing, not their owners' wish; they are brought back",
            fell.len(),
            up + fell.len(),
            humantime::format_duration(matched.rule.grace),
        );
        self.note_of_host(&host, text, now);
        for &instance in &fell {
            self.went_down(instance, DownWith::Others);
        }
        fell.retain(|&other| other != id);
        self.judge_mismatches(&fell, now);
        true
    }

    /// What is down was not its owner's wish.
    fn went_down(&mut self, id: InstanceId, with: DownWith) {
        if let Some(entry) = self.instances.get_mut(&id)
            && entry.record.desired.state != DesiredState::Shutoff
            && entry.record.down_with != Some(with)
        {
            entry.record.down_with = Some(with);
            self.turn.write(id);
        }
    }

    /// Whether it is down, and the record may be about to follow.
    fn may_accept(&self, entry: &Entry) -> bool {
        let table = self.policies.get_or_default(&entry.record.policy);
        let Some(seen) = entry.condition().filter(|_| entry.record.settled) else { return false };
        match table.cell(entry.record.desired.state, seen) {
            Cell::InSync => false,
            Cell::Rule(matched) => matched.rule.action == Action::Accept && !seen.is_active(),
        }
    }
}
