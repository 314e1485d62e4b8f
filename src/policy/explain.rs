//! What the rules say, for people and programs that ask before it happens.

use super::direct::{Step, step};
use super::{Cell, Matched, Table};
use crate::model::{Action, Condition, DesiredState};

/// The answer for one desired state and one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The policy that was asked.
    pub policy: String,
    /// What is desired.
    pub desired: DesiredState,
    /// What is seen.
    pub seen: Condition,
    /// The rule for drift; none where the condition is as desired.
    pub matched: Option<Matched>,
    /// The same in sentences.
    pub text: String,
}

/// What the policy says about a condition, from the same table that [`super::decide()`] uses.
#[must_use]
pub fn explain(table: &Table, desired: DesiredState, seen: Condition) -> Explanation {
    let matched = match table.cell(desired, seen) {
        Cell::InSync => None,
        Cell::Rule(matched) => Some(*matched),
    };
    let text = matched.as_ref().map_or_else(
        || format!("{seen} is as desired ({desired}): nothing is done."),
        |matched| sentences(desired, seen, matched),
    );
    Explanation { policy: table.name().to_owned(), desired, seen, matched, text }
}

fn sentences(desired: DesiredState, seen: Condition, matched: &Matched) -> String {
    let rule = &matched.rule;
    let grace = if rule.grace.is_zero() || rule.action == Action::Ignore {
        "At once".to_owned()
    } else {
        format!("When it has been so for {}", humantime::format_duration(rule.grace))
    };
    let what = match rule.action {
        Action::Accept => match DesiredState::met_in(seen) {
            Some(state) => format!("the record follows reality: {state} is desired from then on"),
            None => "it is reported".to_owned(),
        },
        Action::Alert => format!("it is reported ({}), and nothing is done", rule.severity),
        Action::Ignore => "nothing is done, and nothing is reported".to_owned(),
        Action::Start
        | Action::StartPaused
        | Action::Resume
        | Action::Pause
        | Action::Wakeup
        | Action::Shutdown
        | Action::Destroy
        | Action::Restart
        | Action::Redefine => attempts(matched),
    };
    let order = match step(desired, seen) {
        Step::Send(command) => format!("An order to be {desired} is carried out by {command}."),
        Step::LibvirtWorks => format!("An order to be {desired} waits for libvirt's own work."),
        Step::NotHere if rule.action == Action::Redefine => {
            format!("An order to be {desired} begins with redefine.")
        }
        Step::NotHere => format!("An order to be {desired} waits until a host has the domain."),
    };
    format!(
        "{seen} where {desired} is desired: rule `{}` ({}). {grace}, {what}. {order}",
        matched.key,
        matched.layer.as_str(),
    )
}

fn attempts(matched: &Matched) -> String {
    let rule = &matched.rule;
    let retry = &rule.retry;
    let force = match rule.action {
        Action::Shutdown => {
            format!(", and destroy {} later", humantime::format_duration(rule.force_after))
        }
        Action::Accept
        | Action::Alert
        | Action::Ignore
        | Action::Start
        | Action::StartPaused
        | Action::Resume
        | Action::Pause
        | Action::Wakeup
        | Action::Destroy
        | Action::Restart
        | Action::Redefine => String::new(),
    };
    let then = match rule.exhausted {
        super::Exhausted::Slow => {
            format!("one every {}", humantime::format_duration(rule.slow_interval))
        }
        super::Exhausted::Stop => "no more until someone says so".to_owned(),
        super::Exhausted::Accept => "the record follows reality".to_owned(),
    };
    format!(
        "{}{force}: up to {} attempts, the second after {}, each further delay × {}, at most {}; then {then}",
        rule.action,
        retry.attempts,
        humantime::format_duration(retry.initial),
        retry.factor,
        humantime::format_duration(retry.max),
    )
}
