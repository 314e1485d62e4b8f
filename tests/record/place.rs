//! A folder with a database in it, and what is asked of it after a crash.

use std::path::{Path, PathBuf};

use assured::store::Store;
use tempfile::TempDir;

use crate::batches::batches_in;
use crate::model::Model;

/// A folder of its own.
pub struct Place {
    pub dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn database(&self) -> PathBuf {
        self.dir.path().join("assured.db")
    }

    /// Asserts that the database is sound, can be gone on from, and has all of the first batches,
    /// at least so many, and nothing else; gives how many.
    #[track_caller]
    pub fn assert_whole(&self, model: &mut Model, acknowledged: i64) -> i64 {
        let problems = Store::check(&crate::place::location(&self.database())).unwrap().problems;
        assert_eq!(problems, Vec::<String>::new());
        let store = Store::open(&url(&self.database())).expect("it opens, its lock ended");
        let found = batches_in(&store.load().unwrap());
        assert!(found >= acknowledged, "{found} batches, {acknowledged} acknowledged");
        assert_eq!(model.compare(&store, found), Ok(()));
        found
    }
}

/// Where a database is, as `assured db` says it.
pub fn location(path: &Path) -> assured::store::Location {
    assured::store::Location::File(path.to_owned())
}

pub fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}
