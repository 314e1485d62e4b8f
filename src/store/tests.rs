//! The store on real files: what goes in comes out, what must not go in does not, and everything
//! that can be wrong with a database has its own sentence.

mod admin;
mod crash;
mod faults;
mod guards;
mod opening;
mod outbox;
mod reading;
mod retention;
mod round_trip;
mod sample;
mod thread;

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use super::location::Location;
use super::session::{Access, connect};
use super::{Batch, Store, StoreError};

/// A directory of its own, with the path of a database in it that is not there yet.
struct Place {
    dir: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("assured.db");
        Self { dir, path }
    }

    fn url(&self) -> String {
        url(&self.path)
    }

    /// Opens it, without patience for others' locks.
    fn open(&self) -> Result<Store, StoreError> {
        open(&self.path)
    }

    /// Another's connection to it.
    fn outsider(&self) -> SqliteConnection {
        connect(&self.path, Access::Write, Duration::ZERO).unwrap()
    }

    /// Runs SQL on it, beside any store.
    fn execute(&self, sql: &str) {
        self.outsider().batch_execute(sql).unwrap();
    }

    /// How many transactions its write-ahead log holds: its commit frames.
    fn commits(&self) -> usize {
        const HEADER: usize = 32;
        const FRAME: usize = 24 + 4096;
        let log = std::fs::read(super::location::with_suffix(&self.path, "-wal")).unwrap();
        log[HEADER..].chunks_exact(FRAME).filter(|frame| frame[4..8] != [0; 4]).count()
    }
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open_at(Location::File(path.to_owned()), Duration::ZERO)
}

/// Awaits on a runtime of its own.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn commit(store: &Store, batch: Batch) -> Result<(), StoreError> {
    let rows = batch.rows();
    run(store.commit(batch)).map(|stats| assert_eq!(stats.rows, rows))
}

/// The sentence of the error that opening ends with.
fn refusal(place: &Place) -> (StoreError, String) {
    let error = place.open().expect_err("it must be refused");
    let text = error.to_string();
    (error, text)
}

#[test]
fn a_store_goes_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    anywhere::<Store>();
}
