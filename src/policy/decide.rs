//! The decision about one instance at one moment.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::direct::{Step, is_libvirts_work, step};
use super::verdict::{Decision, Verdict, WaitWhy};
use super::{Attempts, Cell, Exhausted, Matched, Rule, Table, delay_after};
use crate::model::{
    Action, Command, Condition, Desired, DesiredState, DownWith, Hold, HostId, Severity,
};

/// How long a job of libvirt's own is let alone at least, whatever a rule would have sent.
const JOB_HOLDS: Duration = Duration::from_secs(10 * 60);

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
    /// What it went down with, if that was not its owner's wish.
    pub down_with: Option<DownWith>,
    /// What has been tried.
    pub attempts: Attempts<'a>,
    /// A number from −1 to 1 that varies the next delay; the same for the same attempt.
    pub draw: f64,
    /// How the host is.
    pub host: HostView,
    /// Where else the same UUID is.
    pub elsewhere: Elsewhere,
    /// Whether it can be defined again; asked where it is missing.
    pub redefinable: Redefinable,
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
    /// On this host when it could last be reached; or it went away, and this host was not listed since.
    MaybeOn(HostId),
    /// On its own host and on this one at once.
    Twice(HostId),
}

/// Whether an instance that its host does not have can be defined again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redefinable {
    /// Its definition is kept, and every other host has said since that it does not have it.
    Yes,
    /// No definition is kept.
    NothingKept,
    /// This host has the domain, off.
    On(HostId),
    /// This host can be reached, and was not listed since.
    NotAsked(HostId),
    /// This host cannot be reached, and was not listed since.
    MaybeOn(HostId),
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
    match (case.settled, matched.rule.action) {
        (false, _) => order(case, matched),
        // It did not go down by its owner's wish: what is stored holds.
        (true, Action::Accept) => match case.down_with {
            Some(with) => restore(case, matched, with),
            None => drift(case, matched),
        },
        (true, _) => drift(case, matched),
    }
}

/// A mismatch of an instance that had reached its desired state: the policy's.
fn drift(case: &Case<'_>, matched: Matched) -> Decision {
    let rule = &matched.rule;
    let ruled =
        |verdict| Decision { verdict, rule: Some(matched), severity: rule.severity, spent: false };
    let grace_ends = grace_ends(case, rule);
    if is_libvirts_work(case.seen) && rule.action.command().is_some() {
        // A job of libvirt's counts as a hold: whatever the rule's grace is, it is given this time.
        let job_ends = grace_ends.max(after(grace_from(case), JOB_HOLDS));
        if case.now < job_ends {
            return ruled(Verdict::Wait { until: Some(job_ends), why: WaitWhy::LibvirtWorks });
        }
    }
    if case.now < grace_ends && rule.action != Action::Ignore {
        let why = if is_libvirts_work(case.seen) { WaitWhy::LibvirtWorks } else { WaitWhy::Grace };
        return ruled(Verdict::Wait { until: Some(grace_ends), why });
    }
    match (rule.action, rule.action.command()) {
        (Action::Accept, _) => ruled(accept(case).unwrap_or(Verdict::Alert)),
        (Action::Ignore, _) => ruled(Verdict::Ignore),
        // It did not go down by its owner's wish: it is not accepted for want of attempts either.
        (_, Some(command)) if case.down_with.is_some() => {
            attempt(case, &never_accepted(*rule), command, Some(matched))
        }
        (_, Some(command)) => attempt(case, rule, command, Some(matched)),
        (_, None) => ruled(Verdict::Alert),
    }
}

/// The record follows what is seen, if that can be desired; but not on a single look (N11).
fn accept(case: &Case<'_>) -> Option<Verdict> {
    let state = DesiredState::met_in(case.seen)?;
    if case.seen_at <= case.since {
        return Some(Verdict::Wait { until: Some(case.now), why: WaitWhy::FreshLook });
    }
    Some(Verdict::Accept(state))
}

/// The same rule, but a spent budget does not make the record follow.
fn never_accepted(rule: Rule) -> Rule {
    match rule.exhausted {
        Exhausted::Accept => Rule { exhausted: Exhausted::Slow, ..rule },
        Exhausted::Slow | Exhausted::Stop => rule,
    }
}

/// From when on a grace is counted.
fn grace_from(case: &Case<'_>) -> Timestamp {
    case.grace_from.map_or(case.since, |from| from.max(case.since))
}

fn grace_ends(case: &Case<'_>, rule: &Rule) -> Timestamp {
    after(grace_from(case), rule.grace)
}

/// What went down with its host is brought back by the direct way, where the rule would have made
/// the record follow: at once after the host's reboot; when the grace is over while the host may
/// still be on its way down, for what is started then would go down again.
fn restore(case: &Case<'_>, matched: Matched, with: DownWith) -> Decision {
    let grace_ends = grace_ends(case, &matched.rule);
    if with == DownWith::Others && case.now < grace_ends {
        let wait = Verdict::Wait { until: Some(grace_ends), why: WaitWhy::Grace };
        let severity = matched.rule.severity;
        return Decision { verdict: wait, rule: Some(matched), severity, spent: false };
    }
    match step(case.desired.state, case.seen) {
        Step::Send(command) => {
            // How long is too long for a start, the rule says all the same.
            let max_downtime = matched.rule.max_downtime;
            let rule = Rule { max_downtime, ..Rule::new(action_of(command)) };
            attempt(case, &rule, command, Some(matched))
        }
        Step::LibvirtWorks | Step::NotHere => drift(case, matched),
    }
}

/// An order on its way: the direct way there, with the timing of the policy's rule if that is for
/// the same action, and the built-in timing otherwise. No grace.
fn order(case: &Case<'_>, matched: Matched) -> Decision {
    let command = match step(case.desired.state, case.seen) {
        Step::Send(command) => command,
        Step::LibvirtWorks => return wait(None, WaitWhy::LibvirtWorks),
        // Where the policy would define it again, that is the first step of the way.
        Step::NotHere if matched.rule.action == Action::Redefine => Command::Redefine,
        Step::NotHere => return wait(None, WaitWhy::NotHere),
    };
    let rule = if matched.rule.action.command() == Some(command) {
        Rule { max_downtime: None, ..matched.rule }
    } else {
        Rule::new(action_of(command))
    };
    // What an order means is not open to a policy: it is never accepted away.
    attempt(case, &never_accepted(rule), command, None)
}

/// Whether to send a command now, by its budget, its delays, and what is known of other hosts.
fn attempt(case: &Case<'_>, rule: &Rule, command: Command, matched: Option<Matched>) -> Decision {
    let used = case.attempts.used();
    let spent = used >= rule.retry.attempts;
    let answer = |verdict| Decision { verdict, rule: matched, severity: rule.severity, spent };
    let wait = |until, why| answer(Verdict::Wait { until, why });

    if command.may_double() {
        match &case.elsewhere {
            Elsewhere::Nowhere => {}
            Elsewhere::On(host) => return wait(None, WaitWhy::ActiveElsewhere(host.clone())),
            Elsewhere::MaybeOn(host) => return wait(None, WaitWhy::MaybeActiveOn(host.clone())),
            Elsewhere::Twice(_) => return answer(Verdict::Alert),
        }
    }
    if (command.starts() || command == Command::Redefine)
        && let (Some(longest), Some(last)) = (rule.max_downtime, case.last_active)
        && after(last, longest) < case.now
    {
        return answer(Verdict::Alert);
    }
    if command == Command::Redefine {
        match &case.redefinable {
            Redefinable::Yes => {}
            Redefinable::NothingKept => {
                // Nobody brings it back by himself: that is worth more than the attempt was.
                let severity = rule.severity.max(Severity::Warning);
                return Decision { severity, ..wait(None, WaitWhy::NoDefinition) };
            }
            Redefinable::On(host) => return wait(None, WaitWhy::DefinedOn(host.clone())),
            Redefinable::MaybeOn(host) => return wait(None, WaitWhy::MaybeActiveOn(host.clone())),
            Redefinable::NotAsked(host) => return wait(None, WaitWhy::NotAsked(host.clone())),
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
        | Command::Restart
        | Command::Redefine => (command, next_due(case, rule, used, case.attempts.last_at())),
    };
    if spent {
        let slow_at = case.attempts.last_at().map_or(case.now, |at| after(at, rule.slow_interval));
        return match rule.exhausted {
            Exhausted::Slow if case.now < slow_at => wait(Some(slow_at), WaitWhy::SlowLane),
            Exhausted::Slow => answer(Verdict::Act(command)),
            Exhausted::Stop => answer(Verdict::GiveUp),
            Exhausted::Accept => answer(accept(case).unwrap_or(Verdict::GiveUp)),
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
        let last = case.attempts.last_destroy();
        let due = last.map_or(case.now, |at| next_due(case, rule, used, Some(at)));
        return Next::Send(Command::Destroy, due);
    }
    // One attempt is kept for the destroy.
    if case.attempts.shutdown_reached() || used + 1 >= rule.retry.attempts {
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
        Command::Redefine => Action::Redefine,
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
