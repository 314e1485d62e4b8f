//! The same machine in two places.

use std::time::Duration;

use assured::hypervisor::sim::Deed;
use assured::model::{Command, Condition, Event, EventKind, HostId, InstanceId};

use super::facts::Facts;
use super::laws::{Broken, broken};
use super::plan::host_name;
use super::stage::age_of;

/// How long it may take from an answer's arrival until it is known of.
const KNOWN_AFTER: Duration = Duration::from_millis(500);

/// N2: nothing is sent that makes a machine run while the last complete answer of another host, before
/// the intent, had it active; whether that host can be reached by now or not, and whichever life of the
/// service heard it.
pub fn nothing_is_started_twice(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds().iter().filter(|d| makes_it_run(d.command)) {
        let Some(attempt) = facts.attempt_of(deed) else { continue };
        for host in others(facts, deed) {
            if let Some((done, seen)) = last_answer(facts, &host, deed.id, attempt.at)
                && seen.is_active()
            {
                let said = format!(
                    "{} on {}, but {host} has said {seen} at {:.3}",
                    deed.command,
                    deed.host,
                    done.as_secs_f64()
                );
                return broken(facts, deed.id, deed.asked, said);
            }
        }
    }
    Ok(())
}

/// N2: where nobody moved or copied machines, none was active on two hosts at any time.
pub fn only_the_script_makes_doubles(facts: &Facts) -> Result<(), Broken> {
    let moved = |id: &InstanceId| facts.log.moved.iter().any(|(_, other)| other == id);
    match facts.doubly_active.iter().find(|id| !moved(id)) {
        Some(&id) => broken(facts, id, Duration::MAX / 2, "active on two hosts"),
        None => Ok(()),
    }
}

const fn makes_it_run(command: Command) -> bool {
    match command {
        Command::Start | Command::StartPaused | Command::Restart => true,
        Command::Resume | Command::Wakeup => true,
        Command::Pause | Command::Shutdown | Command::Destroy | Command::Redefine => false,
    }
}

/// N2: nothing at all is sent for a machine that was last seen active on its own host and on another,
/// which answers.
pub fn nothing_is_done_on_two(facts: &Facts) -> Result<(), Broken> {
    for deed in facts.new_deeds() {
        let Some(attempt) = facts.attempt_of(deed) else { continue };
        let here = last_answer(facts, &deed.host, deed.id, attempt.at);
        if !here.is_some_and(|(_, seen)| seen.is_active()) {
            continue;
        }
        // It was seen so for a while, and is so still.
        let still = |host: &HostId, at| facts.truth(host, deed.id, at).is_active();
        for host in others(facts, deed) {
            let there = last_answer(facts, &host, deed.id, attempt.at);
            let both = still(&host, attempt.at) && still(&deed.host, attempt.at);
            let lost =
                there.is_some_and(|(heard, _)| is_unreachable(facts, &host, heard, attempt.at));
            if both && !lost && there.is_some_and(|(_, seen)| seen.is_active()) {
                let said = format!("{} although it is active on {host} too", deed.command);
                return broken(facts, deed.id, deed.asked, said);
            }
        }
    }
    Ok(())
}

/// Whether it was said that a host cannot be reached, after it has answered last.
fn is_unreachable(facts: &Facts, host: &HostId, heard: Duration, at: Duration) -> bool {
    let said = |e: &Event| e.kind == EventKind::Host && e.host.as_ref() == Some(host);
    let of_now = |e: &&Event| said(e) && (heard..=at).contains(&age_of(e.at));
    facts.events.iter().rfind(of_now).is_some_and(|e| e.text.starts_with("unreachable"))
}

fn others(facts: &Facts, deed: &Deed) -> impl Iterator<Item = HostId> {
    let own = deed.host.clone();
    (0..facts.plan.shape.hosts)
        .map(|h| HostId::from(host_name(h).as_str()))
        .filter(move |h| *h != own)
}

/// Whether the actor that heard an answer has failed over it, and told nobody; or nobody could write it
/// down; or it was of a machine that was no instance then, of which nothing is written down.
fn is_lost(facts: &Facts, host: &HostId, id: InstanceId, heard: Duration, at: Duration) -> bool {
    let until = heard + KNOWN_AFTER;
    let failed = |e: &Event| e.kind == EventKind::Supervision && e.host.as_ref() == Some(host);
    // What was heard while nothing could be written down, nobody knows after the end of that life.
    let life = facts.life_of(heard).and_then(|life| facts.log.lives[life].span.to);
    let unwritten =
        |end: Duration| facts.log.outages.iter().any(|outage| outage.has(heard) && outage.has(end));
    let unmanaged = |end: Duration| end <= at && !facts.is_managed(id, heard + KNOWN_AFTER);
    life.is_some_and(|end| unwritten(end) || unmanaged(end))
        || facts.events.iter().any(|e| failed(e) && (heard..=until).contains(&age_of(e.at)))
}

/// The last complete answer of a host about a machine that was known of at a time, and not followed
/// by another on its way.
fn last_answer(
    facts: &Facts,
    host: &HostId,
    id: InstanceId,
    at: Duration,
) -> Option<(Duration, Condition)> {
    let alive = |done: Duration| facts.life_of(done).is_some();
    let last = facts.complete(host).rev().find(|r| r.done <= at && alive(r.done))?;
    if is_lost(facts, host, id, last.done, at) {
        return None;
    }
    let seen = last.said.as_ref()?.get(&id).copied().unwrap_or(Condition::Missing);
    (last.done + KNOWN_AFTER <= at).then_some((last.done, seen))
}
