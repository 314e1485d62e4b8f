//! How often something is tried.

use std::time::Duration;

use assured::model::{Action, Command, EventKind, InstanceId, State};
use assured::policy::{Cell, Exhausted, Rule};

use super::facts::{AHEAD, Facts, Tried};
use super::laws::{Broken, broken};

/// N5: of the attempts that count since the last time that the budget can have become fresh, never
/// more than the rule allows, whatever was restarted meanwhile; and once it is spent, none at all or
/// one at the slow pace.
///
/// A budget becomes fresh by a change of the desired state, by a word from outside, or by time in the
/// desired state: then there is a gap of at least the rule's window between two attempts.
pub fn no_more_attempts_than_the_budget(facts: &Facts) -> Result<(), Broken> {
    for (place, attempt) in facts.new_attempts() {
        if attempt.outcome.is_some_and(|(kind, _)| !kind.is_charged()) {
            continue;
        }
        let rule = rule_of(facts, attempt);
        let mut used = 0;
        let (mut next, mut last) = (attempt, None);
        for earlier in facts.attempts[..place].iter().rev().filter(|a| a.id == attempt.id) {
            let Some((kind, ended)) = facts.end_of(earlier) else { continue };
            if !kind.is_charged() {
                continue;
            }
            let fresh = earlier.generation != attempt.generation
                || passed(facts, ended, next.at) >= window_between(facts, earlier, next)
                || facts.events[earlier.place..next.place]
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
        let pause = last.map_or(Duration::MAX, |last| passed(facts, last, attempt.at));
        let slow = rule.exhausted != Exhausted::Stop && pause + AHEAD >= rule.slow_interval;
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

/// How long it was from one time to another, by a clock that may have jumped ahead.
fn passed(facts: &Facts, from: Duration, to: Duration) -> Duration {
    to.saturating_sub(from) + facts.log.jumped_ahead(from, to)
}

fn is_fresh(kind: EventKind, text: &str) -> bool {
    kind == EventKind::Instance
        && (text == "a fresh budget of attempts" || text.contains(" added, "))
}

/// The shortest window that can have made the budget fresh between two attempts: that of the rule of
/// one of the breaks that were seen between them.
fn window_between(facts: &Facts, earlier: &Tried, next: &Tried) -> Duration {
    let breaks = earlier.place..next.place;
    let breaks = breaks.filter(|&place| {
        let event = &facts.events[place];
        event.kind == EventKind::Observed && event.instance == Some(next.id)
    });
    let windows = breaks.filter_map(|place| cell(facts, next.id, place + 1));
    let own = rule_of(facts, next).retry.window;
    windows.map(|rule| rule.retry.window).fold(own, Duration::min)
}

/// The rule that an attempt was made by: that of its policy's cell if that is for the same action, and
/// the built-in timing otherwise.
fn rule_of(facts: &Facts, attempt: &Tried) -> Rule {
    let seen = facts.known(attempt.id, attempt.place).observed;
    // The destroy that a shutdown ends with is made by the shutdown's rule.
    let asked_before = facts.attempts.iter().any(|a| {
        a.id == attempt.id
            && a.place < attempt.place
            && a.generation == attempt.generation
            && a.command == Command::Shutdown
    });
    let forced = attempt.command == Command::Destroy
        && asked_before
        && seen.is_some_and(|c| matches!(c.state(), State::Running | State::Blocked));
    let action = if forced { Action::Shutdown } else { action_of(attempt.command) };
    let plain = Rule::new(action);
    let Some(rule) = cell(facts, attempt.id, attempt.place) else { return plain };
    if rule.action == action { rule } else { plain }
}

/// The rule for what was on record before a place in the audit log.
fn cell(facts: &Facts, id: InstanceId, place: usize) -> Option<Rule> {
    let known = facts.known(id, place);
    let policy = known.policy.as_deref().unwrap_or("default");
    let table = facts.settings.policies.get_or_default(policy);
    match table.cell(known.desired?, known.observed?) {
        Cell::Rule(matched) => Some(matched.rule),
        Cell::InSync => None,
    }
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
