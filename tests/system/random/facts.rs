//! Everything that is known of a run after it: the world's journal and record, the audit log, and
//! what the script knows.

use std::collections::BTreeMap;
use std::time::Duration;

use assured::config::Settings;
use assured::hypervisor::Operation;
use assured::hypervisor::sim::{Deed, Read, Record};
use assured::model::{
    Command, Condition, DesiredState, Event, EventKind, HostId, InstanceId, OutcomeKind,
};

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
    pub events: Vec<Event>,
    /// Every attempt that the audit log tells of, in order.
    pub attempts: Vec<Tried>,
    pub doubly_active: Vec<InstanceId>,
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
    pub async fn gather(stage: &Stage) -> Self {
        let events = stage.rig.events().await;
        let attempts = attempts_in(&events);
        Self {
            plan: stage.plan.clone(),
            settings: stage.rig.settings(),
            log: stage.log.borrow().clone(),
            record: stage.rig.world.record(),
            journal: stage.rig.world.journal(),
            attempts,
            events,
            doubly_active: stage.rig.world.doubly_active(),
        }
    }

    /// The attempt that an action was sent for: the latest of its instance before it.
    pub fn attempt_of(&self, deed: &Deed) -> Option<&Tried> {
        self.attempts.iter().rev().find(|t| t.id == deed.id && t.at <= deed.asked + AHEAD)
    }

    /// The life of the service that an action belongs to, as its place.
    pub fn life_of(&self, at: Duration) -> Option<usize> {
        self.log.lives.iter().rposition(|life| life.has(at))
    }

    /// How a domain was at a time.
    pub fn truth(&self, host: &HostId, id: InstanceId, at: Duration) -> Condition {
        let of =
            |c: &&assured::hypervisor::sim::Change| c.at <= at && c.host == *host && c.id == id;
        self.record.changes.iter().rev().find(of).map_or(Condition::Missing, |c| c.condition)
    }

    /// Complete answers of a host, in the order of their ends.
    pub fn complete<'a>(&'a self, host: &'a HostId) -> impl DoubleEndedIterator<Item = &'a Read> {
        let all = |op: Operation| matches!(op, Operation::List | Operation::ReadAll);
        let reads = self.record.reads.iter();
        reads.filter(move |r| r.host == *host && all(r.operation) && r.said.is_some())
    }

    /// What the audit log has said of an instance before a place in it.
    pub fn known(&self, id: InstanceId, before: usize) -> Known {
        let mut known = Known::default();
        for event in self.events[..before].iter().filter(|e| e.instance == Some(id)) {
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

    /// The end of the story of an instance up to a time, for a report.
    pub fn story(&self, id: InstanceId, until: Duration) -> String {
        let until = until + Duration::from_secs(5);
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

fn attempts_in(events: &[Event]) -> Vec<Tried> {
    let mut attempts: BTreeMap<i64, Tried> = BTreeMap::new();
    let number = |e: &Event| e.detail.get("attempt").and_then(serde_json::Value::as_i64);
    for (place, event) in events.iter().enumerate() {
        let (Some(number), Some(id)) = (number(event), event.instance) else { continue };
        if event.kind == EventKind::Attempt {
            let tried = Tried {
                number,
                id,
                host: event.host.clone().unwrap(),
                command: event.detail["command"].as_str().unwrap().parse().unwrap(),
                generation: generation_in(event).unwrap(),
                at: age_of(event.at),
                place,
                outcome: None,
            };
            attempts.insert(number, tried);
        } else if event.kind == EventKind::Outcome
            && let Some(tried) = attempts.get_mut(&number)
        {
            let kind = event.detail["outcome"].as_str().unwrap().parse().unwrap();
            tried.outcome = Some((kind, age_of(event.at)));
        }
    }
    attempts.into_values().collect()
}
