//! One rule of a policy, as it is written: what it leaves out has the rule's defaults.

use std::time::Duration;

use super::entry::Entry;
use super::reader::Section;
use super::units::{DAY, MILLISECOND, SECOND, YEAR};
use crate::model::{Action, Severity};
use crate::policy::{Exhausted, Retry, Rule};

/// Reads a rule. One with an action is given even where something else of it is wrong (which is
/// reported), so that the action is checked as well.
pub(super) fn rule(entry: Entry<'_>) -> Option<Rule> {
    let mut section = entry.section()?;
    section.is_a("rule");
    let action = section.need("action").and_then(action);
    let plain = Rule::new(action.unwrap_or(Action::Alert));
    let rule = Rule {
        action: plain.action,
        grace: section.optional("grace", plain.grace, |e| e.duration(Duration::ZERO..=30 * DAY)),
        retry: section.optional("retry", plain.retry, |e| retry(e, &plain)),
        exhausted: section.optional("exhausted", plain.exhausted, |e| {
            e.choice(Exhausted::ALL, Exhausted::as_str)
        }),
        slow_interval: section
            .optional("slow_interval", plain.slow_interval, |e| e.duration(SECOND..=30 * DAY)),
        max_downtime: section.take("max_downtime").and_then(|e| e.duration(SECOND..=YEAR)),
        force_after: section
            .optional("force_after", plain.force_after, |e| e.duration(SECOND..=DAY)),
        // No single default: it hangs on the action.
        severity: section
            .take("severity")
            .and_then(|e| e.choice(Severity::ALL, Severity::as_str))
            .unwrap_or(plain.severity),
    };
    section.finish();
    action.map(|_| rule)
}

fn action(entry: Entry<'_>) -> Option<Action> {
    entry.choice(Action::ALL, Action::as_str)
}

fn retry(entry: Entry<'_>, plain: &Rule) -> Option<Retry> {
    let mut section = entry.section()?;
    let default = plain.retry;
    let before = section.report.count();
    let delay = |e: Entry<'_>| e.duration(100 * MILLISECOND..=DAY);
    let retry = Retry {
        attempts: section.optional("attempts", default.attempts, |e| e.int(1..=1000)),
        initial: section.optional("initial", default.initial, delay),
        factor: section.optional("factor", default.factor, |e| e.number(1.0..=10.0)),
        max: section.optional("max", default.max, delay),
        jitter: section.optional("jitter", default.jitter, |e| e.number(0.0..=1.0)),
        window: section.optional("window", default.window, |e| e.duration(SECOND..=YEAR)),
    };
    // Numbers that are wrong by themselves are not compared.
    if section.report.count() == before && plain.action.command().is_some() {
        check(&section, &retry, plain.action);
    }
    section.finish();
    Some(retry)
}

/// What no single number shows.
fn check(section: &Section<'_>, retry: &Retry, action: Action) {
    let text = humantime::format_duration;
    if action == Action::Shutdown && retry.attempts < 2 {
        section.reject(
            "attempts",
            "must be at least 2 for `shutdown`: one for the shutdown, and one for the destroy \
             after `force_after`",
        );
    }
    if retry.max < retry.initial {
        let message = format!(
            "the longest delay ({}) is shorter than the first, `initial` ({})",
            text(retry.max),
            text(retry.initial),
        );
        section.reject("max", &message);
    }
    let longest = retry.longest();
    if retry.window < longest {
        let message = format!(
            "{} is shorter than the {} that {} attempts take with the delays between them \
             (initial {}, × {}, at most {}, jitter {}): the budget would be fresh before it is \
             spent. Allowed is {} or more, or fewer attempts",
            text(retry.window),
            text(rounded_up(longest)),
            retry.attempts,
            text(retry.initial),
            retry.factor,
            text(retry.max),
            retry.jitter,
            text(rounded_up(longest)),
        );
        section.reject("window", &message);
    }
}

/// To whole seconds, for people; never too little.
fn rounded_up(duration: Duration) -> Duration {
    let whole = Duration::from_secs(duration.as_secs());
    if duration > whole { whole + SECOND } else { whole }
}
