//! What may be recorded of a domain.

use std::time::Duration;

use assured::hypervisor::sim::Read;
use assured::model::{Condition, DesiredState, Event, EventKind, InstanceId};
use assured::policy::refine;

use super::facts::{AHEAD, Facts, is_complete, observed_in};
use super::laws::{Broken, broken};
use super::stage::age_of;

/// No question is held up for longer by the script's faults.
const HELD_UP: Duration = Duration::from_secs(40);
/// No read takes longer: its deadline.
const LONGEST: Duration = Duration::from_secs(6);

/// N1: what is recorded as observed was the answer of a look at that domain on that host, taken when
/// the record says; and unless a test made the host say so, it was true then. `missing` that was not
/// true is believed only where so few are gone that N12 does not speak, or over two sessions.
pub fn observed_is_what_was_answered(facts: &Facts) -> Result<(), Broken> {
    for (place, event) in facts.new_events() {
        let (EventKind::Observed, Some(id)) = (event.kind, event.instance) else { continue };
        let (Some(seen), Some(host)) = (observed_in(event), &event.host) else { continue };
        let at = looked_at(event);
        // A question that is held up on its way is of the time at which it was to be asked.
        let late = if facts.log.held_up > 0 { HELD_UP } else { AHEAD };
        let near = |r: &&Read| r.host == *host && r.asked + AHEAD >= at && r.asked <= at + late;
        let of_then = facts.reads(at.saturating_sub(AHEAD), at + late + LONGEST);
        let answers = of_then.iter().filter(near).filter_map(|read| {
            let said = read.said.as_ref()?;
            let absent = is_complete(read).then_some(Condition::Missing);
            Some((read, said.get(&id).copied().or(absent)?))
        });
        let before = facts.known(id, place).observed;
        let fits = |c: Condition| same(before, c, seen);
        let reads: Vec<&Read> = answers.filter(|(_, said)| fits(*said)).map(|(r, _)| r).collect();
        if reads.is_empty() {
            return broken(facts, id, at, format!("{seen} on {host} was no look's answer"));
        }
        if reads.iter().any(|read| was_so(facts, event, read, fits)) {
            continue;
        }
        if seen != Condition::Missing {
            return broken(facts, id, at, format!("{seen} on {host} was not true"));
        }
        let enough = facts.settings.service.mass_change.at_least;
        let sessions = reads.iter().map(|read| sessions_without(facts, id, read)).max();
        if sessions < Some(2) && missed_before(facts, place) >= enough {
            let said = format!("missing on {host} was believed on the word of one session");
            return broken(facts, id, at, said);
        }
    }
    Ok(())
}

/// Whether it was so at some time while the question was on its way.
fn was_so(facts: &Facts, event: &Event, read: &Read, fits: impl Fn(Condition) -> bool) -> bool {
    let (Some(id), Some(host)) = (event.instance, &event.host) else { return false };
    // Within one moment, nobody knows what came first.
    let just_before = read.asked.saturating_sub(Duration::from_nanos(1));
    facts
        .record
        .changes
        .iter()
        .filter(|c| c.host == *host && c.id == id && c.at >= read.asked && c.at <= read.done)
        .map(|c| c.condition)
        .chain([facts.truth(host, id, just_before)])
        .any(fits)
}

pub fn looked_at(event: &Event) -> Duration {
    let at = event.detail.get("looked_at").and_then(|v| v.as_str());
    at.and_then(|at| at.parse().ok()).map_or_else(|| age_of(event.at), age_of)
}

/// Whether a record is what an answer comes to, after what was on record.
fn same(before: Option<Condition>, said: Condition, recorded: Condition) -> bool {
    let ours = (said, recorded) == (Condition::ShutoffShutdown, Condition::ShutoffTerminated);
    said == recorded || ours || refine(before, said) == recorded
}

/// Over how many sessions in a row it was said to be gone or down, up to this answer.
fn sessions_without(facts: &Facts, id: InstanceId, last: &Read) -> usize {
    let is_up = |r: &Read| r.said.as_ref().and_then(|s| s.get(&id)).is_some_and(|c| c.is_active());
    let mut sessions: Vec<u64> = facts
        .complete(&last.host)
        .rev()
        .skip_while(|r| !std::ptr::eq(*r, last))
        // What was asked later says nothing of then, though it was answered sooner.
        .filter(|r| r.asked <= last.asked)
        .take_while(|r| !is_up(r))
        .map(|r| r.session)
        .collect();
    sessions.dedup();
    sessions.len()
}

/// How many instances of the host were active, as far as was recorded before this look's first
/// event, and supposed to be in memory.
fn missed_before(facts: &Facts, place: usize) -> usize {
    let (event, at) = (&facts.events[place], looked_at(&facts.events[place]));
    let of_this_look =
        |e: &Event| e.kind == EventKind::Observed && e.host == event.host && looked_at(e) == at;
    let first = facts.events.iter().position(of_this_look).unwrap_or(place);
    let mut ids: Vec<_> = facts.events[first..=place]
        .iter()
        .filter(|e| of_this_look(e) && e.text.starts_with("missing"))
        .filter_map(|e| e.instance)
        .collect();
    ids.dedup();
    let is_missed = |id: &InstanceId| {
        let known = facts.known(*id, first);
        known.observed.is_some_and(Condition::is_active)
            && known.desired.is_some_and(|d| d != DesiredState::Shutoff)
            && !known.in_flight
    };
    ids.iter().filter(|id| is_missed(id)).count()
}

/// N12: while an answer of a host in which much is gone awaits its second look, nothing is begun and
/// nothing is accepted there.
pub fn nothing_is_done_while_doubted(facts: &Facts) -> Result<(), Broken> {
    let mut doubted = std::collections::BTreeMap::new();
    for event in &facts.events {
        let Some(host) = &event.host else { continue };
        let opens = event.kind != EventKind::IncidentClosed;
        if opens && event.text.contains("are gone or down in one look") {
            doubted.insert(host.clone(), event.at);
        }
        // A new life, or a new book after an outage, begins with a listing of its own.
        if event.text.contains("the second look") || event.text.starts_with("up, ") {
            doubted.remove(host);
        }
        let accepts = event.by.as_deref().is_some_and(|by| by.starts_with("accept:"));
        if let (Some(since), Some(id)) = (doubted.get(host), event.instance)
            && (event.kind == EventKind::Attempt || accepts)
        {
            let said = format!("{} although {host} is doubted since {since}", event.text);
            return broken(facts, id, age_of(event.at), said);
        }
    }
    Ok(())
}
