//! Everything that can be wrong with a database when it is opened has its own error, and is left
//! as it was found.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use diesel::connection::SimpleConnection;

use super::place::{FilePlace, open, refusal, url};
use super::sample::*;
use super::{commit, run};
use crate::store::sqlite::files::with_suffix;
use crate::store::{Batch, EventQuery, Store, StoreError};

#[test]
fn what_is_missing_is_made_for_this_user_alone() {
    let place = FilePlace::new();
    let path = place.dir.path().join("a/b/assured.db");
    drop(Store::open(&url(&path)).unwrap());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&path), 0o600);
    drop(Store::open(&url(&path)).unwrap());
}

#[test]
fn a_second_one_is_refused() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let (error, text) = refusal(&place);
    assert!(
        matches!(error, StoreError::InUse { process: Some(id), .. } if id == std::process::id())
    );
    assert_eq!(
        text,
        format!(
            "the database {} is in use by another process (number {}); stop that one first, or use another database",
            place.path.display(),
            std::process::id()
        )
    );
    let alias = place.dir.path().join("alias.db");
    std::os::unix::fs::symlink(&place.path, &alias).unwrap();
    assert!(matches!(open(&alias), Err(StoreError::InUse { .. })));
    // Somebody has read beside the writer; even so its log is tidied up at the end.
    run(store.events(EventQuery::default())).unwrap();
    // A clone keeps it open; the last one's end lets others in.
    let clone = store.clone();
    drop(store);
    assert!(matches!(place.open(), Err(StoreError::InUse { .. })));
    drop(clone);
    assert!(!with_suffix(&place.path, "-wal").exists());
    place.open().unwrap();
}

#[test]
fn a_newer_version_is_refused_and_untouched() {
    let place = FilePlace::new();
    drop(place.open().unwrap());
    place.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20310101000000')");
    let before = fs::read(&place.path).unwrap();
    let (error, text) = refusal(&place);
    assert!(matches!(error, StoreError::Newer { versions, .. } if versions == ["20310101000000"]));
    assert!(text.contains("is of a newer version") && text.contains("20310101000000"));
    assert!(matches!(Store::migrate(&place.location()), Err(StoreError::Newer { .. })));
    assert_eq!(fs::read(&place.path).unwrap(), before);
}

#[test]
fn another_programs_database_is_refused_and_untouched() {
    let place = FilePlace::new();
    fs::write(&place.path, "").unwrap();
    place.execute("CREATE TABLE recipes (name TEXT)");
    let before = fs::read(&place.path).unwrap();
    let (error, text) = refusal(&place);
    assert!(matches!(error, StoreError::Foreign { .. }));
    assert!(text.contains("is a SQLite database of another program"));
    assert_eq!(fs::read(&place.path).unwrap(), before);
}

#[test]
fn no_database_at_all_is_refused_and_untouched() {
    let place = FilePlace::new();
    let letter = "Dear diary, ".repeat(1_000);
    fs::write(&place.path, &letter).unwrap();
    let (error, text) = refusal(&place);
    assert!(matches!(error, StoreError::NotADatabase { .. }));
    assert!(text.contains("is not a SQLite database"));
    assert_eq!(fs::read_to_string(&place.path).unwrap(), letter);
}

#[test]
fn a_damaged_one_is_told() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let instances = (0..1_000).map(|n| instance(n, 1)).collect();
    commit(&store, Batch { instances, ..Batch::default() }).unwrap();
    drop(store);
    let sound = fs::read(&place.path).unwrap();

    // Whole pages of it are garbage, its schema is not: it opens, and says so when it is read.
    let mut garbage = sound.clone();
    garbage[40 * 4096..].fill(0xa5);
    fs::write(&place.path, &garbage).unwrap();
    let error = place.open().unwrap().load().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("is damaged; keep a copy of it"));
    assert!(!Store::check(&place.location()).unwrap().problems.is_empty());

    // Most of it is missing.
    fs::write(&place.path, &sound[..2 * 4096]).unwrap();
    let (error, _) = refusal(&place);
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn one_that_somebody_holds_locked_is_told() {
    let place = FilePlace::new();
    drop(place.open().unwrap());
    let mut other = place.outsider();
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    let (error, text) = refusal(&place);
    assert!(matches!(error, StoreError::Busy { .. }));
    assert!(text.contains("is locked by somebody else"));
    other.batch_execute("ROLLBACK").unwrap();
    place.open().unwrap();

    other.batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT").unwrap();
    assert!(matches!(refusal(&place).0, StoreError::Busy { .. }));
}

/// Root may write anywhere but where the kernel itself makes no files.
#[test]
fn a_directory_that_cannot_be_written_is_told() {
    for url in ["sqlite:///sys/assured.db", "sqlite:///sys/assured/assured.db"] {
        let error = Store::open(url).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("is read-only for this user"));
    }
}

#[test]
fn a_file_where_a_directory_should_be_is_told() {
    let place = FilePlace::new();
    fs::write(place.dir.path().join("file"), "").unwrap();
    let error = open(&place.dir.path().join("file/assured.db")).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error:?}");
    // And the other way about.
    let error = open(place.dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
}

#[test]
fn urls() {
    let refused = |url: &str| Store::open(url).unwrap_err().to_string();
    let other = refused("mysql://assured:geheim@db/assured");
    assert!(other.contains("mysql") && !other.contains("geheim"), "{other}");
    for wrong in [
        "",
        "/var/lib/assured.db",
        "sqlite:assured.db",
        "sqlite://assured.db",
        "sqlite:///",
        "sqlite:///tmp/",
        "sqlite:///tmp/assured.db?mode=ro",
    ] {
        assert!(matches!(Store::open(wrong), Err(StoreError::Url { .. })), "{wrong}");
    }
    let place = FilePlace::new();
    let url = format!("sqlite://{}/a%20%25b.db", place.dir.path().display());
    drop(Store::open(&url).unwrap());
    assert!(place.dir.path().join("a %b.db").is_file());
}
