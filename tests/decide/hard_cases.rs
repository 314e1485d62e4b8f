//! The cases that libvirt's reason alone does not tell, and those where much is at stake, by name.

use assured::model::{
    Attempt, Command, Condition, DesiredState, DownWith, MassChange, OutcomeKind,
};
use assured::policy::{Attempts, Case, Verdict, WaitWhy, decide, refine};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::build::{EARLIER, INCIDENT, ago, attempt, desired, now, plain};
use super::tables;

/// Running is desired, under the built-in policy.
fn asked(seen: Condition, change: impl FnOnce(&mut Case<'_>)) -> Verdict {
    let desired = desired(DesiredState::Running);
    let mut case = plain(tables::built_in(), &desired, seen);
    change(&mut case);
    decide(&case).verdict
}

fn waits(until: Timestamp, why: WaitWhy) -> Verdict {
    Verdict::Wait { until: Some(until), why }
}

#[test]
fn an_owners_wish_is_accepted_when_its_grace_is_over() {
    let off = |since| asked(Condition::ShutoffShutdown, |case| case.since = since);
    assert_eq!(off(ago(119)), waits(now() + 1.second(), WaitWhy::Grace));
    assert_eq!(off(ago(120)), Verdict::Accept(DesiredState::Shutoff));
}

#[test]
fn what_a_rebooted_host_took_down_is_started_at_once() {
    for seen in [Condition::ShutoffShutdown, Condition::ShutoffUnknown] {
        let decided = asked(seen, |case| {
            case.down_with = Some(DownWith::Host);
            case.since = ago(2);
        });
        assert_eq!(decided, Verdict::Act(Command::Start));
    }
}

#[test]
fn what_goes_down_with_many_others_is_started_when_the_grace_is_over() {
    let off = |since| {
        asked(Condition::ShutoffShutdown, |case| {
            case.down_with = Some(DownWith::Others);
            case.since = since;
        })
    };
    assert_eq!(off(ago(2)), waits(now() + 118.seconds(), WaitWhy::Grace));
    assert_eq!(off(ago(120)), Verdict::Act(Command::Start));
}

#[test]
fn on_a_host_that_comes_back_with_others_alive_the_grace_starts_anew() {
    let back = |at| asked(Condition::ShutoffShutdown, |case| case.grace_from = Some(at));
    assert_eq!(back(ago(30)), waits(now() + 90.seconds(), WaitWhy::Grace));
    assert_eq!(back(ago(120)), Verdict::Accept(DesiredState::Shutoff));
    // Where it went down later than that, it is counted from there.
    let later = asked(Condition::ShutoffShutdown, |case| {
        case.grace_from = Some(ago(300));
        case.since = ago(60);
    });
    assert_eq!(later, waits(now() + 60.seconds(), WaitWhy::Grace));
}

#[test]
fn what_the_hosts_side_ended_is_nobodys_wish() {
    let recorded = Some(Condition::ShutoffTerminated);
    let seen = refine(recorded, Condition::ShutoffShutdown);
    assert_eq!(asked(seen, |case| case.since = ago(1)), Verdict::Act(Command::Start));
}

#[test]
fn after_a_daemons_restart_the_recorded_reason_counts() {
    let seen = refine(Some(Condition::ShutoffShutdown), Condition::ShutoffUnknown);
    assert_eq!(asked(seen, |_| ()), Verdict::Accept(DesiredState::Shutoff));
    // Where nothing was seen of its going down, it is its own row.
    let seen = refine(Some(Condition::RunningBooted), Condition::ShutoffUnknown);
    assert_eq!(asked(seen, |_| ()), Verdict::Act(Command::Start));
}

/// The budget of an earlier incident counts, but not its destroy: this shutdown is forced when its
/// own time has come.
#[test]
fn an_earlier_incidents_destroy_does_not_delay_this_one() {
    let mut policy = tables::rules_of(tables::built_in());
    for rule in policy.values_mut() {
        rule.retry.initial = std::time::Duration::from_secs(300);
    }
    let policies = tables::valid(policy, std::collections::BTreeMap::new());
    let desired = desired(DesiredState::Shutoff);
    let before = |a: Attempt| Attempt { incident: Some(EARLIER), ..a };
    let tried = [
        before(attempt(Command::Shutdown, 900, Some(OutcomeKind::Done))),
        before(attempt(Command::Destroy, 780, Some(OutcomeKind::Done))),
        attempt(Command::Shutdown, 120, Some(OutcomeKind::Done)),
    ];
    let case = Case {
        since: ago(240),
        attempts: Attempts::new(&tried, Some(INCIDENT)),
        ..plain(policies.get_or_default("default"), &desired, Condition::RunningBooted)
    };
    assert_eq!(decide(&case).verdict, Verdict::Act(Command::Destroy));
}

/// What the host took down long ago is not started by `accept`'s way back either.
#[test]
fn a_restored_guest_keeps_to_max_downtime() {
    let desired = desired(DesiredState::Running);
    let off = |seconds| {
        let down_with = Some(DownWith::Host);
        let last_active = Some(ago(seconds));
        let table = tables::strict();
        let case = plain(table, &desired, Condition::ShutoffShutdown);
        decide(&Case { down_with, last_active, ..case }).verdict
    };
    assert_eq!(off(3600), Verdict::Act(Command::Start));
    assert_eq!(off(3601), Verdict::Alert);
}

/// A guest that booted and died again was seen down once: that is no reason to accept it (N11).
#[test]
fn a_spent_budget_accepts_nothing_on_a_single_look() {
    let desired = desired(DesiredState::Running);
    let start = attempt(Command::Start, 60, Some(OutcomeKind::Done));
    let tried = [start.clone(), start];
    let seen = |seen_at| {
        let attempts = Attempts::new(&tried, Some(INCIDENT));
        let case = plain(tables::strict(), &desired, Condition::ShutoffDestroyed);
        decide(&Case { seen_at, since: ago(10), attempts, ..case }).verdict
    };
    assert_eq!(seen(ago(10)), waits(now(), WaitWhy::FreshLook));
    assert_eq!(seen(ago(9)), Verdict::Accept(DesiredState::Shutoff));
}

proptest! {
    /// N12: both the number and the share; more gone is never less; and nothing gone is not much.
    #[test]
    fn n12_much_at_once_is_a_number_and_a_share(
        at_least in 0usize..20,
        share in 0.0..=1.0f64,
        before in 0usize..200,
        gone in 0usize..200,
    ) {
        let mass = MassChange { at_least, share };
        let is_met = mass.is_met(before, gone);
        prop_assert!(!is_met || (gone >= at_least && gone > 0));
        prop_assert!(!is_met || gone as f64 >= share * before as f64);
        prop_assert!(!is_met || mass.is_met(before, gone + 1));
        prop_assert!(!is_met || before == 0 || mass.is_met(before - 1, gone));
        let all = gone == before && gone >= at_least.max(1);
        prop_assert!(!all || is_met, "all of them are much");
    }
}
