//! How often something is tried.

use std::time::Duration;

use assured::model::{Action, Command, EventKind};
use assured::policy::{Cell, Exhausted, Rule};

use super::facts::{Facts, Tried};
use super::laws::{Broken, broken};

/// N5: of the attempts that count since the last time that the budget can have become fresh, never
/// more than the rule allows, whatever was restarted meanwhile; and once it is spent, none at all or
/// one at the slow pace.
///
/// A budget becomes fresh by a change of the desired state, by a word from outside, or by time in the
/// desired state: then there is a gap of at least the window of the second one's rule between two attempts.
pub fn no_more_attempts_than_the_budget(facts: &Facts) -> Result<(), Broken> {
    for (place, attempt) in facts.attempts.iter().enumerate() {
        if attempt.outcome.is_some_and(|(kind, _)| !kind.is_charged()) {
            continue;
        }
        let rule = rule_of(facts, attempt);
        let mut used = 0;
        let (mut next, mut last) = (attempt, None);
        for earlier in facts.attempts[..place].iter().rev().filter(|a| a.id == attempt.id) {
            let Some((kind, ended)) = earlier.outcome else { continue };
            if !kind.is_charged() {
                continue;
            }
            let fresh = earlier.generation != attempt.generation
                || next.at.saturating_sub(ended) >= rule_of(facts, next).retry.window
                || facts.events[earlier.place..attempt.place]
                    .iter()
                    .any(|e| e.instance == Some(attempt.id) && is_fresh(e.kind, &e.text));
            if fresh {
                break;
            }
            last.get_or_insert(ended);
            used += 1;
            next = earlier;
        }
        if used < rule.retry.attempts {
            continue;
        }
        let pause = last.map_or(Duration::MAX, |last| attempt.at.saturating_sub(last));
        let slow = rule.exhausted != Exhausted::Stop && pause >= rule.slow_interval;
        if !slow {
            let said = format!(
                "attempt {attempt:?} although {used} of {} are used, {pause:?} after the last: {rule:?}",
                rule.retry.attempts
            );
            return broken(facts, attempt.id, attempt.at, said);
        }
    }
    Ok(())
}

fn is_fresh(kind: EventKind, text: &str) -> bool {
    kind == EventKind::Instance
        && (text == "a fresh budget of attempts" || text.contains(" added, "))
}

/// The rule that an attempt was made by: that of its policy's cell if that is for the same action, and
/// the built-in timing otherwise.
fn rule_of(facts: &Facts, attempt: &Tried) -> Rule {
    let known = facts.known(attempt.id, attempt.place);
    let plain = Rule::new(action_of(attempt.command));
    let (Some(seen), Some(desired)) = (known.observed, known.desired) else { return plain };
    let of_seat = facts.plan.seat_of(attempt.id).map(|s| &facts.plan.shape.names[s.policy]);
    let policy = known.policy.as_ref().or(of_seat);
    let table = facts.settings.policies.get_or_default(policy.map_or("default", |p| p));
    let Cell::Rule(matched) = table.cell(desired, seen) else { return plain };
    let rule = matched.rule;
    let forced = rule.action == Action::Shutdown && attempt.command == Command::Destroy;
    if rule.action.command() == Some(attempt.command) || forced { rule } else { plain }
}

const fn action_of(command: Command) -> Action {
    match command {
        Command::Start => Action::Start,
        Command::StartPaused => Action::StartPaused,
        Command::Resume => Action::Resume,
        Command::Pause => Action::Pause,
        Command::Wakeup => Action::Wakeup,
        Command::Shutdown => Action::Shutdown,
        Command::Destroy => Action::Destroy,
        Command::Restart => Action::Restart,
        Command::Redefine => Action::Redefine,
    }
}
