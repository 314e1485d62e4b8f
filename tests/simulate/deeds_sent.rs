//! What must have been before an action is sent.

use std::collections::BTreeMap;

use assured::faults::Point;
use assured::hypervisor::sim::{Deed, Read};
use assured::hypervisor::{CallError, Operation};
use assured::model::{Condition, EventKind, HostId, OutcomeKind};

use super::facts::{AHEAD, Facts, desired_in, generation_in};
use super::laws::{Broken, broken};
use super::log::{Held, Working};
use super::plan::host_name;
use super::stage::age_of;

/// N7: every action has an intent of its own, written before, for the same command on the same host;
/// and one that was taken back was not sent.
pub fn an_intent_before_its_action(facts: &Facts) -> Result<(), Broken> {
    let sent_for = |deed: &Deed| Some(facts.attempt_of(deed)?.number);
    for (place, deed) in facts.new_deeds().iter().enumerate() {
        let Some(attempt) = facts.attempt_of(deed) else {
            return broken(facts, deed.id, deed.asked, "an action without an intent");
        };
        let place = facts.journal.len() - facts.new_deeds().len() + place;
        // What found its connection closed did not go out.
        let went_out = |d: &&Deed| !matches!(d.result, Some(Err(CallError::Closed { .. })));
        let of_it = |d: &&Deed| d.id == deed.id;
        let earlier = facts.journal[..place].iter().rev().filter(went_out).find(of_it);
        let mut wrong = Vec::new();
        if (attempt.command, &attempt.host) != (deed.command, &deed.host) {
            wrong.push("another command or host");
        }
        if attempt.outcome.is_some_and(|(_, at)| at + AHEAD < deed.asked) {
            wrong.push("over before");
        }
        if earlier.and_then(sent_for) == Some(attempt.number) {
            wrong.push("sent twice");
        }
        if !wrong.is_empty() {
            let said = format!("{} on {} is not {attempt:?}: {wrong:?}", deed.command, deed.host);
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    let answered = |k| matches!(k, OutcomeKind::Done | OutcomeKind::AlreadyThere);
    for (_, event) in facts.new_events().filter(|(_, e)| e.kind == EventKind::Outcome) {
        let number = event.detail.get("attempt").and_then(serde_json::Value::as_i64);
        let Some(attempt) = number.and_then(|number| facts.attempt(number)) else { continue };
        let Some((kind, at)) = attempt.outcome else { continue };
        let of_it = |d: &&Deed| d.id == attempt.id && sent_for(d) == Some(attempt.number);
        if answered(kind) && facts.journal.iter().rev().find(of_it).is_none() {
            return broken(facts, attempt.id, at, format!("{kind}, but it was not sent"));
        }
    }
    Ok(())
}

/// N7: each attempt has one outcome in the audit log, and none is without one in the end.
pub fn every_outcome_is_told_once(facts: &Facts) -> Result<(), Broken> {
    let mut told: BTreeMap<i64, usize> = BTreeMap::new();
    for event in facts.events.iter().filter(|e| e.kind == EventKind::Outcome) {
        let number = event.detail.get("attempt").and_then(serde_json::Value::as_i64);
        *told.entry(number.unwrap_or(0)).or_default() += 1;
    }
    let uprooted = |id| facts.log.uprooted.iter().any(|(_, other)| *other == id);
    for attempt in &facts.attempts {
        let times = told.get(&attempt.number).copied().unwrap_or(0);
        if times > 1 || (times == 0 && !uprooted(attempt.id)) {
            let said = format!("{times} outcomes of {attempt:?}");
            return broken(facts, attempt.id, attempt.at, said);
        }
    }
    Ok(())
}

/// N3: no action is sent for an instance whose desired state is newer than the one it was judged by.
///
/// What an actor has in its hands when the order comes goes out: it may be delayed there.
pub fn no_action_for_an_older_generation(facts: &Facts) -> Result<(), Broken> {
    let points = [Point::InstanceCarry, Point::InstanceLooked, Point::InstanceSending];
    let delays = points.map(|point| facts.plan.longest_delay(point));
    let in_hand = delays.into_iter().max().unwrap_or_default() + AHEAD;
    for deed in facts.new_deeds() {
        let Some(attempt) = facts.attempt_of(deed) else { continue };
        let newer = facts.events[attempt.place..].iter().find(|e| {
            e.instance == Some(deed.id)
                && e.kind == EventKind::Desired
                && desired_in(e).is_some()
                && generation_in(e).is_some_and(|g| g > attempt.generation)
                && age_of(e.at) + in_hand < deed.asked
        });
        if let Some(newer) = newer {
            let said = format!("{} after {}", deed.command, newer.text);
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    Ok(())
}

/// N11: between the intent and the action the domain was read over a live connection, and that look
/// still showed something that is not desired.
pub fn a_fresh_look_before_each_action(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let Some(attempt) = facts.attempt_of(deed) else { continue };
        let says = |read: &Read| {
            let said = read.said.as_ref()?;
            let complete = read.operation != Operation::ReadSome;
            said.get(&deed.id).copied().or(complete.then_some(Condition::Missing))
        };
        let looks: Vec<Condition> = facts
            .reads(attempt.at.saturating_sub(AHEAD), deed.asked)
            .iter()
            .filter(|r| r.host == deed.host && r.operation != Operation::Connect)
            .filter(|r| r.asked + AHEAD >= attempt.at && r.done <= deed.asked)
            .filter_map(says)
            .collect();
        let desired = facts.known(deed.id, attempt.place).desired;
        let reason = |seen: &&Condition| desired.is_none_or(|desired| !desired.is_met_by(**seen));
        if looks.iter().find(reason).is_none() {
            let said = format!("{}, but the fresh looks showed {looks:?}", deed.command);
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    Ok(())
}

/// N10: in each life of the service, no action before every host was listed in it, or could not be
/// reached twice.
pub fn every_host_is_tried_first(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let Some(life) = facts.life_of(deed.asked).map(|life| facts.log.lives[life].span) else {
            continue;
        };
        for number in 0..facts.plan.shape.hosts {
            let host = HostId::from(host_name(number).as_str());
            let of_this_life =
                |r: &&Read| r.host == host && r.asked >= life.from && r.done <= deed.asked;
            let reads = facts.reads(life.from, deed.asked).iter().filter(of_this_life);
            let tries = reads
                .filter(|r| matches!(r.operation, Operation::List | Operation::Connect))
                .filter(|r| r.operation == Operation::List || r.said.is_none());
            let (mut listed, mut failed) = (false, disturbed(facts, number));
            for read in tries {
                listed |= read.said.is_some();
                failed += usize::from(read.said.is_none());
                if listed || failed >= 2 {
                    break;
                }
            }
            if !listed && failed < 2 {
                let said = format!("{} before {host} was tried", deed.command);
                return broken(facts, deed.id, deed.asked, said);
            }
        }
    }
    Ok(())
}

/// How many of the tries of a host may have been ended by a fault of the script's, on their way to the host.
fn disturbed(facts: &Facts, host: usize) -> usize {
    facts.log.cut_off.iter().filter(|(_, other)| *other == host).count()
}

/// N14: while the database is out no action is begun: only what was written down before goes out.
pub fn no_action_without_the_database(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let during =
            facts.log.outages.iter().find(|o| o.has(deed.asked) && o.to != Some(deed.asked));
        let (Some(outage), Some(attempt)) = (during, facts.attempt_of(deed)) else { continue };
        if attempt.at > outage.from + AHEAD {
            return broken(facts, deed.id, deed.asked, "begun without the database");
        }
    }
    Ok(())
}

/// Holds: nothing is sent for an instance from the acknowledgement of a hold to its end.
pub fn no_action_on_what_is_held(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let before = |h: &&Held| h.id == deed.id && h.at <= deed.asked;
        let Some(held) = facts.log.holds.iter().rfind(before) else { continue };
        // What is forgotten is held no more.
        let gone = |(at, id): &(_, _)| *id == deed.id && *at + AHEAD >= held.at;
        let forgotten = facts.log.uprooted.iter().any(gone);
        // A clock that jumps ahead ends it earlier.
        let ahead = facts.log.jumped_ahead(held.at, deed.asked);
        let during = held.until.is_some_and(|until| deed.asked + AHEAD + ahead < until);
        if during && held.at + AHEAD < deed.asked && !forgotten {
            let said = format!("{} although it is held: {held:?}", deed.command);
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    Ok(())
}

/// Maintenance: nothing is sent to a host from the acknowledgement on until it may be over.
pub fn no_action_in_maintenance(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let of_host = |w: &&Working| host_name(w.host) == deed.host.as_str();
        // An acknowledgement of its begin is some way behind it; it may be over as soon as that is asked for.
        let counts = |w: &&Working| {
            if w.working { w.at + AHEAD < deed.asked } else { w.at <= deed.asked + AHEAD }
        };
        let last = facts.log.works.iter().filter(of_host).rfind(counts);
        let withheld = last.filter(|working| working.working);
        if let Some(working) = withheld {
            let said = format!("{} although {} is worked on: {working:?}", deed.command, deed.host);
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    Ok(())
}
