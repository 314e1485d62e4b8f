//! Where everything comes to rest, once nothing is wrong with the world any more.

use std::time::Duration;

use assured::model::{Action, Condition, HostId, HostState, State, Status};
use assured::policy::{Cell, refine};
use assured::snapshot::{Fleet, InstanceView};
use assured::store::{IncidentQuery, IncidentState};

use super::plan::host_name;
use super::stage::Stage;

/// Liveness: each instance is in its desired state, or its policy says why not; nothing is under way,
/// nobody waits for his turn, no hold is left, every host is up, every look is fresh.
pub async fn check(stage: &Stage) -> Result<(), String> {
    let Some(service) = &stage.service else { return Err("there is no service".to_owned()) };
    let fleet = service.board.fleet();
    if (fleet.actions_in_flight, fleet.actions_waiting) != (0, 0) {
        let (flying, waiting) = (fleet.actions_in_flight, fleet.actions_waiting);
        return Err(format!("{flying} actions are under way, {waiting} wait"));
    }
    if let Some(host) = fleet.hosts.values().find(|h| h.state != HostState::Up) {
        return Err(format!("{} is {}: {:?}", host.id, host.state, host.error));
    }
    if let Some(host) = fleet.hosts.values().find(|h| pending(stage, h)) {
        return Err(format!("{} awaits {:?}, which it has", host.id, host.pending));
    }
    for view in fleet.instances.values() {
        rests(stage, &fleet, view).map_err(|why| format!("{why}:\n{view:#?}"))?;
    }
    incidents_are_of_mismatches(stage, &fleet).await
}

/// Whether a host has something that it is said not to have.
fn pending(stage: &Stage, host: &assured::snapshot::HostView) -> bool {
    host.pending.iter().any(|name| {
        let seat = stage.plan.shape.seats.iter().position(|s| s.name == *name);
        seat.is_some_and(|seat| {
            stage.rig.host(host.id.as_str()).condition(stage.ids[seat]) != Condition::Missing
        })
    })
}

fn rests(stage: &Stage, fleet: &Fleet, view: &InstanceView) -> Result<(), String> {
    let truth = stage.rig.host(view.host.as_str()).condition(view.id);
    let Some(seen) = view.observed else { return Err("it was never seen".to_owned()) };
    let ours = (truth, seen) == (Condition::ShutoffShutdown, Condition::ShutoffTerminated);
    if refine(Some(seen), truth) != seen && !ours {
        return Err(format!("it is {truth}, {seen} is on record"));
    }
    let looked = view.freshness.at().map(|at| stage.age_of(at));
    let oldest = stage.now().saturating_sub(Duration::from_secs(120));
    if looked.is_none_or(|at| at < oldest) {
        return Err(format!("the last look was at {looked:?}"));
    }
    if !view.holds.is_empty() {
        return Err("it is held still".to_owned());
    }
    let elsewhere = elsewhere(stage, view);
    if view.desired.state.is_met_by(seen) {
        let twice = elsewhere.is_some() && seen.is_active();
        // One that libvirt works at may be about to leave there.
        let leaves = elsewhere.as_ref().is_some_and(|host| {
            let there = stage.rig.host(host.as_str()).condition(view.id);
            !matches!(there.state(), State::Running | State::Blocked)
        });
        let expected = if twice { Status::OutOfSync } else { Status::InSync };
        return if view.status == expected || (leaves && view.status == Status::InSync) {
            Ok(())
        } else {
            Err(format!("it is as desired, and {}, not {expected}", view.status))
        };
    }
    let table = stage.settings.policies.get_or_default(&view.policy);
    let Cell::Rule(matched) = *table.cell(view.desired.state, seen) else {
        return Err("no rule, and not as desired".to_owned());
    };
    let action = matched.rule.action;
    let explained = match view.status {
        Status::OutOfSync => {
            matches!(action, Action::Alert | Action::Ignore)
                || matches!(seen, Condition::Missing | Condition::ShutoffMigrated)
                || elsewhere.is_some()
                || matched.rule.max_downtime.is_some()
                || (action == Action::Accept
                    && assured::model::DesiredState::met_in(seen).is_none())
        }
        Status::GivenUp => view.attempts.used > 0,
        Status::BackingOff => view.next.as_ref().is_some_and(|n| n.at.is_some()),
        // libvirt's own work, for as long as that takes, where an order waits for its end.
        Status::Held => {
            matches!(seen.state(), State::Paused | State::NoState | State::Shutdown)
        }
        Status::InSync
        | Status::Settling
        | Status::Repairing
        | Status::Unknown
        | Status::Quarantined => false,
    };
    if explained {
        return Ok(());
    }
    let hosts = fleet.hosts.len();
    Err(format!(
        "{} of {hosts} hosts, {action} is its rule's action, elsewhere {elsewhere:?}",
        view.status
    ))
}

/// Another host on which it is active.
fn elsewhere(stage: &Stage, view: &InstanceView) -> Option<HostId> {
    (0..stage.plan.shape.hosts)
        .map(|h| HostId::from(host_name(h).as_str()))
        .filter(|h| *h != view.host)
        .find(|h| stage.rig.host(h.as_str()).condition(view.id).is_active())
}

/// Open incidents are those of instances that are not as desired.
async fn incidents_are_of_mismatches(stage: &Stage, fleet: &Fleet) -> Result<(), String> {
    let query =
        IncidentQuery { state: Some(IncidentState::Open), limit: 10_000, ..Default::default() };
    let _aside = stage.aside();
    let open = stage.rig.store.incidents(query).await.unwrap();
    for incident in &open {
        let about = match incident.instance {
            Some(id) => vec![id],
            None => incident.instances.clone(),
        };
        let status = |id| fleet.instances.get(id).map(|v| v.status);
        if about.iter().all(|id| matches!(status(id), None | Some(Status::InSync))) {
            return Err(format!("an incident is open of what is in sync: {incident:#?}"));
        }
        let one = |i: &&assured::model::Incident| {
            i.instance == incident.instance && i.host == incident.host
        };
        if open.iter().filter(one).count() > 1 {
            return Err(format!("two incidents are open of the same: {incident:#?}"));
        }
    }
    Ok(())
}
