//! Killed at every step of the opening, with a database to make or one to bring to this version's form.

use assured::store::Store;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use crate::batches::Size;
use crate::model::Model;
use crate::place::{Place, url};
use crate::victim::Victim;

/// The steps of an opening, by what is done when the process is killed.
const STEPS: [&str; 6] = ["lock", "file", "look", "journal", "form", "probe"];
/// The migrations that there are.
const MIGRATIONS: usize = 4;

#[track_caller]
fn assert_killed(place: &Place, fault: &str) {
    assert_eq!(Victim::start(&place.database(), Size::Small, fault).killed(), None, "{fault}");
}

/// The next start works, and goes on.
#[track_caller]
fn assert_goes_on(place: &Place) {
    let victim = Victim::start(&place.database(), Size::Small, "store.answer=kill@2");
    assert_eq!(victim.killed(), Some(2));
    assert_eq!(place.assert_whole(&mut Model::new(Size::Small), 2), 3);
}

#[test]
fn a_first_start_that_is_killed_at_any_step_is_begun_again() {
    for step in STEPS {
        let place = Place::new();
        for _ in 0..2 {
            assert_killed(&place, &format!("store.opening/{step}=kill"));
        }
        assert_goes_on(&place);
    }
}

#[test]
fn a_migration_that_is_killed_is_made_again_as_a_whole() {
    for killed in 0..MIGRATIONS {
        let place = Place::new();
        let fault = format!("store.migrating=kill@{killed}");
        assert_killed(&place, &fault);
        let report = Store::check(&crate::place::location(&place.database())).unwrap();
        assert_eq!((report.problems.len(), report.pending.len()), (0, MIGRATIONS - killed));
        assert_killed(&place, "store.migrating=kill");
        assert_eq!(
            Store::check(&crate::place::location(&place.database())).unwrap().pending.len(),
            MIGRATIONS - killed
        );
        assert_goes_on(&place);
    }
}

/// What an older version has written stays as it is, whichever migration is killed.
#[test]
fn a_migration_that_is_killed_loses_nothing_of_an_older_record() {
    for killed in 0..MIGRATIONS - 1 {
        let place = Place::new();
        assert_killed(&place, "store.migrating=kill@1");
        let mut conn = SqliteConnection::establish(place.database().to_str().unwrap()).unwrap();
        let written = (1..=500).try_for_each(|n| {
            conn.batch_execute(&format!(
                "INSERT INTO instances (id, name, host, policy, priority, added_at, desired_state, \
                 desired_generation, desired_since, desired_by, settled, budget_since) VALUES \
                 ('00000000-0000-0000-0000-{n:012}', 'web-{n}', 'kvm-1', 'default', 1, {n}, 'running', \
                 {n}, {n}, 'api:local', 1, {n}); \
                 INSERT INTO incidents (id, instance, host, severity, opened_at, attempts, summary) VALUES \
                 ({n}, '00000000-0000-0000-0000-{n:012}', 'kvm-1', 'warning', {n}, 0, 'down')"
            ))
        });
        written.unwrap();
        drop(conn);
        assert_killed(&place, &format!("store.migrating=kill@{killed}"));
        assert_killed(&place, "store.migrating=kill");
        let store = Store::open(&url(&place.database())).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!((loaded.instances.len(), loaded.open_incidents.len()), (500, 500));
        let generations = loaded.instances.iter().map(|i| i.desired.generation.0);
        assert!(generations.eq(1..=500));
        drop(store);
        assert_eq!(
            Store::check(&crate::place::location(&place.database())).unwrap().problems,
            Vec::<String>::new()
        );
    }
}
