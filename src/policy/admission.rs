//! Who may act now, when more want to than may.
//!
//! At most so many actions at once on a host, and in all. Who waits is served fairly: those tried
//! less often first, so that each is tried before any is tried twice; among these by priority, and
//! then in the order of asking.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{HostId, InstanceId};

/// How many actions may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub total: usize,
}

/// An instance's claim to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Who.
    pub instance: InstanceId,
    /// On which host.
    pub host: HostId,
    /// How often it was tried already.
    pub tries: u32,
    /// Higher goes first.
    pub priority: i32,
}

type Rank = (u32, Reverse<i32>, u64, InstanceId);

/// The counts of what is under way, and the queues of who waits.
#[derive(Debug, Default)]
pub struct Admission {
    total: usize,
    hosts: HashMap<HostId, Lane>,
    /// The head of each host's queue that could go if the total allowed it.
    ready: BTreeSet<(Rank, HostId)>,
    running: HashMap<InstanceId, HostId>,
    waiting: BTreeMap<InstanceId, (HostId, Rank)>,
    asked: u64,
}

#[derive(Debug, Default)]
struct Lane {
    limit: usize,
    running: usize,
    queue: BTreeSet<Rank>,
}

impl Admission {
    /// Nothing under way, nobody waiting.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { total: limits.total, ..Self::default() }
    }

    /// Sets the limit in all.
    pub fn limit_total(&mut self, limits: Limits) {
        self.total = limits.total;
    }

    /// Sets a host's limit.
    pub fn limit_host(&mut self, host: &HostId, limit: usize) {
        self.change(host, |lane| lane.limit = limit);
    }

    /// Asks to act. Whether it is let in, [`Admission::admit`] says. A second claim of the same
    /// instance takes the place of the first, and is the first if nothing has changed; one that acts
    /// already is not queued again.
    pub fn ask(&mut self, place: Place) {
        if self.running.contains_key(&place.instance) {
            return;
        }
        if let Some((host, (tries, priority, ..))) = self.waiting.get(&place.instance)
            && (host, *tries, priority.0) == (&place.host, place.tries, place.priority)
        {
            // It keeps its place among equals, however often it asks.
            return;
        }
        self.leave(place.instance);
        self.asked += 1;
        let rank = (place.tries, Reverse(place.priority), self.asked, place.instance);
        self.waiting.insert(place.instance, (place.host.clone(), rank));
        self.change(&place.host, |lane| {
            lane.queue.insert(rank);
        });
    }

    /// Takes back a claim that waits.
    pub fn leave(&mut self, instance: InstanceId) {
        if let Some((host, rank)) = self.waiting.remove(&instance) {
            self.change(&host, |lane| {
                lane.queue.remove(&rank);
            });
        }
    }

    /// Lets the next one in, if there is room for anyone.
    pub fn admit(&mut self) -> Option<InstanceId> {
        if self.running.len() >= self.total {
            return None;
        }
        let (rank, host) = self.ready.first()?.clone();
        let instance = rank.3;
        self.waiting.remove(&instance);
        self.running.insert(instance, host.clone());
        self.change(&host, |lane| {
            lane.queue.remove(&rank);
            lane.running += 1;
        });
        Some(instance)
    }

    /// It acts already, and nobody asked here: from before the counts were begun anew.
    pub fn occupy(&mut self, instance: InstanceId, host: &HostId) {
        if !self.running.contains_key(&instance) {
            self.leave(instance);
            self.running.insert(instance, host.clone());
            self.change(host, |lane| lane.running += 1);
        }
    }

    /// Its action has ended.
    pub fn release(&mut self, instance: InstanceId) {
        if let Some(host) = self.running.remove(&instance) {
            self.change(&host, |lane| lane.running = lane.running.saturating_sub(1));
        }
    }

    /// How many are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether this one waits for its turn.
    #[must_use]
    pub fn is_waiting(&self, instance: InstanceId) -> bool {
        self.waiting.contains_key(&instance)
    }

    /// Changes a lane, and keeps its head among the ready ones if it has room.
    fn change(&mut self, host: &HostId, change: impl FnOnce(&mut Lane)) {
        let lane = self.hosts.entry(host.clone()).or_default();
        if let Some(&head) = lane.queue.first() {
            self.ready.remove(&(head, host.clone()));
        }
        change(lane);
        if let Some(&head) = lane.queue.first()
            && lane.running < lane.limit
        {
            self.ready.insert((head, host.clone()));
        }
    }
}
