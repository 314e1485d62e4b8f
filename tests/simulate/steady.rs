//! What holds at every moment, checked after each step.

use std::time::Duration;

use assured::model::{HostState, InstanceId, Severity, Status};
use assured::snapshot::Fleet;
use assured::store::{IncidentQuery, IncidentState, Loaded};
use tokio::time::sleep;

use super::log::Log;
use super::plan::host_name;
use super::stage::{Reach, Stage};

/// How long a service may take until it has read the database, or found it usable again.
const SETTLED_AFTER: Duration = Duration::from_secs(7);

/// How long after a fault the arbiter may know less than the database: a hang is found in its
/// heartbeat of 30 s, it waits at most 10 s before it begins anew, and for an answer of the database as long.
const ARBITER_CALM: Duration = Duration::from_secs(60);
/// How long after a fault looks may be missing: a quarantine of five minutes, and some tries.
const CALM: Duration = Duration::from_secs(8 * 60);
/// No look is older where all is well: `missing` is looked for every minute.
const STALE: Duration = Duration::from_secs(75);

/// All of them. What is between two turns of the arbiter is given a moment.
pub async fn check(stage: &Stage) -> Result<(), String> {
    let mut last = Ok(());
    for _ in 0..4 {
        last = once(stage).await;
        if last.is_ok() {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    last
}

async fn once(stage: &Stage) -> Result<(), String> {
    if let Some(service) = &stage.service {
        looks_go_on(stage, &service.board.fleet())?;
    }
    if stage.is_out {
        return Ok(());
    }
    let _aside = stage.aside();
    let loaded = stage.rig.store.load().unwrap();
    kept(stage, &loaded)?;
    let Some(service) = &stage.service else { return Ok(()) };
    if service.over.get().is_some() {
        return Ok(());
    }
    let log = stage.log.borrow().clone();
    let begun = log.lives.last().map_or(Duration::ZERO, |life| life.span.from);
    let last_attempt = log.lives.last().map_or(0, |life| life.last_attempt);
    let usable = log.outages.last().and_then(|o| o.to).unwrap_or_default().max(begun);
    let fleet = service.board.fleet();
    never_restarted(&log, service)?;
    let settled = usable + SETTLED_AFTER;
    let calm = stage.calm.arbiter() + ARBITER_CALM;
    if stage.now() < settled.max(calm) || !fleet.database_healthy {
        return Ok(());
    }
    for attempt in loaded.attempts.iter().filter(|a| a.outcome.is_none()) {
        if attempt.id.0 <= last_attempt {
            return Err(format!("N7: of an earlier life, and without an outcome: {attempt:?}"));
        }
    }
    shown_is_stored(&fleet, &loaded)?;
    counted_is_stored(stage, &fleet, &loaded).await?;
    statuses_are_consistent(&fleet, log.disturbed > 0)
}

/// N6: the stored generation is never less than one that was acknowledged, and of that generation the
/// state is the acknowledged one.
fn kept(stage: &Stage, loaded: &Loaded) -> Result<(), String> {
    let log = stage.log.borrow();
    for ack in &log.acks {
        if log.uprooted.iter().any(|(_, id)| *id == ack.id) {
            continue;
        }
        let stored = loaded.instances.iter().find(|i| i.id == ack.id).map(|i| &i.desired);
        let holds = stored.is_some_and(|d| {
            d.generation > ack.generation
                || (d.generation == ack.generation && d.state == ack.state)
        });
        if !holds {
            return Err(format!("N6: {ack:?} was acknowledged, stored is {stored:?}"));
        }
    }
    Ok(())
}

/// N8, N9, N14: where nothing is wrong with a host, it is looked at, whatever is wrong with other hosts, with
/// the arbiter and with the database.
fn looks_go_on(stage: &Stage, fleet: &Fleet) -> Result<(), String> {
    let now = stage.now();
    let log = stage.log.borrow();
    let begun = log.lives.last().map_or(Duration::ZERO, |life| life.span.from);
    // A life that finds no database knows of nobody at whom to look, before it can read it.
    let out_then = log.outages.iter().filter(|outage| outage.has(begun));
    let begun = out_then.filter_map(|outage| outage.to).fold(begun, Duration::max);
    for view in fleet.instances.values() {
        let Some(seat) = stage.ids.iter().position(|id| *id == view.id) else { continue };
        let host = (0..stage.plan.shape.hosts).find(|&h| host_name(h) == view.host.as_str());
        let Some(host) = host else { continue };
        let well = stage.reach[host] == Reach::Up && !stage.slow[host];
        let uprooted = log.uprooted.iter().rfind(|(_, id)| *id == view.id).map(|(at, _)| *at);
        // Another place of its own is known to nobody at once.
        let moved = log.moved.iter().rfind(|(_, id)| *id == view.id).map(|(at, _)| *at);
        let touched = uprooted.max(moved).unwrap_or_default();
        let from = [begun, stage.calm.host(host), stage.calm.seat(seat), touched];
        let calm_since = from.into_iter().max().unwrap_or_default();
        let looked = view.freshness.at().map_or(Duration::ZERO, |at| stage.age_of(at));
        if well && now > calm_since + CALM && looked + STALE < now {
            return Err(format!(
                "N9: {} on {} was last looked at {:.3} s ago, and nothing is wrong with it since {:.3}",
                view.name,
                view.host,
                (now - looked).as_secs_f64(),
                calm_since.as_secs_f64()
            ));
        }
    }
    Ok(())
}

/// No actor of the service fails, whatever the world does: only where a fault was put into it.
fn never_restarted(log: &Log, service: &crate::rig::Service) -> Result<(), String> {
    if log.disturbed > 0 {
        return Ok(());
    }
    let tree = service.board.tree();
    match tree.iter().find(|(_, n)| n.restarts > 0 || n.state == "quarantined") {
        Some((id, node)) => Err(format!("an actor was restarted: {id:?} {node:?}")),
        None => Ok(()),
    }
}

/// What is shown of each instance is what is stored.
fn shown_is_stored(fleet: &Fleet, loaded: &Loaded) -> Result<(), String> {
    let ids: Vec<InstanceId> = loaded.instances.iter().map(|i| i.id).collect();
    let shown: Vec<InstanceId> = fleet.instances.keys().copied().collect();
    if ids != shown {
        return Err(format!("stored are {ids:?}, shown are {shown:?}"));
    }
    for stored in &loaded.instances {
        let view = &fleet.instances[&stored.id];
        let incident =
            loaded.open_incidents.iter().find(|i| i.instance == Some(stored.id)).map(|i| i.id);
        let same = view.name == stored.name
            && view.host == stored.host
            && view.policy == stored.policy
            && view.priority == stored.priority
            && view.desired == stored.desired
            && view.observed == stored.observed.map(|o| o.condition)
            && view.holds == stored.holds
            && view.incident == incident;
        if !same {
            return Err(format!("shown is not stored ({incident:?}):\n{view:#?}\n{stored:#?}"));
        }
    }
    Ok(())
}

/// The counters are those of what is shown and stored.
async fn counted_is_stored(stage: &Stage, fleet: &Fleet, loaded: &Loaded) -> Result<(), String> {
    for &status in Status::ALL {
        let counted = fleet.instances.values().filter(|v| v.status == status).count();
        let of_hosts: usize = fleet.hosts.values().map(|h| h.by_status[status as usize]).sum();
        if (fleet.with_status(status), of_hosts) != (counted, counted) {
            let said = fleet.with_status(status);
            return Err(format!("{counted} are {status}, counted {said}, of hosts {of_hosts}"));
        }
    }
    let query =
        IncidentQuery { state: Some(IncidentState::Open), limit: 10_000, ..Default::default() };
    let open = stage.rig.store.incidents(query).await.unwrap();
    for &severity in Severity::ALL {
        let stored = open.iter().filter(|i| i.severity == severity).count();
        let shown = fleet.open_incidents[severity as usize];
        if stored != shown {
            return Err(format!("{stored} incidents are open and {severity}, shown {shown}"));
        }
    }
    let under_way = loaded.attempts.iter().filter(|a| a.outcome.is_none());
    let (under_way, shown) = (under_way.count(), fleet.actions_in_flight);
    if under_way != shown {
        return Err(format!("{under_way} attempts are under way, shown {shown}"));
    }
    Ok(())
}

/// The status of each instance fits with what is desired, what is observed, and its host.
fn statuses_are_consistent(fleet: &Fleet, disturbed: bool) -> Result<(), String> {
    for view in fleet.instances.values() {
        let met = view.observed.is_some_and(|c| view.desired.state.is_met_by(c));
        let up = fleet.hosts[&view.host].state == HostState::Up;
        let consistent = match view.status {
            Status::Quarantined => disturbed,
            Status::InSync => met && up,
            // Not read yet; or its host is not there, or not believed.
            Status::Unknown => true,
            // What was seen is older than the last change; or it is active twice.
            Status::Repairing => up,
            Status::OutOfSync => up,
            Status::Settling | Status::BackingOff | Status::GivenUp => !met && up,
            Status::Held => up && (!met || fleet.hosts[&view.host].maintenance.is_some()),
        };
        if !consistent || (!up && view.reachable) {
            return Err(format!("{} is {}, host up: {up}\n{view:#?}", view.name, view.status));
        }
    }
    Ok(())
}
