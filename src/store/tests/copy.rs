//! `assured db copy`: all of it arrives, or nothing.

use super::place::Place;
use super::sample::*;
use super::{commit, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, Location, ServerError, Store, StoreError};

/// Rows in every table; so many in some that they need several pages.
fn everything() -> Batch {
    let delivery = |number: i64, delivered| Delivery {
        id: DeliveryId(number),
        message: DeliveryId(number),
        receiver: "hook".into(),
        host: HostId::from("kvm-1"),
        incident: IncidentId(number),
        phase: Phase::Begun,
        severity: Severity::Warning,
        created_at: at(1),
        next_at: at(2),
        attempts: 3,
        delivered_at: delivered,
        error: Some("it hangs".into()),
    };
    let of = |number: i64| Attempt { incident: Some(IncidentId(1)), ..attempt(number, 1, 1, 1) };
    Batch {
        hosts: vec![HostRecord {
            id: HostId::from("kvm-1"),
            uri: "qemu:///system".into(),
            added_at: at(0),
            maintenance: None,
            seen_at: Some(at(7)),
        }],
        instances: (1..=3).map(|n| instance(n, 1)).collect(),
        incidents: (1..=2_500).map(|n| incident(n, 1)).collect(),
        attempts: vec![of(1), ended(&of(2), OutcomeKind::Done)],
        definitions: vec![definition(1, "<domain/>")],
        deliveries: vec![delivery(1, None), delivery(2, Some(at(3)))],
        events: (5..=2_300).map(event).collect(),
        ..Batch::default()
    }
}

/// All that can be asked of a store.
fn all_of(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    run(async {
        let events = EventQuery { limit: 100_000, ..EventQuery::default() };
        (
            store.reload().await.unwrap(),
            store.events(events).await.unwrap(),
            store.attempts_of_incident(IncidentId(1)).await.unwrap(),
            store.definition(id(1)).await.unwrap(),
            store.outbox("hook".into()).await.unwrap(),
            store.told_open("hook".into()).await.unwrap(),
        )
    })
}

fn copy(from: &Place, to: &Place) -> Result<u64, StoreError> {
    let mut heard = Vec::new();
    let counts = Store::copy(&from.location(), &to.location(), |rows, of| heard.push((rows, of)))?;
    let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
    assert_eq!(heard.last().copied().unwrap_or_default(), (rows, rows));
    assert!(heard.is_sorted());
    Ok(rows)
}

#[test]
fn all_of_it_arrives_in_each_direction() {
    let ways = [
        (Place::file(), Place::server()),
        (Place::server(), Place::file()),
        (Place::server(), Place::server()),
    ];
    for (from, to) in ways {
        let batch = everything();
        let store = from.open().unwrap();
        commit(&store, batch.clone()).unwrap();
        let before = all_of(&store);
        drop(store);
        assert_eq!(copy(&from, &to).unwrap(), batch.rows() as u64);
        assert!(all_of(&to.open().unwrap()) == before);
        assert!(all_of(&from.open().unwrap()) == before, "and stays where it was");
    }
}

#[test]
fn a_target_with_anything_in_it_is_refused_and_unchanged() {
    for (from, to) in [(Place::file(), Place::server()), (Place::server(), Place::file())] {
        commit(&from.open().unwrap(), everything()).unwrap();
        let other = Batch { events: vec![event(77)], ..Batch::default() };
        commit(&to.open().unwrap(), other).unwrap();
        let error = copy(&from, &to).unwrap_err();
        assert!(matches!(error, StoreError::NotEmpty { .. }), "{error:?}");
        assert_eq!(super::numbers(&to.open().unwrap()), [77]);
        assert_eq!(to.open().unwrap().load().unwrap().instances, []);
        let error = copy(&from, &from).unwrap_err();
        assert!(matches!(error, StoreError::NotEmpty { .. }), "{error:?}");
    }
}

#[test]
fn one_that_has_only_its_tables_is_empty() {
    let (from, to) = (Place::file(), Place::server());
    Store::migrate(&to.location()).unwrap();
    Store::migrate(&from.location()).unwrap();
    assert_eq!(copy(&from, &to).unwrap(), 0);
    commit(&from.open().unwrap(), everything()).unwrap();
    assert!(copy(&from, &to).unwrap() > 0);
}

#[test]
fn what_is_in_use_or_missing_is_not_copied() {
    let (from, to) = (Place::file(), Place::server());
    let error = copy(&from, &to).unwrap_err();
    assert!(matches!(error, StoreError::Absent { .. }), "{error:?}");
    let store = from.open().unwrap();
    assert!(matches!(copy(&from, &to), Err(StoreError::InUse { .. })));
    drop(store);
    let _store = to.open().unwrap();
    let error = copy(&from, &to).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::InUse { .. })), "{error:?}");
}

#[test]
fn half_of_it_is_nothing() {
    let (from, to) = (Place::file(), Place::server());
    commit(&from.open().unwrap(), everything()).unwrap();
    // In the midst of it the source has a row that nobody understands.
    from.execute("UPDATE events SET kind = 'omen' WHERE id = 2000").unwrap();
    let error = copy(&from, &to).unwrap_err();
    assert!(matches!(error, StoreError::Row { table: "events", .. }), "{error:?}");
    let found = to.open().unwrap();
    assert_eq!(found.load().unwrap(), crate::store::Loaded::default());
}

#[test]
fn a_database_on_a_server_is_checked_and_backed_up_by_others() {
    let place = Place::server();
    let Location::Server(_) = place.location() else { panic!("a server") };
    assert_eq!(Store::check(&place.location()).unwrap().pending, ["20261124000001"]);
    let store = place.open().unwrap();
    let batch = Batch { events: (7..20).map(event).collect(), ..Batch::default() };
    commit(&store, batch).unwrap();
    assert_eq!(Store::check(&place.location()).unwrap().problems, Vec::<String>::new());
    place.execute("DELETE FROM events WHERE id IN (9, 12)").unwrap();
    assert_eq!(
        Store::check(&place.location()).unwrap().problems,
        ["2 lines of the audit log are missing between 7 and 19"]
    );
    let folder = tempfile::tempdir().unwrap();
    let error = Store::backup(&place.location(), &folder.path().join("a.dump")).unwrap_err();
    assert!(error.to_string().contains("pg_dump --format=custom --file="), "{error}");
}
