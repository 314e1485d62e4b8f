//! Everything that is known of a run: the world's journal and record, the audit log, and what the
//! script knows. It is taken in step by step, and the laws are asked about what is new.

use std::collections::BTreeMap;
use std::time::Duration;

use assured::config::Settings;
use assured::hypervisor::Operation;
use assured::hypervisor::sim::{Deed, Read, Record};
use assured::model::{
    Command, Condition, DesiredState, Event, EventId, EventKind, HostId, InstanceId, OutcomeKind,
};
use assured::store::EventQuery;

use super::log::Log;
use super::plan::Plan;
use super::stage::{Stage, age_of};

/// The clock tells no time twice: within one moment of virtual time its readings run ahead of the
/// world's, by a microsecond each.
pub const AHEAD: Duration = Duration::from_millis(5);

pub struct Facts {
    pub plan: Plan,
    pub settings: Settings,
    pub log: Log,
    pub record: Record,
    pub journal: Vec<Deed>,
    /// The audit log. Its times are the world's: how far the clock was ahead is taken off.
    pub events: Vec<Event>,
    /// Every attempt that the audit log tells of, in order.
    pub attempts: Vec<Tried>,
    pub doubly_active: Vec<InstanceId>,
    places: BTreeMap<InstanceId, Vec<usize>>,
    numbers: BTreeMap<i64, usize>,
    asked: Asked,
}

/// What the laws were asked about already.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    deeds: usize,
    events: usize,
    attempts: usize,
    reads: usize,
}

/// An attempt, as the audit log tells of it.
#[derive(Debug, Clone)]
pub struct Tried {
    pub number: i64,
    pub id: InstanceId,
    pub host: HostId,
    pub command: Command,
    pub generation: i64,
    pub at: Duration,
    /// The place in the audit log.
    pub place: usize,
    pub outcome: Option<(OutcomeKind, Duration)>,
}

/// What the audit log says of an instance up to some place in it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub observed: Option<Condition>,
    pub desired: Option<DesiredState>,
    pub policy: Option<String>,
    pub in_flight: bool,
}

impl Facts {
    /// Nothing is known yet.
    pub fn new(stage: &Stage) -> Self {
        Self {
            plan: stage.plan.clone(),
            settings: stage.settings.clone(),
            log: Log::default(),
            record: Record::default(),
            journal: Vec::new(),
            events: Vec::new(),
            attempts: Vec::new(),
            doubly_active: Vec::new(),
            places: BTreeMap::new(),
            numbers: BTreeMap::new(),
            asked: Asked::default(),
        }
    }

    /// Takes in what has happened since. What was new before is not new any more.
    pub async fn update(&mut self, stage: &Stage) {
        let (deeds, events) = (self.journal.len(), self.events.len());
        let (attempts, reads) = (self.attempts.len(), self.record.reads.len());
        self.asked = Asked { deeds, events, attempts, reads };
        self.log = stage.log.borrow().clone();
        let world = &stage.rig.world;
        let more = world.record_since(self.record.changes.len(), self.record.reads.len());
        self.record.changes.extend(more.changes);
        self.record.reads.extend(more.reads);
        self.journal = world.journal();
        self.doubly_active = world.doubly_active();
        let _aside = stage.aside();
        let cursor = Some(EventId(self.events.last().map_or(0, |last| last.id.0)));
        let query = EventQuery { cursor, limit: 100_000, ..EventQuery::default() };
        for event in stage.rig.store.events(query).await.unwrap() {
            let event = self.log.in_world_time(event);
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        let place = self.events.len();
        let number = event.detail.get("attempt").and_then(serde_json::Value::as_i64);
        if let (Some(number), Some(id)) = (number, event.instance) {
            if event.kind == EventKind::Attempt {
                self.numbers.insert(number, self.attempts.len());
                self.attempts.push(Tried {
                    number,
                    id,
                    host: event.host.clone().unwrap(),
                    command: event.detail["command"].as_str().unwrap().parse().unwrap(),
                    generation: generation_in(&event).unwrap(),
                    at: age_of(event.at),
                    place,
                    outcome: None,
                });
            } else if event.kind == EventKind::Outcome
                && let Some(&known) = self.numbers.get(&number)
            {
                let kind = event.detail["outcome"].as_str().unwrap().parse().unwrap();
                self.attempts[known].outcome = Some((kind, age_of(event.at)));
            }
        }
        if let Some(id) = event.instance {
            self.places.entry(id).or_default().push(place);
        }
        self.events.push(event);
    }

    /// Actions that are new.
    pub fn new_deeds(&self) -> &[Deed] {
        &self.journal[self.asked.deeds..]
    }

    /// Reads that are new.
    pub fn new_reads(&self) -> &[Read] {
        &self.record.reads[self.asked.reads..]
    }

    /// Events that are new, with their places.
    pub fn new_events(&self) -> impl Iterator<Item = (usize, &Event)> {
        self.events.iter().enumerate().skip(self.asked.events)
    }

    /// Attempts that are new, with their places among all.
    pub fn new_attempts(&self) -> impl Iterator<Item = (usize, &Tried)> {
        self.attempts.iter().enumerate().skip(self.asked.attempts)
    }

    /// The attempt of a number.
    pub fn attempt(&self, number: i64) -> Option<&Tried> {
        Some(&self.attempts[*self.numbers.get(&number)?])
    }

    /// The events of an instance, with their places, in order.
    pub fn events_of(
        &self,
        id: InstanceId,
    ) -> impl DoubleEndedIterator<Item = (usize, &Event)> + '_ {
        let places = self.places.get(&id).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&place| (place, &self.events[place]))
    }

    /// The attempt that an action was sent for: the latest of its instance before it. Where several are as
    /// close as the clock's readings run ahead, the one that it fits best.
    pub fn attempt_of(&self, deed: &Deed) -> Option<&Tried> {
        let before = |t: &&Tried| t.id == deed.id && t.at <= deed.asked + AHEAD;
        let mut latest = self.attempts.iter().rev().filter(before);
        let last = latest.next()?;
        let fits = |t: &&&Tried| (t.command, &t.host) == (deed.command, &deed.host);
        let apart = |t: &&Tried| {
            let end = t.outcome.map_or(Duration::MAX, |(_, at)| at);
            let apart = t.at.saturating_sub(deed.asked).max(deed.asked.saturating_sub(end));
            // Within one moment, in which nothing of the world passes: the latest.
            if apart < Duration::from_millis(1) { Duration::ZERO } else { apart }
        };
        // What was begun within this moment may be for what was sent in it, and so may the one before.
        let close = |t: &&Tried| t.at + AHEAD >= last.at.min(deed.asked);
        let mut candidates = vec![last];
        while candidates.last().is_some_and(close) {
            let Some(before) = latest.next() else { break };
            candidates.push(before);
        }
        Some(candidates.iter().filter(fits).min_by_key(|t| apart(t)).unwrap_or(&last))
    }

    /// How an attempt has ended, and when. It may be written down later than the host has answered.
    pub fn end_of(&self, tried: &Tried) -> Option<(OutcomeKind, Duration)> {
        let (kind, told) = tried.outcome?;
        let of = |d: &&Deed| {
            let during = tried.at <= d.asked + AHEAD && d.asked <= told;
            (d.id, d.command) == (tried.id, tried.command) && during
        };
        let answered = self.journal.iter().rfind(of).and_then(|deed| deed.done);
        Some((kind, answered.map_or(told, |done| done.min(told))))
    }

    /// Whether a machine was an instance at a time.
    pub fn is_managed(&self, id: InstanceId, at: Duration) -> bool {
        let until = self.events_of(id).take_while(|(_, e)| age_of(e.at) <= at);
        let said = until.filter(|(_, e)| e.kind == EventKind::Instance);
        said.fold(false, |managed, (_, e)| {
            (managed || e.text.contains(" added, ")) && !e.text.ends_with(" forgotten")
        })
    }

    /// The life of the service that an action belongs to, as its place.
    pub fn life_of(&self, at: Duration) -> Option<usize> {
        self.log.lives.iter().rposition(|life| life.span.has(at))
    }

    /// How a domain was at a time.
    pub fn truth(&self, host: &HostId, id: InstanceId, at: Duration) -> Condition {
        let of =
            |c: &&assured::hypervisor::sim::Change| c.at <= at && c.host == *host && c.id == id;
        self.record.changes.iter().rev().find(of).map_or(Condition::Missing, |c| c.condition)
    }

    /// The reads that were answered from one time to another, in the order of their answers.
    pub fn reads(&self, from: Duration, to: Duration) -> &[Read] {
        let reads = &self.record.reads;
        let begin = reads.partition_point(|read| read.done < from);
        let end = reads.partition_point(|read| read.done <= to);
        &reads[begin..end.max(begin)]
    }

    /// Complete answers of a host, in the order of their ends.
    pub fn complete<'a>(&'a self, host: &'a HostId) -> impl DoubleEndedIterator<Item = &'a Read> {
        self.record.reads.iter().filter(move |r| r.host == *host && is_complete(r))
    }

    /// What the audit log has said of an instance before a place in it.
    pub fn known(&self, id: InstanceId, before: usize) -> Known {
        let mut known = Known::default();
        for (_, event) in self.events_of(id).take_while(|(place, _)| *place < before) {
            match event.kind {
                EventKind::Observed => known.observed = observed_in(event),
                EventKind::Desired => known.desired = desired_in(event).or(known.desired),
                EventKind::Attempt => known.in_flight = true,
                EventKind::Outcome => known.in_flight = false,
                EventKind::Instance => {
                    if event.text.contains(" added, ") {
                        let (desired, policy) = (added_in(event), self.first_policy(event));
                        known = Known { desired, policy, ..Known::default() };
                    }
                    if let Some((_, name)) = event.text.split_once("policy ") {
                        known.policy = name.split(',').next().map(str::to_owned);
                    }
                }
                _ => {}
            }
        }
        known
    }

    /// The policy that an instance is added with.
    fn first_policy(&self, added: &Event) -> Option<String> {
        let names = &self.plan.shape.names;
        match added.by.as_deref() {
            Some("config") => {
                let seat = self.plan.seat_of(added.instance?)?;
                Some(names[seat.policy].clone())
            }
            Some("adopt") => None,
            // As the script orders it.
            _ => names.last().cloned(),
        }
    }

    /// The end of the audit log, for a report of what is no one instance's.
    pub fn last_words(&self) -> String {
        let from = self.events.len().saturating_sub(60);
        let told = self.events[from..].iter().map(|event| {
            let at = age_of(event.at).as_secs_f64();
            let host = event.host.as_ref().map_or("", HostId::as_str);
            let name = event.instance.and_then(|id| self.plan.seat_of(id)).map_or("", |s| &s.name);
            format!("{at:>11.5} #{} {} {host} {name}: {}", event.id, event.kind, event.text)
        });
        told.collect::<Vec<_>>().join("\n")
    }

    /// The end of the story of an instance up to a time, for a report.
    pub fn story(&self, id: InstanceId, until: Duration) -> String {
        let until = until.saturating_add(Duration::from_secs(5));
        let mut lines: Vec<(Duration, String)> = Vec::new();
        for event in &self.events {
            let about = event.instance == Some(id)
                || (event.instance.is_none() && event.kind != EventKind::Note);
            if about && age_of(event.at) <= until {
                let host = event.host.as_ref().map_or("", HostId::as_str);
                let line = format!("#{} {} {host}: {}", event.id, event.kind, event.text);
                lines.push((age_of(event.at), line));
            }
        }
        for deed in self.journal.iter().filter(|d| d.id == id && d.asked <= until) {
            let done = deed.done.map(|d| d.as_secs_f64());
            let result = deed.result.as_ref().map(|r| match r {
                Ok(acted) => format!("{acted:?}"),
                Err(error) => error.to_string(),
            });
            let line = format!("  DEED {} {} done {done:?} {result:?}", deed.host, deed.command);
            lines.push((deed.asked, line));
        }
        for change in self.record.changes.iter().filter(|c| c.id == id && c.at <= until) {
            lines.push((change.at, format!("  TRUE {} {}", change.host, change.condition)));
        }
        lines.sort_by_key(|(at, _)| *at);
        let from = lines.len().saturating_sub(60);
        let text = lines[from..].iter().map(|(at, l)| format!("{:>11.5} {l}", at.as_secs_f64()));
        text.collect::<Vec<_>>().join("\n")
    }
}

/// Whether a read says how every domain of its host is.
pub fn is_complete(read: &Read) -> bool {
    matches!(read.operation, Operation::List | Operation::ReadAll) && read.said.is_some()
}

pub fn observed_in(event: &Event) -> Option<Condition> {
    event.text.split(' ').next()?.parse().ok()
}

/// What is desired from now on; none for the word that it was reached.
pub fn desired_in(event: &Event) -> Option<DesiredState> {
    event.detail.get("state")?.as_str()?.parse().ok()
}

pub fn added_in(event: &Event) -> Option<DesiredState> {
    let (_, rest) = event.text.split_once(" added, ")?;
    rest.split(' ').next()?.parse().ok()
}

pub fn generation_in(event: &Event) -> Option<i64> {
    event.detail.get("generation")?.as_i64()
}
