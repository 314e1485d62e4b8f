//! The laws about commands: which, how often, and when.

use assured::model::{Command, HostId, OutcomeKind};
use assured::policy::{Decision, Elsewhere, Exhausted, Redefinable, Verdict, WaitWhy, delay_after};
use jiff::Timestamp;

use super::build::later;
use super::given::{Given, goes_on, starts};
use super::laws::sent;

fn waits_for(decision: &Decision, until: Timestamp, why: &WaitWhy) -> bool {
    decision.verdict.until() == Some(until) && decision.verdict.why() == Some(why)
}

/// Whether a shutdown of this episode may have come to the guest's ears.
fn reached(g: &Given<'_>) -> bool {
    let failed = |kind| kind == Some(OutcomeKind::Failed);
    g.shutdowns().any(|a| !failed(a.outcome.as_ref().map(|o| o.kind)))
}

/// The command of the rule or of the direct way, and nothing else but a shutdown's destroy.
pub fn what_is_sent_leads_on(g: &Given<'_>, d: &Decision) -> bool {
    let Some(command) = sent(d) else { return true };
    let forced = g.command == Some(Command::Shutdown) && command == Command::Destroy;
    g.is_due() && (g.command == Some(command) || forced)
}

/// Spent is spent: one attempt in a slow interval, or none.
pub fn n5_a_spent_budget_is_spent(g: &Given<'_>, d: &Decision) -> bool {
    if sent(d).is_none() || !g.is_spent() {
        return true;
    }
    let slow = g.last.is_none_or(|last| later(last, g.rule.slow_interval) <= g.case.now);
    g.rule.exhausted == Exhausted::Slow && slow
}

/// Whether the budget is spent is part of every answer about a command, and of no other.
pub fn spent_is_told(g: &Given<'_>, d: &Decision) -> bool {
    let asked = g.is_due() && g.command.is_some();
    d.spent == (asked && g.is_spent())
}

/// When the next attempt is due by the rule's delays: counted from the end of the last one or, if
/// it went down again later than that, from there.
fn due(g: &Given<'_>, last: Option<Timestamp>) -> Timestamp {
    last.map_or(Timestamp::MIN, |last| {
        later(last.max(g.case.since), delay_after(&g.rule.retry, g.used, g.case.draw))
    })
}

pub fn an_attempt_waits_its_delay(g: &Given<'_>, d: &Decision) -> bool {
    if g.is_spent() {
        return d.verdict.why() != Some(&WaitWhy::Backoff);
    }
    let Some(command) = sent(d) else { return true };
    if g.command != Some(Command::Shutdown) {
        return g.case.now >= due(g, g.last);
    }
    // The first destroy comes at its own time.
    let destroyed = g.destroys().last().map(|a| a.outcome.as_ref().map_or(a.at, |o| o.at));
    let last = if command == Command::Destroy { destroyed } else { g.last };
    g.case.now >= due(g, last)
}

/// Never before, and not later either.
pub fn a_shutdown_is_forced_at_its_stored_time(g: &Given<'_>, d: &Decision) -> bool {
    if g.command != Some(Command::Shutdown) || !g.is_due() {
        return true;
    }
    match g.force_at().filter(|at| *at <= g.case.now) {
        None => sent(d) != Some(Command::Destroy),
        Some(_) if g.is_spent() || g.destroys().next().is_some() => {
            sent(d) != Some(Command::Shutdown)
        }
        Some(_) => sent(d) == Some(Command::Destroy),
    }
}

pub fn a_shutdown_is_repeated_only_while_none_has_reached_the_guest(
    g: &Given<'_>,
    d: &Decision,
) -> bool {
    match (g.command, g.force_at().filter(|at| *at > g.case.now)) {
        (Some(Command::Shutdown), Some(force_at)) if reached(g) && g.is_due() => {
            waits_for(d, force_at, &WaitWhy::ShuttingDown)
        }
        _ => true,
    }
}

pub fn the_last_attempt_of_a_shutdown_is_kept_for_the_destroy(g: &Given<'_>, d: &Decision) -> bool {
    let tried = g.shutdowns().next().is_some();
    let last = g.used + 1 >= g.rule.retry.attempts && g.command == Some(Command::Shutdown);
    !(tried && last && sent(d) == Some(Command::Shutdown))
}

pub fn what_was_down_for_too_long_is_reported(g: &Given<'_>, d: &Decision) -> bool {
    let start = g.command.is_some_and(starts);
    let asked = g.is_due() && start && g.case.elsewhere == Elsewhere::Nowhere;
    !(asked && g.is_too_long_down()) || d.verdict == Verdict::Alert
}

/// The other half: where no law forbids it, it is done, or it is said when it will be.
pub fn what_may_be_done_now_is_done(g: &Given<'_>, d: &Decision) -> bool {
    let Some(command) = g.command.filter(|_| g.is_due()) else { return true };
    let maybe_there = goes_on(command) && g.case.elsewhere != Elsewhere::Nowhere;
    if maybe_there || (starts(command) && !g.may_start()) {
        return match &g.case.elsewhere {
            Elsewhere::On(host) => d.verdict.why() == Some(&WaitWhy::ActiveElsewhere(host.clone())),
            Elsewhere::MaybeOn(host) => {
                d.verdict.why() == Some(&WaitWhy::MaybeActiveOn(host.clone()))
            }
            Elsewhere::Nowhere | Elsewhere::Twice(_) => d.verdict == Verdict::Alert,
        };
    }
    if !g.may_redefine() {
        let host =
            |why: fn(HostId) -> WaitWhy, host: &HostId| d.verdict.why() == Some(&why(host.clone()));
        return match &g.case.redefinable {
            Redefinable::Yes => false,
            Redefinable::NothingKept => d.verdict.why() == Some(&WaitWhy::NoDefinition),
            Redefinable::On(on) => host(WaitWhy::DefinedOn, on),
            Redefinable::MaybeOn(on) => host(WaitWhy::MaybeActiveOn, on),
            Redefinable::NotAsked(of) => host(WaitWhy::NotAsked, of),
        };
    }
    if d.verdict.why() == Some(&WaitWhy::ShuttingDown) {
        // It was heard, or the last attempt is not for asking again.
        let kept = g.used + 1 >= g.rule.retry.attempts;
        let waits = reached(g) || kept;
        return command == Command::Shutdown && d.verdict.until() == g.force_at() && waits;
    }
    if g.is_spent() {
        return match g.rule.exhausted {
            Exhausted::Slow => {
                let at = g.last.map_or(g.case.now, |last| later(last, g.rule.slow_interval));
                if g.case.now < at {
                    waits_for(d, at, &WaitWhy::SlowLane)
                } else {
                    sent(d).is_some()
                }
            }
            Exhausted::Stop => d.verdict == Verdict::GiveUp,
            // A look that is no first one, and a state that can be accepted.
            Exhausted::Accept if g.case.seen_at <= g.case.since => {
                waits_for(d, g.case.now, &WaitWhy::FreshLook)
            }
            Exhausted::Accept => matches!(d.verdict, Verdict::Accept(_)),
        };
    }
    if command == Command::Shutdown {
        return shutdown_goes_on(g, d);
    }
    let at = due(g, g.last);
    if g.case.now < at { waits_for(d, at, &WaitWhy::Backoff) } else { sent(d).is_some() }
}

/// A shutdown that is neither spent nor waited for: sent, sent again, or forced.
fn shutdown_goes_on(g: &Given<'_>, d: &Decision) -> bool {
    let forced = g.force_at().filter(|at| *at <= g.case.now);
    let at = if forced.is_some() {
        due(g, g.destroys().last().map(|a| a.outcome.as_ref().map_or(a.at, |o| o.at)))
    } else {
        due(g, g.last).min(g.force_at().unwrap_or(Timestamp::MAX))
    };
    if g.case.now < at { waits_for(d, at, &WaitWhy::Backoff) } else { sent(d).is_some() }
}
