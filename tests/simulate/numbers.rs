//! How many actions at once.

use std::time::Duration;

use assured::hypervisor::sim::Deed;
use assured::model::OutcomeKind;

use super::facts::{AHEAD, Facts};
use super::laws::{Broken, broken};

/// N4: at most one action at once on an instance, so many on a host, and so many in all.
///
/// What counts is what a life of the service has sent and waits for: from the call to its return, to
/// its deadline, or to the end of that life. What a host still does for a life that has ended, or
/// after a deadline, nobody can take back; the next life has to look before it acts (N7, N11). Nor does
/// anybody wait for what was sent for an instance that was forgotten or assigned elsewhere meanwhile, or by
/// an actor that has failed since.
pub fn no_more_at_once_than_allowed(facts: &Facts) -> Result<(), Broken> {
    let shape = &facts.plan.shape;
    for deed in facts.new_deeds() {
        let Some(life) = facts.life_of(deed.asked) else {
            return broken(facts, deed.id, deed.asked, "an action of no life");
        };
        let at_once: Vec<&Deed> = facts
            .journal
            .iter()
            .filter(|d| facts.life_of(d.asked) == Some(life))
            .filter(|d| d.asked <= deed.asked && end(facts, d) > deed.asked)
            .collect();
        let on_host = at_once.iter().filter(|d| d.host == deed.host).count();
        let on_it = at_once.iter().filter(|d| d.id == deed.id).count();
        let number = deed.host.as_str().trim_start_matches("kvm-").parse::<usize>().unwrap();
        let limit = shape.limits[number - 1];
        if on_it > 1 || on_host > limit || at_once.len() > shape.total {
            let said = format!(
                "{on_it} on it, {on_host} of {limit} on {}, {} of {} in all: {at_once:#?}",
                deed.host,
                at_once.len(),
                shape.total
            );
            return broken(facts, deed.id, deed.asked, said);
        }
    }
    Ok(())
}

/// When a call was over, for the one who made it.
fn end(facts: &Facts, deed: &Deed) -> Duration {
    let life = facts.life_of(deed.asked).and_then(|life| facts.log.lives[life].span.to);
    let deadline = deed.asked + facts.settings.service.action_deadline;
    let ends = [deed.done, life, given_up(facts, deed)];
    ends.into_iter().flatten().fold(deadline, Duration::min)
}

/// When its attempt was ended because its instance was forgotten, or assigned elsewhere, or because its actor
/// has failed.
fn given_up(facts: &Facts, deed: &Deed) -> Option<Duration> {
    let (kind, at) = facts.attempt_of(deed)?.outcome?;
    let during = |(told, id): &(_, _)| *id == deed.id && (deed.asked..=at + AHEAD).contains(told);
    let given_up = facts.log.disturbed > 0 || facts.log.uprooted.iter().any(during);
    // The clock's readings run ahead of the moment in which it was ended.
    (given_up && kind == OutcomeKind::Interrupted).then_some(at.saturating_sub(AHEAD))
}
