//! The database's files, copied while the process writes.
//!
//! A copy of one moment is as good as the database, whatever the moment: a snapshot of the file system,
//! the copy of a process that stands still, a backup by `assured db backup`. Files that are copied one
//! after the other beside a process that goes on are of several moments. SQLite cannot tell that in
//! every case, and so neither can `assured db check`.

use std::fs;
use std::path::{Path, PathBuf};

use assured::store::Store;

use crate::batches::{Size, batches_in};
use crate::model::Model;
use crate::moments::{a_moment, rng};
use crate::place::{Place, url};
use crate::victim::Victim;

/// How many copies are made in each way.
const COPIES: usize = 15;
/// How many batches are written between two copies.
const BETWEEN: usize = 7;

/// In which order somebody might copy the files.
const ORDERS: [[&str; 3]; 3] = [["", "-wal", "-shm"], ["-wal", "", "-shm"], ["-shm", "-wal", ""]];

/// Copies the files to a folder; `between` comes after each.
fn copy(place: &Place, order: [&str; 3], folder: &str, mut between: impl FnMut()) -> PathBuf {
    let target = place.dir.path().join(folder);
    fs::create_dir(&target).unwrap();
    for suffix in order {
        let name = format!("assured.db{suffix}");
        fs::copy(place.dir.path().join(&name), target.join(&name)).unwrap();
        between();
    }
    target.join("assured.db")
}

/// What a copy is.
#[derive(Debug, PartialEq, Eq)]
enum Copied {
    /// As the record was after so many batches.
    Whole(i64),
    /// Something else, and that is told.
    Told(String),
    /// Something else, and found sound.
    Silent(String),
}

fn judge(copy: &Path, model: &mut Model) -> Copied {
    match Store::check(&crate::place::location(copy)) {
        Err(error) => return Copied::Told(error.to_string()),
        Ok(report) if !report.problems.is_empty() => {
            return Copied::Told(report.problems[0].clone());
        }
        Ok(_) => {}
    }
    let store = match Store::open(&url(copy)) {
        Ok(store) => store,
        Err(error) => return Copied::Told(error.to_string()),
    };
    let loaded = match store.load() {
        Ok(loaded) => loaded,
        Err(error) => return Copied::Told(error.to_string()),
    };
    let batches = batches_in(&loaded);
    match model.compare(&store, batches) {
        Ok(()) => Copied::Whole(batches),
        Err(different) => Copied::Silent(different),
    }
}

#[track_caller]
fn assert_has(copied: &Copied, acknowledged: i64) {
    let has = matches!(copied, Copied::Whole(batches) if *batches >= acknowledged);
    assert!(has, "{acknowledged} acknowledged, {copied:?}");
}

/// A victim that has begun to write, and the next batches of it.
fn write_on(victim: &mut Victim) -> i64 {
    (0..BETWEEN).map(|_| victim.acknowledged().expect("it commits")).last().unwrap()
}

#[test]
fn a_copy_of_one_moment_has_everything_that_was_acknowledged() {
    let mut rng = rng();
    let (place, mut model) = (Place::new(), Model::new(Size::Large));
    let mut victim = Victim::start(&place.database(), Size::Large, "");
    for number in 0..COPIES {
        let acknowledged = write_on(&mut victim);
        a_moment(&mut rng);
        let order = ORDERS[number % ORDERS.len()];
        // Judged before it goes on, so that the record does not grow meanwhile.
        victim.frozen(|| {
            let copy = copy(&place, order, &format!("copy-{number}"), || ());
            assert_has(&judge(&copy, &mut model), acknowledged);
            fs::remove_dir_all(copy.parent().unwrap()).unwrap();
        });
    }
}

#[test]
fn a_backup_beside_a_process_that_writes_has_everything_that_was_acknowledged() {
    let (place, mut model) = (Place::new(), Model::new(Size::Large));
    let mut victim = Victim::start(&place.database(), Size::Large, "");
    for number in 0..COPIES / 3 {
        let acknowledged = write_on(&mut victim);
        let backup = place.dir.path().join(format!("backup-{number}.db"));
        Store::backup(&crate::place::location(&place.database()), &backup).unwrap();
        let copied = victim.frozen(|| judge(&backup, &mut model));
        assert_has(&copied, acknowledged);
        fs::remove_file(backup).unwrap();
    }
}

/// No test, but a measurement: SQLite promises nothing here, so nothing can be asserted. `docs/record.md`
/// has the figures.
#[test]
#[ignore = "a measurement of some minutes"]
fn copies_of_several_moments() {
    let mut rng = rng();
    for size in [Size::Large, Size::Small] {
        for order in ORDERS {
            let (place, mut model) = (Place::new(), Model::new(size));
            let mut victim = Victim::start(&place.database(), size, "");
            let (mut whole, mut told, mut silent) = (0, 0, 0);
            for number in 0..COPIES {
                write_on(&mut victim);
                let meanwhile = match size {
                    Size::Large => rng.usize(0..25),
                    Size::Small => rng.usize(0..600),
                };
                let copy = copy(&place, order, &format!("copy-{number}"), || {
                    for _ in 0..meanwhile {
                        assert!(victim.acknowledged().is_some(), "it commits");
                    }
                });
                match victim.frozen(|| judge(&copy, &mut model)) {
                    Copied::Whole(_) => whole += 1,
                    Copied::Told(_) => told += 1,
                    Copied::Silent(different) => {
                        silent += 1;
                        eprintln!("found sound, and {different}");
                    }
                }
                fs::remove_dir_all(copy.parent().unwrap()).unwrap();
            }
            eprintln!(
                "{} batches, {order:?}: {whole} whole, {told} torn and told, {silent} torn and found sound",
                size.as_str()
            );
        }
    }
}
