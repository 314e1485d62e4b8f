//! What only happens to files: others' locks, full disks, files that are removed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::place::FilePlace;
use super::sample::*;
use super::{commit, numbers, one, run};
use crate::store::session::Session;
use crate::store::sqlite::connection::{Mode, connect};
use crate::store::sqlite::words::by_text;
use crate::store::{Batch, StoreError, sqlite};

#[test]
fn somebody_elses_lock_stops_commits_until_it_is_gone() {
    let place = FilePlace::new();
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
    let place = FilePlace::new();
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
    let place = FilePlace::new();
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
    let place = FilePlace::new();
    drop(place.open().unwrap());
    // An empty batch, which only asks, tells it too. (After an error the session connects anew, for
    // writing, so each needs one of its own.)
    for batch in [one(1), Batch::default()] {
        let opened = sqlite::file(&place.path, Duration::ZERO).unwrap();
        let link = Box::new(connect(&place.path, Mode::Read, Duration::ZERO).unwrap());
        let mut session = Session::new(opened.database, link);
        let error = session.transact("writing", |records| records.write(&batch)).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        session.transact("writing", |records| records.write(&batch)).unwrap();
    }
}

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

#[test]
fn a_batch_is_one_transaction() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let before = place.commits();
    let many = Batch {
        instances: (0..50).map(|n| instance(n, 1)).collect(),
        incidents: (1..=50).map(|n| incident(n, 1)).collect(),
        events: (1..=100).map(event).collect(),
        ..Batch::default()
    };
    commit(&store, many).unwrap();
    assert_eq!(place.commits(), before + 1);
    commit(&store, Batch::default()).unwrap();
    assert_eq!(place.commits(), before + 2, "whether it can be written is found out by writing");
}
