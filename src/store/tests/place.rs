//! Where a test has its database: a place of each kind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use assured_lab::{Postgres, PostgresDatabase};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use crate::store::sqlite::connection::{Mode, connect};
use crate::store::sqlite::files::with_suffix;
use crate::store::{Location, Store, StoreError, sqlite};

/// A place of its own, where there is no database of ours yet.
pub(super) enum Place {
    Memory,
    File(FilePlace),
    Server(PostgresDatabase),
}

impl Place {
    pub(super) fn memory() -> Self {
        Self::Memory
    }

    pub(super) fn file() -> Self {
        Self::File(FilePlace::new())
    }

    pub(super) fn server() -> Self {
        Self::Server(Postgres::shared().unwrap().database().unwrap())
    }

    pub(super) fn location(&self) -> Location {
        match self {
            Self::Memory => Location::Memory,
            Self::File(file) => Location::File(file.path.clone()),
            Self::Server(database) => Location::parse(&database.url()).unwrap(),
        }
    }

    /// Opens it; a file without patience for others' locks.
    pub(super) fn open(&self) -> Result<Store, StoreError> {
        match self {
            Self::File(file) => file.open(),
            Self::Memory | Self::Server(_) => Store::open_at(&self.location()),
        }
    }

    /// Runs SQL on it, beside any store.
    pub(super) fn execute(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Memory => panic!("nobody gets at what is in memory"),
            Self::File(file) => file.outsider().batch_execute(sql).map_err(|e| e.to_string()),
            Self::Server(database) => database.execute(sql).map(drop).map_err(|e| e.to_string()),
        }
    }
}

/// A directory of its own, with the path of a database in it that is not there yet.
pub(super) struct FilePlace {
    pub(super) dir: TempDir,
    pub(super) path: PathBuf,
}

impl FilePlace {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("assured.db");
        Self { dir, path }
    }

    pub(super) fn location(&self) -> Location {
        Location::File(self.path.clone())
    }

    pub(super) fn open(&self) -> Result<Store, StoreError> {
        open(&self.path)
    }

    /// Another's connection to it.
    pub(super) fn outsider(&self) -> SqliteConnection {
        connect(&self.path, Mode::Write, Duration::ZERO).unwrap()
    }

    pub(super) fn execute(&self, sql: &str) {
        self.outsider().batch_execute(sql).unwrap();
    }

    /// How many transactions its write-ahead log holds: its commit frames.
    pub(super) fn commits(&self) -> usize {
        const HEADER: usize = 32;
        const FRAME: usize = 24 + 4096;
        let log = std::fs::read(with_suffix(&self.path, "-wal")).unwrap();
        log[HEADER..].chunks_exact(FRAME).filter(|frame| frame[4..8] != [0; 4]).count()
    }
}

pub(super) fn open(path: &Path) -> Result<Store, StoreError> {
    Store::opened(sqlite::file(path, Duration::ZERO)?)
}

pub(super) fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// The sentence of the error that opening ends with.
pub(super) fn refusal(place: &FilePlace) -> (StoreError, String) {
    let error = place.open().expect_err("it must be refused");
    let text = error.to_string();
    (error, text)
}
