//! What is an incident.

use std::time::Duration;

use assured::hypervisor::Acted;
use assured::hypervisor::sim::Deed;
use assured::model::{Event, EventKind, HostId};

use super::facts::{AHEAD, Facts, desired_in};
use super::laws::{Broken, broken};
use super::plan::host_name;
use super::stage::age_of;

/// N13: an incident is opened only where something has happened that the service did not do: the
/// script has touched the domain or its host since the instance was last known to be as desired; or
/// where an order's attempts are spent.
pub fn no_incident_of_our_own_making(facts: &Facts) -> Result<(), Broken> {
    for (place, event) in facts.new_events() {
        let (EventKind::IncidentOpened, Some(id)) = (event.kind, event.instance) else { continue };
        let at = age_of(event.at);
        // Put under the service's care while it is active on two hosts, it is an incident (N2).
        let hosts = (0..facts.plan.shape.hosts).map(|h| HostId::from(host_name(h).as_str()));
        if hosts.filter(|host| facts.truth(host, id, at).is_active()).count() > 1 {
            continue;
        }
        // What a host carries out after the attempt was over (it passed its deadline, or the service
        // ended) cannot be told from what somebody else did: it is drift.
        let carried_out = |d: &&Deed| d.id == id && d.result == Some(Ok(Acted::Done));
        let late = facts.journal.iter().filter(carried_out).filter_map(|deed| {
            let (_, told) = facts.attempt_of(deed)?.outcome?;
            deed.done.filter(|done| *done > told + AHEAD).map(|done| (done, id))
        });
        let happened: Vec<_> = facts.log.touched.iter().copied().chain(late).collect();
        let touched =
            |from: Duration| happened.iter().any(|(t, i)| *i == id && *t >= from && *t <= at);
        let own = |e: &&Event| e.instance == Some(id);
        // The last time that all was well, or that it was put under the service's care.
        let well = |e: &Event| match e.kind {
            // What an order ends is not over by that: active twice, it is active twice still.
            EventKind::IncidentClosed => !e.text.starts_with("superseded"),
            EventKind::Desired => desired_in(e).is_none(),
            EventKind::Instance => e.text.contains("adopted"),
            _ => false,
        };
        let since = facts.events[..place].iter().rev().filter(own).find(|e| well(e));
        let from = since.map_or(Duration::ZERO, |e| age_of(e.at));
        // How long it may take until something is noticed.
        let from = from.saturating_sub(Duration::from_secs(90));
        let tries = facts.attempts.iter().filter(|a| a.id == id && a.at >= from && a.at <= at);
        let last_word =
            facts.events[..place].iter().rev().filter(own).find(|e| e.kind == EventKind::Desired);
        let on_order = last_word.is_some_and(|e| desired_in(e).is_some());
        let spent =
            tries.count() > 0 && (on_order || since.is_none_or(|e| e.kind != EventKind::Desired));
        if !touched(from) && !spent {
            return broken(facts, id, at, format!("an incident of its own making: {}", event.text));
        }
    }
    Ok(())
}
