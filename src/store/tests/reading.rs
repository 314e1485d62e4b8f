//! Reading beside the writer: filters, pages, and no waiting.

use std::sync::mpsc::channel;

use super::sample::*;
use super::{Place, commit, everywhere, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, IncidentQuery, IncidentState, Order, Store};

everywhere!(events_by_filter_and_page, incidents_by_filter_and_page, many_read_at_once);

mod beside {
    use super::readers_do_not_wait_for_the_writer;

    super::super::kept!(readers_do_not_wait_for_the_writer);
}

/// A store with ten events and six incidents.
fn filled(place: &Place) -> Store {
    let store = place.open().unwrap();
    let batch = Batch {
        events: (1..=10)
            .map(|n| Event {
                kind: if n % 2 == 0 { EventKind::Note } else { EventKind::Verdict },
                host: (n > 4).then(|| HostId::from("kvm-1")),
                instance: (n % 3 == 0).then(|| id(3)),
                incident: (n > 8).then_some(IncidentId(2)),
                ..event(n)
            })
            .collect(),
        incidents: (1..=6)
            .map(|n| Incident {
                host: HostId::from(if n < 4 { "kvm-1" } else { "kvm-2" }),
                closed_at: (n % 2 == 0).then(|| at(100)),
                severity: if n == 5 { Severity::Critical } else { Severity::Info },
                ..incident(n, u128::from(n > 2))
            })
            .collect(),
        ..Batch::default()
    };
    commit(&store, batch).unwrap();
    store
}

fn events_by_filter_and_page(place: &Place) {
    let store = filled(place);
    {
        let check = |query: EventQuery, expected: &[i64]| {
            let found = run(store.events(query.clone())).unwrap();
            let numbers: Vec<i64> = found.iter().map(|event| event.id.0).collect();
            assert_eq!(numbers, expected, "{query:?}");
        };
        let all = EventQuery::default;
        check(all(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        check(EventQuery { limit: 0, ..all() }, &[]);
        check(EventQuery { limit: 2, ..all() }, &[1, 2]);
        let after_eight = Some(EventId(8));
        check(EventQuery { cursor: after_eight, ..all() }, &[9, 10]);
        let newest = EventQuery { order: Order::NewestFirst, limit: 3, ..all() };
        check(newest.clone(), &[10, 9, 8]);
        check(EventQuery { cursor: after_eight, ..newest }, &[7, 6, 5]);
        check(EventQuery { kind: Some(EventKind::Note), ..all() }, &[2, 4, 6, 8, 10]);
        check(EventQuery { instance: Some(id(3)), ..all() }, &[3, 6, 9]);
        check(EventQuery { incident: Some(IncidentId(2)), ..all() }, &[9, 10]);
        let of_host = EventQuery { host: Some(HostId::from("kvm-1")), ..all() };
        check(of_host.clone(), &[5, 6, 7, 8, 9, 10]);
        check(EventQuery { instance: Some(id(3)), ..of_host }, &[6, 9]);
    }
}

fn incidents_by_filter_and_page(place: &Place) {
    let store = filled(place);
    {
        let check = |query: IncidentQuery, expected: &[i64]| {
            let found = run(store.incidents(query.clone())).unwrap();
            let numbers: Vec<i64> = found.iter().map(|incident| incident.id.0).collect();
            assert_eq!(numbers, expected, "{query:?}");
        };
        let all = IncidentQuery::default;
        check(all(), &[6, 5, 4, 3, 2, 1]);
        let page = IncidentQuery { limit: 2, cursor: Some(IncidentId(5)), ..all() };
        check(page, &[4, 3]);
        check(IncidentQuery { state: Some(IncidentState::Open), ..all() }, &[5, 3, 1]);
        check(IncidentQuery { state: Some(IncidentState::Closed), ..all() }, &[6, 4, 2]);
        check(IncidentQuery { host: Some(HostId::from("kvm-1")), ..all() }, &[3, 2, 1]);
        check(IncidentQuery { instance: Some(id(0)), ..all() }, &[2, 1]);
        check(IncidentQuery { severity: Some(Severity::Critical), ..all() }, &[5]);
        check(IncidentQuery { since: Some(at(4)), ..all() }, &[6, 5, 4]);
        assert_eq!(run(store.incidents_since(at(4))).unwrap(), 3);
        assert_eq!(run(store.incidents_since(at(7))).unwrap(), 0);
        let story = run(store.incident_timeline(IncidentId(2))).unwrap();
        assert_eq!(story.len(), 2);
        assert_eq!(run(store.incident(IncidentId(99))).unwrap(), None);
    }
}

fn readers_do_not_wait_for_the_writer(place: &Place) {
    let store = filled(place);
    let (begun, has_begun) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let writing = store.on_writer(move |session| {
        session.transact("writing", |records| {
            let half = Batch { incidents: vec![incident(7, 1)], ..Batch::default() };
            records.write(&half)?;
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        })
    });
    has_begun.recv().unwrap();
    assert_eq!(run(store.incident(IncidentId(7))).unwrap(), None);
    go_on.send(()).unwrap();
    run(writing).unwrap().unwrap();
    assert!(run(store.incident(IncidentId(7))).unwrap().is_some());
}

fn many_read_at_once(place: &Place) {
    let store = filled(place);
    run(async {
        let reads: Vec<_> = (0..50)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.events(EventQuery::default()).await })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap().unwrap().len(), 10);
        }
    });
}
