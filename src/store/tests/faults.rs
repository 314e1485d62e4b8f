//! What can happen to an open database: it is told, nothing is half done, and it goes on when the
//! cause is gone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::sample::*;
use super::{Place, commit, run};
use crate::model::{Event, EventId};
use crate::store::failure::by_text;
use crate::store::session::{Access, Session, connect};
use crate::store::{Batch, EventQuery, Outage, Store, StoreError};

fn one(number: i64) -> Batch {
    Batch { events: vec![event(number)], ..Batch::default() }
}

fn numbers(store: &Store) -> Vec<i64> {
    let events = run(store.events(EventQuery { limit: 10_000, ..EventQuery::default() }));
    events.unwrap().iter().map(|event| event.id.0).collect()
}

#[test]
fn somebody_elses_lock_stops_commits_until_it_is_gone() {
    let place = Place::new();
    let store = place.open().unwrap();
    commit(&store, one(1)).unwrap();
    let mut other = place.outsider();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(commit(&store, one(2)), Err(StoreError::Busy { .. })));
    assert!(!store.healthy());
    assert!(commit(&store, Batch::default()).is_err(), "an empty batch asks too");
    assert_eq!(numbers(&store), [1], "readers do not wait");
    other.batch_execute("ROLLBACK").unwrap();
    commit(&store, Batch::default()).unwrap();
    assert!(store.healthy());
    commit(&store, one(2)).unwrap();
    assert_eq!(numbers(&store), [1, 2]);
}

#[test]
fn a_full_disk_keeps_nothing_of_the_batch() {
    let place = Place::new();
    let store = place.open().unwrap();
    commit(&store, one(1)).unwrap();
    let limit = store.on_writer(|session| {
        session.transact("limiting", |conn| Ok(conn.batch_execute("PRAGMA max_page_count = 40")?))
    });
    run(limit).unwrap().unwrap();
    let many = Batch { events: (2..5_000).map(event).collect(), ..Batch::default() };
    let error = commit(&store, many.clone()).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("is full; make room"));
    assert_eq!(numbers(&store), [1]);
    // The limit went with the connection, as a full disk's does when there is room again.
    commit(&store, many).unwrap();
    assert_eq!(numbers(&store).len(), 4_999);
}

#[test]
fn a_removed_file_is_told_and_can_be_put_back() {
    let place = Place::new();
    let store = place.open().unwrap();
    commit(&store, one(1)).unwrap();
    let aside = place.dir.path().join("aside.db");
    fs::rename(&place.path, &aside).unwrap();
    let error = commit(&store, one(2)).unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error:?}");
    fs::write(&place.path, "").unwrap();
    let error = commit(&store, one(2)).unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error:?}");
    assert!(!store.healthy());
    fs::rename(&aside, &place.path).unwrap();
    commit(&store, one(2)).unwrap();
    assert_eq!(numbers(&store), [1, 2]);
}

#[test]
fn a_read_only_file_is_told() {
    let place = Place::new();
    drop(place.open().unwrap());
    // An empty batch, which only asks, tells it too. (After an error the session connects anew, for
    // writing, so each needs one of its own.)
    for batch in [one(1), Batch::default()] {
        let conn = connect(&place.path, Access::Read, Duration::ZERO).unwrap();
        let mut session = Session::on_file(conn, place.path.clone(), Duration::ZERO).unwrap();
        let error = session.transact("writing", |conn| batch.write(conn)).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        session.transact("writing", |conn| batch.write(conn)).unwrap();
    }
}

#[test]
fn a_panic_is_an_error_and_undoes_its_transaction() {
    let place = Place::new();
    for store in [place.open().unwrap(), Store::in_memory().unwrap()] {
        commit(&store, one(1)).unwrap();
        let job = store.on_writer(|session| {
            session.transact("testing", |conn| {
                one(2).write(conn)?;
                if conn.batch_execute("SELECT 1").is_ok() {
                    panic!("out of cheese");
                }
                Ok(())
            })
        });
        let error = run(job).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "testing panicked: out of cheese");
        assert_eq!(numbers(&store), [1]);
        commit(&store, one(2)).unwrap();

        let read: Result<(), _> = run(store.read("testing", |_| panic!("out of {}", "wine")));
        assert_eq!(read.unwrap_err().to_string(), "testing panicked: out of wine");
        assert_eq!(numbers(&store), [1, 2]);
    }
}

#[test]
fn an_outage_can_be_played() {
    let place = Place::new();
    for store in [place.open().unwrap(), Store::in_memory().unwrap()] {
        commit(&store, one(1)).unwrap();
        store.simulate(Outage::Begins);
        assert!(matches!(commit(&store, one(2)), Err(StoreError::Io { .. })));
        assert!(store.load().is_err());
        assert!(!store.healthy());
        store.simulate(Outage::Ends);
        commit(&store, one(2)).unwrap();
        assert_eq!(numbers(&store), [1, 2]);
    }
}

#[test]
fn the_thread_outlives_its_jobs() {
    let place = Place::new();
    let store = place.open().unwrap();
    let job = store.on_writer(|_| -> Result<(), StoreError> { panic!("outside of everything") });
    assert!(run(job).is_err(), "its answer is dropped");
    commit(&store, one(1)).unwrap();
}

#[test]
fn a_word_of_a_newer_version_is_told() {
    let place = Place::new();
    let store = place.open().unwrap();
    let batch = Batch {
        instances: vec![instance(1, 1)],
        events: vec![Event { id: EventId(1), ..event(1) }],
        ..Batch::default()
    };
    commit(&store, batch).unwrap();
    place.execute("UPDATE instances SET desired_state = 'hibernating'");
    place.execute("UPDATE events SET kind = 'omen'");
    let error = store.load().unwrap_err();
    let key = id(1).to_string();
    assert!(matches!(&error, StoreError::Row { table: "instances", key: k, .. } if *k == key));
    assert_eq!(
        error.to_string(),
        format!(
            "row {key} of table instances cannot be understood: desired_state: `hibernating` is \
             not a known desired state; known are: running, paused, shutoff; was it written by a \
             newer version?"
        )
    );
    let error = run(store.events(EventQuery::default())).unwrap_err();
    assert!(matches!(error, StoreError::Row { table: "events", .. }));

    // A row of which half is set is refused by the database already.
    let half = place.outsider().batch_execute("UPDATE instances SET hold_by = 'someone'");
    assert!(half.is_err());
}

/// The words that no test can make SQLite say.
#[test]
fn words_of_a_failing_disk() {
    let path = Path::new("/x.db");
    let error = by_text("disk I/O error", path).unwrap();
    assert_eq!(
        error.to_string(),
        "the database /x.db cannot be read or written (disk I/O error); look at its disk, \
         and at the rights on its directory"
    );
    assert!(by_text("near \"SELEKT\": syntax error", path).is_none());
}
