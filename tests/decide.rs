//! The decision, over every case: what may never come out, and what must.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use std::sync::Arc;

use assured::config;
use assured::model::{
    Attempt, AttemptId, By, Command, Condition, Desired, DesiredState, Generation, Hold, HostId,
    IncidentId, InstanceId, Outcome, OutcomeKind, State,
};
use assured::policy::{
    Attempts, Case, Decision, Elsewhere, HostView, Table, Verdict, WaitWhy, decide,
};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

const INCIDENT: IncidentId = IncidentId(7);

/// The built-in policy.
fn table() -> Arc<Table> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("empty.toml");
    std::fs::write(&file, "").unwrap();
    let settings = config::load(&[file], std::iter::empty()).unwrap();
    settings.policies.get("default").unwrap().clone()
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - seconds.seconds()
}

fn desired(state: DesiredState) -> Desired {
    Desired { state, generation: Generation(3), since: ago(86_400), by: By::ApiLocal }
}

fn attempt(id: i64, command: Command, began: i64, outcome: Option<OutcomeKind>) -> Attempt {
    Attempt {
        id: AttemptId(id),
        instance: InstanceId(uuid::Uuid::nil()),
        host: HostId::from("kvm-1"),
        incident: Some(INCIDENT),
        generation: Generation(3),
        command,
        at: ago(began),
        outcome: outcome.map(|kind| Outcome { kind, at: ago(began), detail: None }),
    }
}

/// A mismatch that has held for an hour, looked at just now, on a host that is well.
fn plain<'a>(table: &'a Table, desired: &'a Desired, seen: Condition) -> Case<'a> {
    Case {
        now: now(),
        table,
        desired,
        settled: true,
        seen,
        seen_at: ago(1),
        since: ago(3600),
        valid_from: desired.since,
        last_active: Some(ago(3600)),
        attempts: Attempts::new(&[], Some(INCIDENT)),
        draw: 0.0,
        host: HostView::Ready,
        grace_from: None,
        down_with: None,
        elsewhere: Elsewhere::Nowhere,
        hold: None,
    }
}

fn acts(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Act(_) | Verdict::Accept(_))
}

/// Every case of desired × condition × settled × what was tried × host × elsewhere × hold.
fn every_case(mut check: impl FnMut(&Case<'_>, &Decision)) -> usize {
    let (table, mut count) = (table(), 0);
    let hold =
        Hold { by: "ann".into(), reason: "works".into(), since: ago(60), until: now() + 1.hour() };
    let tried: Vec<Vec<Attempt>> = vec![
        vec![],
        vec![attempt(1, Command::Start, 2, None)],
        vec![attempt(1, Command::Start, 1000, Some(OutcomeKind::Done))],
        vec![attempt(1, Command::Start, 0, Some(OutcomeKind::Failed))],
        vec![attempt(1, Command::Shutdown, 30, Some(OutcomeKind::Done))],
        vec![attempt(1, Command::Shutdown, 300, Some(OutcomeKind::Done))],
        (1..=5).map(|n| attempt(n, Command::Start, 50, Some(OutcomeKind::Failed))).collect(),
        (1..=5).map(|n| attempt(n, Command::Start, 7200, Some(OutcomeKind::Failed))).collect(),
    ];
    let other = HostId::from("kvm-2");
    let places = [
        Elsewhere::Nowhere,
        Elsewhere::On(other.clone()),
        Elsewhere::MaybeOn(other.clone()),
        Elsewhere::Twice(other),
    ];
    for &state in DesiredState::ALL {
        let desired = desired(state);
        for &seen in Condition::ALL {
            for (settled, hold) in [(true, None), (false, None), (true, Some(&hold))] {
                for attempts in &tried {
                    for host in [HostView::Ready, HostView::NotReady, HostView::Maintenance] {
                        for elsewhere in &places {
                            let case = Case {
                                settled,
                                hold,
                                attempts: Attempts::new(attempts, Some(INCIDENT)),
                                host,
                                elsewhere: elsewhere.clone(),
                                ..plain(&table, &desired, seen)
                            };
                            check(&case, &decide(&case));
                            count += 1;
                        }
                    }
                }
            }
        }
    }
    count
}

#[test]
fn what_may_never_come_out_does_not_in_any_case() {
    let cases = every_case(|case, decision| {
        let says = || format!("{} {} → {decision:?}", case.desired.state, case.seen);
        let in_flight = case.attempts.in_flight().is_some();
        let starts = matches!(&decision.verdict, Verdict::Act(command) if command.starts());
        assert!(!(starts && case.elsewhere != Elsewhere::Nowhere), "N2: {}", says());
        let twice = matches!(case.elsewhere, Elsewhere::Twice(_));
        assert!(!(acts(decision) && twice), "N2: {}", says());
        assert!(!(acts(decision) && in_flight), "N4: {}", says());
        assert!(!(acts(decision) && case.host != HostView::Ready), "N10: {}", says());
        assert!(!(acts(decision) && case.hold.is_some()), "held: {}", says());
        let met = case.desired.state.is_met_by(case.seen);
        assert!(!(acts(decision) && met), "nothing is done about what is as desired: {}", says());
        if !case.settled {
            let word = &decision.verdict;
            let judged = matches!(word, Verdict::Accept(_) | Verdict::Ignore)
                || (matches!(word, Verdict::Alert) && !twice);
            assert!(!judged, "an order is carried out, not judged: {}", says());
        }
        if case.attempts.used() >= 5 && !in_flight {
            let recent = case.attempts.last_at() > Some(ago(1800));
            assert!(!(matches!(decision.verdict, Verdict::Act(_)) && recent), "N5: {}", says());
        }
        if let Some(until) = decision.verdict.until() {
            assert!(until > case.now, "a wait is for later: {}", says());
        }
    });
    assert!(cases > 30_000, "{cases}");
}

#[test]
fn a_look_from_before_the_last_change_is_no_reason_for_anything() {
    let table = table();
    for &state in DesiredState::ALL {
        for &seen in Condition::ALL {
            let desired = Desired { since: now(), ..desired(state) };
            let case = Case { seen_at: ago(1), ..plain(&table, &desired, seen) };
            let why = WaitWhy::FreshLook;
            assert_eq!(decide(&case).verdict, Verdict::Wait { until: None, why }, "{state} {seen}");
        }
    }
}

#[test]
fn an_order_has_a_way_from_everywhere_but_from_what_is_libvirts_or_not_here() {
    let table = table();
    for &state in DesiredState::ALL {
        let desired = desired(state);
        for &seen in Condition::ALL {
            let case = Case { settled: false, ..plain(&table, &desired, seen) };
            match decide(&case).verdict {
                Verdict::InSync => assert!(state.is_met_by(seen)),
                Verdict::Act(_) => assert!(!state.is_met_by(seen)),
                Verdict::Wait { why: WaitWhy::LibvirtWorks, .. } => assert!(
                    matches!(seen.state(), State::Paused | State::Shutdown | State::NoState),
                    "{state} {seen}"
                ),
                Verdict::Wait { why: WaitWhy::NotHere, .. } => {
                    assert!(matches!(seen, Condition::Missing | Condition::ShutoffMigrated));
                }
                other => panic!("{state} {seen}: {other:?}"),
            }
        }
    }
}

#[test]
fn nothing_is_accepted_on_a_single_look() {
    let table = table();
    let desired = desired(DesiredState::Running);
    let seen = Condition::ShutoffShutdown;
    let once = Case { seen_at: ago(3600), ..plain(&table, &desired, seen) };
    assert!(!acts(&decide(&once)));
    let twice = plain(&table, &desired, seen);
    assert_eq!(decide(&twice).verdict, Verdict::Accept(DesiredState::Shutoff));
}

#[test]
fn a_shutdown_is_forced_at_its_stored_time() {
    let (table, desired) = (table(), desired(DesiredState::Shutoff));
    for (sent, expected) in [(30, None), (119, None), (120, Some(Command::Destroy))] {
        let attempts = [attempt(1, Command::Shutdown, sent, Some(OutcomeKind::Done))];
        let case = Case {
            attempts: Attempts::new(&attempts, Some(INCIDENT)),
            ..plain(&table, &desired, Condition::RunningBooted)
        };
        match (decide(&case).verdict, expected) {
            (Verdict::Wait { until, why: WaitWhy::ShuttingDown }, None) => {
                assert_eq!(until, Some(ago(sent) + 2.minutes()));
            }
            (Verdict::Act(command), Some(expected)) => assert_eq!(command, expected),
            other => panic!("{sent}: {other:?}"),
        }
    }
}

proptest! {
    /// Whenever the guest dies and however the attempts end, in a window there are never more than
    /// the budget allows, and each waits longer than the one before.
    #[test]
    fn the_budget_holds_whatever_happens(
        lives in prop::collection::vec((1i64..120, any::<bool>()), 1..40),
        draw in -1.0..1.0f64,
    ) {
        let (table, desired) = (table(), desired(DesiredState::Running));
        let mut attempts: Vec<Attempt> = Vec::new();
        let (mut clock, mut died) = (ago(80_000), ago(80_000));
        for (life, works) in lives {
            for _ in 0..2000 {
                let case = Case {
                    now: clock,
                    seen_at: clock,
                    since: died,
                    draw,
                    attempts: Attempts::new(&attempts, Some(INCIDENT)),
                    ..plain(&table, &desired, Condition::ShutoffCrashed)
                };
                match decide(&case).verdict {
                    Verdict::Act(Command::Start) => break,
                    Verdict::Wait { until: Some(until), .. } => {
                        prop_assert!(until > clock);
                        clock = until;
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            let kind = if works { OutcomeKind::Done } else { OutcomeKind::Failed };
            let outcome = Some(Outcome { kind, at: clock, detail: None });
            let id = i64::try_from(attempts.len()).unwrap();
            attempts.push(Attempt { at: clock, outcome, ..attempt(id, Command::Start, 0, None) });
            clock += SignedDuration::from_secs(life);
            if works {
                died = clock;
            }
        }
        for later in attempts.iter().skip(5) {
            let earlier = attempts.iter().filter(|a| a.at < later.at).map(|a| a.at).max().unwrap();
            let pause = later.at.duration_since(earlier);
            prop_assert!(pause >= SignedDuration::from_mins(30), "the slow lane: {pause:?}");
        }
    }
}
