//! The decision about one instance at one moment.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::direct::{Step, step};
use super::verdict::{Decision, Verdict, WaitWhy};
use super::{Attempts, Cell, Exhausted, Matched, Rule, Table, delay_after};
use crate::model::{Action, Command, Condition, Desired, DesiredState, Hold, HostId, Severity};

/// Everything that a decision is made from.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// Now.
    pub now: Timestamp,
    /// The instance's policy.
    pub table: &'a Table,
    /// What the instance is supposed to be.
    pub desired: &'a Desired,
    /// Whether it was seen so in this generation: what is seen otherwise now is drift, not an
    /// order on its way.
    pub settled: bool,
    /// The condition that counts.
    pub seen: Condition,
    /// The time of the look that found it.
    pub seen_at: Timestamp,
    /// The time of the first look that found it, without a break since.
    pub since: Timestamp,
    /// A look from before this says nothing: when the desired state was last changed, or when the
    /// last action ended, whichever is later.
    pub valid_from: Timestamp,
    /// When the instance was last seen active, if ever.
    pub last_active: Option<Timestamp>,
    /// A grace is counted from here on, if that is later than `since`: for a while nobody could see
    /// whether the mismatch held, or somebody worked on the instance.
    pub grace_from: Option<Timestamp>,
    /// It went down with its host, or with many others of it: not its owner's wish.
    pub down_with_host: bool,
    /// What has been tried.
    pub attempts: Attempts<'a>,
    /// A number from −1 to 1 that varies the next delay; the same for the same attempt.
    pub draw: f64,
    /// How the host is.
    pub host: HostView,
    /// Where else the same UUID is.
    pub elsewhere: Elsewhere,
    /// Who works on the instance, the one whose hold ends last.
    pub hold: Option<&'a Hold>,
}

/// What a decision needs to know of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostView {
    /// Reachable, and listed in full since it became so.
    Ready,
    /// Not listed yet, or unreachable.
    NotReady,
    /// An operator's word: nothing is done.
    Maintenance,
}

/// Where else the same UUID was seen active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nowhere.
    Nowhere,
    /// On this host, at its last look.
    On(HostId),
    /// On this host when it could last be reached.
    MaybeOn(HostId),
    /// On its own host and on this one at once.
    Twice(HostId),
}

/// Decides. Pure, and total: every case has an answer.
///
/// The guards come first, in the order of what they protect: a duplicate stops everything, then an
/// action under way, then what people said (holds, maintenance), then what is not known yet.
#[must_use]
pub fn decide(case: &Case<'_>) -> Decision {
    if let Elsewhere::Twice(_) = case.elsewhere {
        return decision(Verdict::Alert, Severity::Critical);
    }
    if case.attempts.in_flight().is_some() {
        return wait(None, WaitWhy::InFlight);
    }
    // N3, N11: a look from before the last change says nothing about what came of it.
    if case.seen_at < case.valid_from {
        return wait(None, WaitWhy::FreshLook);
    }
    let Cell::Rule(matched) = *case.table.cell(case.desired.state, case.seen) else {
        return Decision::in_sync();
    };
    match case.host {
        HostView::Ready => {}
        HostView::NotReady => return ruled_wait(matched, None, WaitWhy::HostNotReady),
        HostView::Maintenance => return ruled_wait(matched, None, WaitWhy::Maintenance),
    }
    if let Some(hold) = case.hold.filter(|hold| hold.until > case.now) {
        let why = WaitWhy::Held { by: hold.by.clone(), reason: hold.reason.clone() };
        return ruled_wait(matched, Some(hold.until), why);
    }
    if case.settled { drift(case, matched) } else { order(case, matched) }
}

/// A mismatch of an instance that had reached its desired state: the policy's.
fn drift(case: &Case<'_>, matched: Matched) -> Decision {
    let rule = &matched.rule;
    let ruled =
        |verdict| Decision { verdict, rule: Some(matched), severity: rule.severity, spent: false };
    let grace_ends = after(case.since, rule.grace);
    if case.now < grace_ends && rule.action != Action::Ignore {
        return ruled(Verdict::Wait { until: Some(grace_ends), why: WaitWhy::Grace });
    }
    match (rule.action, rule.action.command()) {
        // N11: nothing is done on a single look.
        (Action::Accept, _) if case.seen_at <= case.since => {
            ruled(Verdict::Wait { until: Some(case.now), why: WaitWhy::FreshLook })
        }
        (Action::Accept, _) => match DesiredState::met_in(case.seen) {
            Some(state) => ruled(Verdict::Accept(state)),
            None => ruled(Verdict::Alert),
        },
        (Action::Ignore, _) => ruled(Verdict::Ignore),
        (_, Some(command)) => attempt(case, rule, command, Some(matched)),
        (_, None) => ruled(Verdict::Alert),
    }
}

/// An order on its way: the direct way there, with the timing of the policy's rule if that is for
/// the same action, and the built-in timing otherwise. No grace.
fn order(case: &Case<'_>, matched: Matched) -> Decision {
    let command = match step(case.desired.state, case.seen) {
        Step::Send(command) => command,
        Step::LibvirtWorks => return wait(None, WaitWhy::LibvirtWorks),
        Step::NotHere => return wait(None, WaitWhy::NotHere),
    };
    let rule = if matched.rule.action.command() == Some(command) {
        Rule { max_downtime: None, ..matched.rule }
    } else {
        Rule::new(action_of(command))
    };
    // What an order means is not open to a policy: it is never accepted away.
    let rule = match rule.exhausted {
        Exhausted::Accept => Rule { exhausted: Exhausted::Slow, ..rule },
        Exhausted::Slow | Exhausted::Stop => rule,
    };
    attempt(case, &rule, command, None)
}

/// Whether to send a command now, by its budget, its delays, and what is known of other hosts.
fn attempt(case: &Case<'_>, rule: &Rule, command: Command, matched: Option<Matched>) -> Decision {
    let used = case.attempts.used();
    let spent = used >= rule.retry.attempts;
    let answer = |verdict| Decision { verdict, rule: matched, severity: rule.severity, spent };
    let wait = |until, why| answer(Verdict::Wait { until, why });

    if command.starts() {
        match &case.elsewhere {
            Elsewhere::Nowhere => {}
            Elsewhere::On(host) => return wait(None, WaitWhy::ActiveElsewhere(host.clone())),
            Elsewhere::MaybeOn(host) => return wait(None, WaitWhy::MaybeActiveOn(host.clone())),
            Elsewhere::Twice(_) => return answer(Verdict::Alert),
        }
        if let (Some(longest), Some(last)) = (rule.max_downtime, case.last_active)
            && after(last, longest) < case.now
        {
            return answer(Verdict::Alert);
        }
    }
    let (command, due) = match command {
        Command::Shutdown => match shutdown(case, rule, used) {
            Next::Wait(force_at) => return wait(Some(force_at), WaitWhy::ShuttingDown),
            Next::Send(command, due) => (command, due),
        },
        Command::Start
        | Command::StartPaused
        | Command::Resume
        | Command::Pause
        | Command::Wakeup
        | Command::Destroy
        | Command::Restart => (command, next_due(case, rule, used, case.attempts.last_at())),
    };
    if spent {
        let slow_at = case.attempts.last_at().map_or(case.now, |at| after(at, rule.slow_interval));
        return match rule.exhausted {
            Exhausted::Slow if case.now < slow_at => wait(Some(slow_at), WaitWhy::SlowLane),
            Exhausted::Slow => answer(Verdict::Act(command)),
            Exhausted::Stop => answer(Verdict::GiveUp),
            Exhausted::Accept => {
                answer(DesiredState::met_in(case.seen).map_or(Verdict::GiveUp, Verdict::Accept))
            }
        };
    }
    if case.now < due {
        return wait(Some(due), WaitWhy::Backoff);
    }
    answer(Verdict::Act(command))
}

enum Next {
    Wait(Timestamp),
    Send(Command, Timestamp),
}

/// A shutdown is a request; `force_after` later, counted from when it was first made, comes the
/// destroy. The request is repeated only while none has reached the guest.
fn shutdown(case: &Case<'_>, rule: &Rule, used: u32) -> Next {
    let Some(tried_at) = case.attempts.shutdown_tried() else {
        return Next::Send(Command::Shutdown, next_due(case, rule, used, case.attempts.last_at()));
    };
    let force_at = after(tried_at, rule.force_after);
    if case.now >= force_at {
        let last = case.attempts.last_of(Command::Destroy);
        let due = last.map_or(case.now, |at| next_due(case, rule, used, Some(at)));
        return Next::Send(Command::Destroy, due);
    }
    if case.attempts.shutdown_sent().is_some() {
        return Next::Wait(force_at);
    }
    let due = next_due(case, rule, used, case.attempts.last_at()).min(force_at);
    Next::Send(Command::Shutdown, due)
}

/// When the next attempt is due: a growing delay after the end of the last one or, if the machine
/// went down again later than that, after its going down. So a guest that boots and then dies is
/// held back just as one whose start fails.
fn next_due(case: &Case<'_>, rule: &Rule, used: u32, last: Option<Timestamp>) -> Timestamp {
    match last {
        None => case.now,
        Some(last) => after(last.max(case.since), delay_after(&rule.retry, used, case.draw)),
    }
}

fn action_of(command: Command) -> Action {
    match command {
        Command::Start => Action::Start,
        Command::StartPaused => Action::StartPaused,
        Command::Resume => Action::Resume,
        Command::Pause => Action::Pause,
        Command::Wakeup => Action::Wakeup,
        Command::Shutdown => Action::Shutdown,
        Command::Destroy => Action::Destroy,
        Command::Restart => Action::Restart,
    }
}

fn decision(verdict: Verdict, severity: Severity) -> Decision {
    Decision { verdict, rule: None, severity, spent: false }
}

fn wait(until: Option<Timestamp>, why: WaitWhy) -> Decision {
    decision(Verdict::Wait { until, why }, Severity::None)
}

fn ruled_wait(matched: Matched, until: Option<Timestamp>, why: WaitWhy) -> Decision {
    Decision { rule: Some(matched), ..wait(until, why) }
}

/// A delay later, to the next whole microsecond: the clock tells no less, and would ask again
/// before it was due.
fn after(at: Timestamp, delay: Duration) -> Timestamp {
    let whole = delay.as_nanos().div_ceil(1000);
    let delay = SignedDuration::from_micros(i64::try_from(whole).unwrap_or(i64::MAX));
    at.saturating_add(delay).unwrap_or(Timestamp::MAX)
}
