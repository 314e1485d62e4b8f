//! What is old goes, step by step; what counts stays.

use super::sample::*;
use super::{Place, everywhere, kept, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, Forgotten, Retention, Store};

everywhere! { the_audit_log_goes_from_its_beginning_in_steps, a_line_that_is_not_old_keeps_those_after_it, nothing_that_still_counts_goes }

mod restarts {
    use super::the_newest_stays_so_that_no_number_is_given_out_twice;

    super::kept!(the_newest_stays_so_that_no_number_is_given_out_twice);
}

/// Takes one step.
fn step(store: &Store, before: i64, rows: u32) -> Forgotten {
    let retention = Some(Retention { before: at(before), rows });
    let stats = run(store.commit(Batch { retention, ..Batch::default() })).unwrap();
    let forgotten = stats.forgotten.expect("it was asked for");
    assert_eq!(stats.rows, forgotten.rows);
    forgotten
}

fn events(store: &Store) -> Vec<i64> {
    run(store.events(EventQuery::default())).unwrap().into_iter().map(|e| e.id.0).collect()
}

fn closed(number: i64, second: i64) -> Incident {
    Incident {
        closed_at: Some(at(second)),
        resolution: Some(Resolution::Repaired),
        ..incident(number, 1)
    }
}

/// A start that has failed at once.
fn failed(number: i64, generation: i64, second: i64, of: Option<i64>) -> Attempt {
    let outcome = Outcome { kind: OutcomeKind::Failed, at: at(second), detail: None };
    let incident = of.map(IncidentId);
    Attempt { incident, outcome: Some(outcome), ..attempt(number, 1, generation, second) }
}

fn the_audit_log_goes_from_its_beginning_in_steps(place: &Place) {
    let store = place.open().unwrap();
    let log = Batch { events: (1..=10).map(event).collect(), ..Batch::default() };
    run(store.commit(log)).unwrap();
    let first = step(&store, 8, 3);
    assert_eq!(first, Forgotten { rows: 3, more: true, oldest: Some(at(4)) });
    assert_eq!(step(&store, 8, 3).rows, 3);
    let last = step(&store, 8, 3);
    assert_eq!(last, Forgotten { rows: 1, more: false, oldest: Some(at(8)) });
    assert_eq!(step(&store, 8, 3).rows, 0);
    assert_eq!(events(&store), [8, 9, 10]);
}

/// The clock was set back for a while: the log has no gaps all the same.
fn a_line_that_is_not_old_keeps_those_after_it(place: &Place) {
    let store = place.open().unwrap();
    let times = [1, 2, 50, 3, 4];
    let lines = times.iter().zip(1..).map(|(&second, n)| Event { at: at(second), ..event(n) });
    run(store.commit(Batch { events: lines.collect(), ..Batch::default() })).unwrap();
    assert_eq!(step(&store, 10, 100).rows, 2);
    assert_eq!(events(&store), [3, 4, 5]);
}

fn the_newest_stays_so_that_no_number_is_given_out_twice(place: &Place) {
    let store = place.open().unwrap();
    let batch = Batch {
        incidents: vec![closed(7, 8)],
        attempts: vec![failed(8, 0, 8, Some(7))],
        events: vec![event(9)],
        ..Batch::default()
    };
    run(store.commit(batch)).unwrap();
    assert_eq!(step(&store, 1_000, 100).rows, 0);
    drop(store);
    let loaded = place.open().unwrap().load().unwrap();
    let last = (loaded.last_incident.0, loaded.last_attempt.0, loaded.last_event.0);
    assert_eq!((last, loaded.oldest), ((7, 8, 9), Some(at(9))));
}

fn nothing_that_still_counts_goes(place: &Place) {
    let store = place.open().unwrap();
    let one = instance(1, 2);
    let incidents = vec![
        closed(1, 20),                                                  // goes
        Incident { closed_at: None, resolution: None, ..closed(2, 0) }, // open
        closed(3, 20),                                                  // an attempt of it counts
        closed(4, 200),                                                 // over since then
        closed(5, 20),                                                  // its attempt is under way
        closed(6, 20),                                                  // the newest
    ];
    let attempts = vec![
        failed(1, 1, 11, Some(1)), // goes: of an earlier generation
        failed(2, 1, 12, Some(2)), // of an open incident
        failed(3, 2, 13, Some(3)), // counts
        failed(4, 1, 14, Some(4)), // of one that is over since then
        Attempt { incident: Some(IncidentId(5)), ..attempt(5, 1, 1, 15) }, // under way
        failed(6, 1, 16, None),    // goes: of none
        failed(7, 1, 150, None),   // not old
        failed(8, 1, 17, Some(1)), // the newest
    ];
    let deliveries =
        [(1, 1), (2, 2), (3, 1), (4, 2)].map(|(n, of)| super::outbox::delivery(n, of, "kvm-1"));
    let batch = Batch {
        instances: vec![one],
        incidents,
        attempts,
        deliveries: deliveries.into(),
        ..Batch::default()
    };
    run(store.commit(batch)).unwrap();
    let left = |store: &Store| {
        let of = |n| run(store.attempts_of_incident(IncidentId(n))).unwrap();
        let found = |n: &i64| run(store.incident(IncidentId(*n))).unwrap().is_some();
        let incidents: Vec<i64> = (1..=6).filter(found).collect();
        let attempts: Vec<i64> = (1..=6).flat_map(of).map(|a| a.id.0).collect();
        (incidents, attempts)
    };
    // The newest attempt is of the first incident, which stays for it.
    assert_eq!(step(&store, 100, 100).rows, 2);
    assert_eq!(left(&store), (vec![1, 2, 3, 4, 5, 6], vec![8, 2, 3, 4, 5]));
    // Another takes its place: the incident goes, and what receivers were to be told of it.
    let next = Batch { attempts: vec![failed(9, 2, 160, None)], ..Batch::default() };
    run(store.commit(next)).unwrap();
    assert_eq!(step(&store, 100, 100).rows, 2);
    assert_eq!(left(&store), (vec![2, 3, 4, 5, 6], vec![2, 3, 4, 5]));
    let outbox = run(store.outbox("hook".into())).unwrap();
    assert_eq!(outbox.iter().map(|d| d.id.0).collect::<Vec<_>>(), [2]);
    assert_eq!(step(&store, 100, 100).rows, 0);
}
