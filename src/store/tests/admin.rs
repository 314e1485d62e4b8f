//! `assured db migrate|check|backup`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::commit;
use super::place::{FilePlace, open};
use super::sample::*;
use crate::model::{Attempt, IncidentId};
use crate::store::{Batch, Location, Store, StoreError};

#[test]
fn migrating_says_what_it_did() {
    let place = FilePlace::new();
    let ran = Store::migrate(&place.location()).unwrap();
    assert_eq!(ran[0], "2026-11-23-000001_records");
    assert_eq!(Store::migrate(&place.location()).unwrap(), Vec::<String>::new());
    let _store = place.open().unwrap();
    let error = Store::migrate(&place.location()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
}

#[test]
fn a_sound_database_is_found_sound_beside_the_service() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    for _ in 0..2 {
        let report = Store::check(&place.location()).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        assert_eq!(report.pending, Vec::<String>::new());
        assert!(report.schema.unwrap().as_str() >= "20261123000001");
    }
    drop(store);
    assert_eq!(Store::check(&place.location()).unwrap().problems.len(), 0);
}

#[test]
fn rows_that_are_missing_are_found() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let batch = Batch {
        incidents: vec![incident(1, 1)],
        attempts: vec![Attempt { incident: Some(IncidentId(1)), ..attempt(1, 1, 1, 1) }],
        events: (7..20).map(event).collect(),
        ..Batch::default()
    };
    commit(&store, batch).unwrap();
    assert_eq!(Store::check(&place.location()).unwrap().problems, Vec::<String>::new());
    place.execute("PRAGMA foreign_keys = OFF; DELETE FROM incidents");
    place.execute("DELETE FROM events WHERE id IN (9, 12)");
    assert_eq!(
        Store::check(&place.location()).unwrap().problems,
        [
            "row 1 of attempts points to a row of incidents that is missing",
            "2 lines of the audit log are missing between 7 and 19"
        ]
    );
}

#[test]
fn an_empty_file_lacks_everything() {
    let place = FilePlace::new();
    fs::write(&place.path, "").unwrap();
    let report = Store::check(&place.location()).unwrap();
    assert_eq!(report.schema, None);
    assert_eq!(report.pending[0], "20261123000001");
    assert_eq!(fs::read(&place.path).unwrap(), b"", "looking makes nothing");
}

#[test]
fn nothing_is_made_by_looking() {
    let place = FilePlace::new();
    let error = Store::check(&place.location()).unwrap_err();
    assert!(matches!(error, StoreError::Absent { .. }));
    let target = place.dir.path().join("copy.db");
    assert!(Store::backup(&place.location(), &target).is_err());
    assert!(Store::check(&Location::Memory).is_err());
    assert_eq!(fs::read_dir(place.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_backup_is_a_database() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let batch = Batch { instances: vec![instance(1, 1)], ..Batch::default() };
    commit(&store, batch).unwrap();
    let target = place.dir.path().join("copy.db");
    Store::backup(&place.location(), &target).unwrap();
    let mode = fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let error = Store::backup(&place.location(), &target).unwrap_err();
    assert!(matches!(error, StoreError::BackupExists { .. }));
    assert_eq!(Store::check(&Location::File(target.clone())).unwrap().problems.len(), 0);
    assert_eq!(open(&target).unwrap().load().unwrap(), store.load().unwrap());

    let nowhere = place.dir.path().join("nowhere/copy.db");
    let error = Store::backup(&place.location(), &nowhere).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error:?}");
    let left: Vec<_> = fs::read_dir(place.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with(".partial"))
        .collect();
    assert_eq!(left, Vec::<std::ffi::OsString>::new());
}
