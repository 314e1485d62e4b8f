//! What was acknowledged is kept.

use std::collections::BTreeMap;

use assured::model::{DesiredState, EventKind, InstanceId};

use super::facts::{Facts, added_in, desired_in, generation_in};
use super::laws::{Broken, broken};
use super::stage::age_of;

/// The desired states of an instance by generation, with who said each.
type Said = BTreeMap<i64, (DesiredState, String)>;

/// N6: what was acknowledged is in the audit log with its generation; and the answer shows what was
/// asked for, unless the policy has accepted something since.
pub fn acknowledged_is_kept(facts: &Facts) -> Result<(), Broken> {
    for ack in &facts.log.acks {
        let uprooted = |&(_, id): &(_, InstanceId)| id == ack.id;
        if facts.log.uprooted.iter().any(uprooted) {
            continue;
        }
        let said = said_of(facts, ack.id);
        let found = said.get(&ack.generation.0);
        let Some((state, by)) = found else {
            return broken(facts, ack.id, ack.at, format!("{ack:?} is not in the audit log"));
        };
        let accepted = by.starts_with("accept:");
        let later =
            facts.log.acks.iter().any(|other| {
                other.id == ack.id && other.sent >= ack.sent && other.asked == ack.state
            });
        if *state != ack.state || (ack.state != ack.asked && !accepted && !later) {
            let said = format!("{ack:?}, but the audit log says {state} by {by}");
            return broken(facts, ack.id, ack.at, said);
        }
    }
    Ok(())
}

/// N6: the generations of each instance grow by one in the audit log, so none was lost and none was
/// given twice.
pub fn generations_grow_by_one(facts: &Facts) -> Result<(), Broken> {
    let mut last: BTreeMap<InstanceId, i64> = BTreeMap::new();
    for event in &facts.events {
        let Some(id) = event.instance else { continue };
        if event.kind == EventKind::Instance && added_in(event).is_some() {
            last.insert(id, 1);
        }
        let (EventKind::Desired, Some(_)) = (event.kind, desired_in(event)) else { continue };
        let (Some(generation), Some(before)) = (generation_in(event), last.get(&id)) else {
            return broken(facts, id, age_of(event.at), "desired before it was added");
        };
        if generation != before + 1 {
            let said = format!("generation {generation} after {before}");
            return broken(facts, id, age_of(event.at), said);
        }
        last.insert(id, generation);
    }
    Ok(())
}

/// What was ever desired of an instance.
pub fn said_of(facts: &Facts, id: InstanceId) -> Said {
    let mut said = Said::new();
    for event in facts.events.iter().filter(|e| e.instance == Some(id)) {
        let by = event.by.clone().unwrap_or_default();
        if event.kind == EventKind::Instance
            && let Some(state) = added_in(event)
        {
            said = Said::from([(1, (state, by))]);
        } else if event.kind == EventKind::Desired
            && let (Some(state), Some(generation)) = (desired_in(event), generation_in(event))
        {
            said.insert(generation, (state, by));
        }
    }
    said
}
