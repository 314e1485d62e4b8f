//! What the arbiter knows: the database's records in memory, and what was seen since.
//!
//! The book is plain data, changed by plain functions with the time given: [`super::seen`] takes in
//! looks, [`super::judge`] asks the policy and writes down what it says, [`super::orders`] takes
//! what the outside asks, [`super::hosts`] follows the hosts. Whatever they change is gathered in a
//! [`Turn`]. Not in here: actors, the database, and what is shown.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::mass::Doubt;
use super::moves::Sighting;
use super::outbox::Outbox;
use super::pauses::Pauses;
use super::retention::Retain;
use super::trouble::HostTrouble;
use super::turn::Turn;
use crate::config;
use crate::hypervisor::Listed;
use crate::model::{
    Attempt, AttemptId, Command, Condition, EventId, Generation, HostId, HostRecord, HostState,
    Incident, IncidentId, Instance, InstanceId, Kept, MassChange,
};
use crate::policy::{Admission, Decision, Limits, Policies};
use crate::snapshot::{Freshness, Moment};

/// Where else instances are active, by host.
pub(super) type Foreign = HashMap<InstanceId, BTreeMap<HostId, Sighting>>;

/// All that the arbiter knows.
#[derive(Debug)]
pub(super) struct Book {
    /// The policies in force.
    pub(super) policies: Arc<Policies>,
    /// Every instance.
    pub(super) instances: HashMap<InstanceId, Entry>,
    /// Every configured host.
    pub(super) hosts: BTreeMap<HostId, HostEntry>,
    /// What the database has of hosts that are not configured.
    pub(super) absent: HashMap<HostId, HostRecord>,
    /// Instances that were listed active on hosts other than their own.
    pub(super) foreign: Foreign,
    /// Who may act.
    pub(super) admission: Admission,
    /// Whether actions may be taken at all.
    pub(super) gate: Gate,
    /// When something is due by itself.
    pub(super) alarms: BTreeSet<(Timestamp, Alarm)>,
    /// How many instances of a host that are gone at once are too many to be believed at first.
    pub(super) mass_change: MassChange,
    /// Whether definitions by which the hypervisor would act by itself are corrected.
    pub(super) passive_hypervisor: bool,
    /// Who is told of what.
    pub(super) outbox: Outbox,
    /// The last numbers given out.
    pub(super) last: LastIds,
    /// When incidents were opened in the last hour, oldest first.
    pub(super) opened_at: VecDeque<Timestamp>,
    /// How many incidents are open, by severity.
    pub(super) open_incidents: [usize; crate::model::Severity::ALL.len()],
    /// When what is old is forgotten.
    pub(super) retain: Retain,
    /// What this turn has changed.
    pub(super) turn: Turn,
}

/// What is due by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// A hold of this instance's may be over.
    Hold(InstanceId),
    /// To write down when the hosts answered last.
    KeepSeen,
    /// To list the hosts again on which something is awaited.
    Awaited,
    /// To forget some of what is old.
    Forget,
}

/// Whether actions may be taken at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// N10: not before every reachable host was listed once.
    Starting,
    /// They may.
    Open,
    /// The service is ending: none any more.
    Draining,
}

/// The last numbers given out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastIds {
    pub(super) event: EventId,
    pub(super) incident: IncidentId,
    pub(super) attempt: AttemptId,
}

/// An instance, with what is known beyond its record.
#[derive(Debug)]
pub(super) struct Entry {
    /// What the database has, or will have at the end of this turn.
    pub(super) record: Instance,
    /// The attempts that count, oldest first.
    pub(super) attempts: Vec<Attempt>,
    /// The incident that it is in.
    pub(super) incident: Option<Incident>,
    /// The time of the youngest look that told something.
    pub(super) seen_at: Option<Timestamp>,
    /// When the last action ended.
    pub(super) acted_at: Option<Timestamp>,
    /// When it was asked to shut down, the last time, and for which change of the desired state.
    pub(super) asked_down: Option<(Timestamp, Generation)>,
    /// Actions that were taken back in a row.
    pub(super) pauses: Pauses,
    /// How long it was in its desired state before the present break, while that may still make its
    /// budget fresh.
    pub(super) calm: Option<SignedDuration>,
    /// A grace is counted from here on at the earliest: the host has come back, or a hold or its
    /// host's maintenance has ended.
    pub(super) grace_from: Option<Timestamp>,
    /// When it went down by itself, the last time: no order and no action of ours.
    pub(super) fell_at: Option<Timestamp>,
    /// The last answer of the policy.
    pub(super) decision: Option<Decision>,
    /// What the audit log was told of that answer: the same is not told again.
    pub(super) told: Option<String>,
    /// What is known of its definition that is kept.
    pub(super) definition: Option<Kept>,
    /// What the audit log was told of a correction of that which failed: it is not told again.
    pub(super) correction_failed: Option<String>,
    /// Its actor is there, to look and to act.
    pub(super) attended: bool,
    /// Its actor fails again and again.
    pub(super) quarantined: bool,
    /// When it was looked at, for what is shown.
    pub(super) freshness: Arc<Freshness>,
}

impl Entry {
    pub(super) fn new(record: Instance) -> Self {
        Self {
            record,
            attempts: Vec::new(),
            incident: None,
            seen_at: None,
            acted_at: None,
            asked_down: None,
            pauses: Pauses::default(),
            calm: None,
            grace_from: None,
            fell_at: None,
            decision: None,
            told: None,
            definition: None,
            correction_failed: None,
            attended: false,
            quarantined: false,
            freshness: Arc::new(Freshness::never()),
        }
    }

    /// The condition that counts, once there is one.
    pub(super) fn condition(&self) -> Option<Condition> {
        self.record.observed.map(|o| o.condition)
    }

    /// A look from before this says nothing about what is desired now, or about what came of the
    /// last action.
    pub(super) fn valid_from(&self) -> Timestamp {
        let since = self.record.desired.since;
        self.acted_at.map_or(since, |at| at.max(since))
    }

    /// Notes that it was asked to shut down, if this did so.
    pub(super) fn note_shutdown(&mut self, attempt: &Attempt) {
        if attempt.command == Command::Shutdown && attempt.may_have_reached() {
            let at = attempt.outcome.as_ref().map_or(attempt.at, |outcome| outcome.at);
            self.asked_down = Some((at, attempt.generation));
        }
    }

    /// Whether a guest that has shut itself down answers a shutdown that it was asked for before
    /// something else was desired: guests may take their time.
    pub(super) fn answers_a_shutdown(&self, seen: Condition, at: Timestamp) -> bool {
        let before = self.record.desired.generation;
        seen == Condition::ShutoffShutdown
            && self.asked_down.is_some_and(|(asked, generation)| {
                let late = at.duration_since(asked);
                generation < before && late < Attempt::SHUTDOWN_ANSWERED_WITHIN
            })
    }

    /// Whether it is as desired, as far as was seen.
    pub(super) fn is_in_sync(&self) -> bool {
        self.condition().is_some_and(|c| self.record.desired.state.is_met_by(c))
    }

    /// The attempt that is under way.
    pub(super) fn in_flight(&mut self) -> Option<&mut Attempt> {
        self.attempts.iter_mut().rev().find(|a| a.outcome.is_none())
    }
}

/// A host of the configuration, and where its actor notes when it answered.
#[derive(Debug, Clone)]
pub struct HostPlan {
    /// What the configuration says.
    pub config: config::Host,
    /// When it last answered.
    pub last_seen: Arc<Moment>,
}

/// A host, with what is known beyond its record.
#[derive(Debug)]
pub(super) struct HostEntry {
    pub(super) record: HostRecord,
    pub(super) plan: HostPlan,
    pub(super) state: HostState,
    pub(super) since: Timestamp,
    pub(super) error: Option<String>,
    /// Its domains at the last full listing that are no instances of this host.
    pub(super) others: HashMap<InstanceId, Listed>,
    /// Those that were told of already.
    pub(super) told_unmanaged: BTreeSet<InstanceId>,
    /// Those that an operator has had the service forget: nothing is told or made of them by itself
    /// before they have gone.
    pub(super) forgotten: BTreeSet<InstanceId>,
    /// Instances of the configuration that it did not have at the last listing.
    pub(super) pending: Vec<config::Instance>,
    /// The ids of its instances.
    pub(super) instances: BTreeSet<InstanceId>,
    /// What it said that is not believed yet.
    pub(super) doubt: Option<Doubt>,
    /// The incident that it is in.
    pub(super) trouble: Option<HostTrouble>,
    /// When the connection was begun that it was listed over last.
    pub(super) connected_at: Timestamp,
    /// When it was asked for the last listing that was believed.
    pub(super) listed_at: Timestamp,
    /// Nothing was believed yet of what was listed over that connection.
    pub(super) is_returning: bool,
}

impl Book {
    /// An empty book.
    pub(super) fn new(policies: Arc<Policies>, limits: Limits, mass_change: MassChange) -> Self {
        Self {
            policies,
            instances: HashMap::new(),
            hosts: BTreeMap::new(),
            absent: HashMap::new(),
            foreign: HashMap::new(),
            admission: Admission::new(limits),
            gate: Gate::Starting,
            alarms: BTreeSet::new(),
            mass_change,
            passive_hypervisor: false,
            outbox: Outbox::default(),
            last: LastIds::default(),
            opened_at: VecDeque::new(),
            open_incidents: [0; crate::model::Severity::ALL.len()],
            retain: Retain::default(),
            turn: Turn::default(),
        }
    }

    /// Does what is due by itself by now.
    pub(super) fn times_up(&mut self, now: Timestamp) {
        while let Some((at, alarm)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarms.remove(&(at, alarm));
            match alarm {
                Alarm::Hold(id) => self.end_holds(id, now),
                Alarm::KeepSeen => self.keep_seen(now),
                Alarm::Awaited => self.list_where_awaited(),
                Alarm::Forget => self.forget_old(now),
            }
        }
    }

    /// The next number of an attempt.
    pub(super) fn next_attempt(&mut self) -> AttemptId {
        self.last.attempt = self.last.attempt.next();
        self.last.attempt
    }

    /// The next number of an incident.
    pub(super) fn next_incident(&mut self) -> IncidentId {
        self.last.incident = self.last.incident.next();
        self.last.incident
    }

    /// Puts an instance into the book, and into its host's list.
    pub(super) fn put(&mut self, entry: Entry) {
        if let Some(host) = self.hosts.get_mut(&entry.record.host) {
            host.instances.insert(entry.record.id);
            host.others.remove(&entry.record.id);
        }
        self.turn.touch(entry.record.id);
        let id = entry.record.id;
        self.alarms.extend(entry.record.holds.iter().map(|h| (h.until, Alarm::Hold(id))));
        self.instances.insert(entry.record.id, entry);
    }

    /// The names of all policies, for a sentence.
    pub(super) fn policy_names(&self) -> String {
        self.policies.iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    }

    /// A draw from −1 to 1 for an instance's next delay: the same until the next attempt.
    pub(super) fn draw(entry: &Entry) -> f64 {
        let last = entry.attempts.last().map_or(0, |a| a.id.0.unsigned_abs());
        let seed = entry.record.id.0.as_u64_pair().0 ^ last.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        fastrand::Rng::with_seed(seed).f64().mul_add(2.0, -1.0)
    }
}
