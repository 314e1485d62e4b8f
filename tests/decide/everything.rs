//! The laws over every case: desired × condition × what was tried × settled, what it went down
//! with, since when × host × elsewhere × hold.

use assured::model::{
    Attempt, Command, Condition, DesiredState, DownWith, Hold, HostId, OutcomeKind,
};
use assured::policy::{Attempts, Case, Elsewhere, HostView, Redefinable, Table, decide};
use jiff::{Timestamp, ToSpan};

use super::build::{EARLIER, INCIDENT, ago, attempt, desired, now, plain};
use super::given::Given;
use super::laws::broken;
use super::tables;

use Command::{Destroy, Shutdown, Start};
use OutcomeKind::{Done, Failed, Interrupted, Withdrawn};

fn times(count: usize, attempt: &Attempt) -> Vec<Attempt> {
    vec![attempt.clone(); count]
}

/// What may have been tried, by what that means.
fn histories() -> Vec<Vec<Attempt>> {
    let before = |a: Attempt| Attempt { incident: Some(EARLIER), ..a };
    let one = |command, began, kind| vec![attempt(command, began, Some(kind))];
    let slow = || attempt(Shutdown, 200, Some(Done));
    vec![
        // Nothing; something in flight; something that cost nothing.
        vec![],
        vec![attempt(Start, 2, None)],
        vec![slow(), attempt(Destroy, 5, None)],
        times(6, &attempt(Start, 2, Some(Withdrawn))),
        // Tried and ended: long ago, just now, nobody knows how.
        one(Start, 7200, Done),
        one(Start, 0, Failed),
        one(Start, 100, Interrupted),
        // A shutdown: just asked, asked long ago, in vain, and by an earlier incident.
        one(Shutdown, 30, Done),
        one(Shutdown, 300, Done),
        one(Shutdown, 10, Failed),
        times(4, &attempt(Shutdown, 60, Some(Failed))),
        vec![before(attempt(Shutdown, 400, Some(Done))), before(attempt(Destroy, 300, Some(Done)))],
        // Destroyed already, in vain.
        vec![slow(), attempt(Destroy, 1, Some(Failed))],
        // Spent: a moment and a long time ago, by starts and by a shutdown that was forced.
        times(5, &attempt(Start, 50, Some(Failed))),
        times(5, &attempt(Start, 7200, Some(Failed))),
        [vec![slow()], times(4, &attempt(Destroy, 40, Some(Failed)))].concat(),
    ]
}

/// How the episode stands: settled, what it went down with, since when, and the grace's start.
type Standing = (bool, Option<DownWith>, Timestamp, Option<Timestamp>);

fn standings() -> Vec<Standing> {
    let times =
        [(ago(1), None), (ago(3), Some(ago(2))), (ago(3600), Some(ago(4))), (ago(3600), None)];
    let mut all = vec![(false, None, ago(3), None), (false, None, ago(3600), None)];
    for down_with in [None, Some(DownWith::Host), Some(DownWith::Others)] {
        all.extend(times.map(|(since, from)| (true, down_with, since, from)));
    }
    all
}

/// What stands in the way, from without.
type Around<'a> = (HostView, Elsewhere, Option<&'a Hold>);

fn elsewheres() -> [Elsewhere; 4] {
    let other = HostId::from("kvm-2");
    [
        Elsewhere::Nowhere,
        Elsewhere::Twice(other.clone()),
        Elsewhere::On(other.clone()),
        Elsewhere::MaybeOn(other),
    ]
}

/// Every surrounding. On a host where nothing is done anyway, only a duplicate makes a difference.
fn every(hold: &Hold) -> Vec<Around<'_>> {
    let mut all = Vec::new();
    for (host, places) in
        [(HostView::Ready, 4), (HostView::NotReady, 2), (HostView::Maintenance, 2)]
    {
        for elsewhere in elsewheres().into_iter().take(places) {
            all.extend([None, Some(hold)].map(|hold| (host, elsewhere.clone(), hold)));
        }
    }
    all
}

/// Those in which something may be done.
fn open() -> Vec<Around<'static>> {
    elsewheres().map(|elsewhere| (HostView::Ready, elsewhere, None)).to_vec()
}

fn hold(until: Timestamp) -> Hold {
    Hold { by: "ann".into(), reason: "moves it".into(), since: ago(60), until }
}

fn check(table: &Table, state: DesiredState, around: &[Around<'_>]) -> usize {
    check_those(table, state, around, (Condition::ALL, &Redefinable::Yes))
}

fn check_missing(table: &Table, state: DesiredState, redefinable: &Redefinable) {
    check_those(table, state, &open(), (&[Condition::Missing], redefinable));
}

fn check_those(
    table: &Table,
    state: DesiredState,
    around: &[Around<'_>],
    (conditions, redefinable): (&[Condition], &Redefinable),
) -> usize {
    let (histories, standings) = (histories(), standings());
    let desired = desired(state);
    let mut count = 0;
    for &seen in conditions {
        for tried in &histories {
            for &(settled, down_with, since, grace_from) in &standings {
                for (host, elsewhere, hold) in around {
                    let case = Case {
                        settled,
                        down_with,
                        since,
                        grace_from,
                        host: *host,
                        elsewhere: elsewhere.clone(),
                        redefinable: redefinable.clone(),
                        hold: *hold,
                        attempts: Attempts::new(&[], None),
                        ..plain(table, &desired, seen)
                    };
                    let given = Given::new(case, tried, settled.then_some(INCIDENT));
                    let decision = decide(&given.case);
                    if let Some(law) = broken(&given, &decision) {
                        panic!("{law}: {decision:?}\n{}", given.tell());
                    }
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn the_laws_hold_where_running_is_desired() {
    let cases = check(tables::built_in(), DesiredState::Running, &every(&hold(now() + 1.hour())));
    assert_eq!(cases, Condition::COUNT * 16 * 14 * 16);
}

#[test]
fn the_laws_hold_where_paused_is_desired() {
    check(tables::built_in(), DesiredState::Paused, &every(&hold(now() + 1.hour())));
}

#[test]
fn the_laws_hold_where_shutoff_is_desired() {
    check(tables::built_in(), DesiredState::Shutoff, &every(&hold(now() + 1.hour())));
}

#[test]
fn the_laws_hold_for_a_policy_that_gives_up_and_accepts() {
    for &state in DesiredState::ALL {
        check(tables::strict(), state, &open());
    }
}

#[test]
fn the_laws_hold_for_what_cannot_be_defined_again() {
    let other = || HostId::from("kvm-2");
    for redefinable in [
        Redefinable::NothingKept,
        Redefinable::On(other()),
        Redefinable::NotAsked(other()),
        Redefinable::MaybeOn(other()),
    ] {
        for &state in DesiredState::ALL {
            check_missing(tables::strict(), state, &redefinable);
        }
    }
}

#[test]
fn a_hold_that_has_ended_holds_nothing() {
    let hold = hold(now());
    let ended = [(HostView::Ready, Elsewhere::Nowhere, Some(&hold))];
    check(tables::built_in(), DesiredState::Running, &ended);
}
