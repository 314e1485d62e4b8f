//! What is SQLite's own: the file, its locks, its log, its words for failures, its copies.
//!
//! Not in here: the SQL of the records, which is `../sql`, compiled for SQLite as this room's `sql`.

pub(super) mod admin;
pub(super) mod connection;
mod dialect;
pub(super) mod files;
mod open;
// The one text of the SQL, with this folder's `dialect`.
#[allow(clippy::duplicate_mod, reason = "compiled once for each kind of database")]
#[path = "../sql/mod.rs"]
mod sql;
pub(super) mod words;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) use open::{file, memory};

use self::connection::{Mode, connect};
use self::files::Lock;
use super::StoreError;
use super::backend::{Database, Link};
use super::failure::Failure;

/// A database in a file, which this process has locked.
struct File {
    path: PathBuf,
    busy: Duration,
    /// Device and number: another file of the same name is not the same database.
    identity: (u64, u64),
    _lock: Lock,
}

impl File {
    fn new(path: PathBuf, busy: Duration, lock: Lock) -> Result<Self, StoreError> {
        let identity = identity(&path)?;
        Ok(Self { path, busy, identity, _lock: lock })
    }
}

impl Database for File {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// SQLite would go on writing to a file that has no name any more, and every acknowledged commit would be gone at
    /// the next start.
    fn is_itself(&self) -> Result<(), StoreError> {
        if identity(&self.path)? == self.identity {
            return Ok(());
        }
        Err(StoreError::Replaced { path: self.path.clone() })
    }

    fn writer(&self) -> Result<Link, StoreError> {
        let made = connect(&self.path, Mode::Write, self.busy);
        Ok(Box::new(made.map_err(files::looked_into)?))
    }

    fn reader(&self) -> Result<Link, StoreError> {
        Ok(Box::new(connect(&self.path, Mode::Read, self.busy)?))
    }

    fn readers(&self) -> usize {
        usize::MAX
    }

    fn explain(&self, what: &'static str, failure: Failure) -> StoreError {
        files::looked_into(words::explain(failure, what, &self.path))
    }
}

/// A database in memory, gone with its one connection.
struct Memory;

impl Database for Memory {
    fn name(&self) -> String {
        ":memory:".to_owned()
    }

    fn writer(&self) -> Result<Link, StoreError> {
        Err(StoreError::Stopped)
    }

    fn reader(&self) -> Result<Link, StoreError> {
        Err(StoreError::Stopped)
    }

    fn readers(&self) -> usize {
        0
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn explain(&self, what: &'static str, failure: Failure) -> StoreError {
        words::explain(failure, what, Path::new(":memory:"))
    }
}

fn identity(path: &Path) -> Result<(u64, u64), StoreError> {
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino())),
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
            Err(StoreError::Replaced { path: path.to_owned() })
        }
        Err(source) => Err(StoreError::File { what: "looking at", path: path.to_owned(), source }),
    }
}
