//! One connection that writes, and what keeps it usable.
//!
//! After a failure the connection is given up and the next job opens a new one: that is the one
//! repair that helps against everything that can be helped. Not in here: threads.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use url::Url;

use super::StoreError;
use super::failure::{Failure, by_text, panic_text};
use crate::faults::{self, Point};

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Read and write a file that exists. (One that was removed is not made anew, empty.)
    Write,
    /// Read a file that exists.
    Read,
}

/// Opens a connection to a file.
///
/// `busy` is how long SQLite waits for the locks of others.
pub(super) fn connect(
    path: &Path,
    access: Access,
    busy: Duration,
) -> Result<SqliteConnection, StoreError> {
    let io = |why: &str| {
        by_text(why, path)
            .unwrap_or_else(|| StoreError::Io { path: path.to_owned(), why: why.to_owned() })
    };
    let url = Url::from_file_path(path).map_err(|()| io("its path is not absolute"))?;
    let mode = match access {
        Access::Write => "rw",
        Access::Read => "ro",
    };
    let mut conn = SqliteConnection::establish(&format!("{url}?mode={mode}")).map_err(|error| {
        if let ConnectionError::BadConnection(why) = &error {
            io(why)
        } else {
            io(&error.to_string())
        }
    })?;
    // The first to be set is the patience: the others may need it. FULL: what was acknowledged
    // outlives a power cut. A checkpoint every 16 MiB instead of 4: a page that several commits
    // changed is copied back once. The cache holds a large batch without spilling.
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;",
        busy.as_millis()
    ))
    .map_err(|error| Failure::from(error).explain("setting up the connection", path))?;
    Ok(conn)
}

/// The connection that writes.
pub(super) struct Session {
    conn: Option<SqliteConnection>,
    file: Option<DatabaseFile>,
    /// Whether it plays dead.
    pub(super) outage: bool,
}

/// Which file it is, beyond its name.
#[derive(Debug, Clone)]
pub(super) struct DatabaseFile {
    pub(super) path: PathBuf,
    busy: Duration,
    /// Device and number: another file of the same name is not the same database.
    identity: (u64, u64),
}

impl Session {
    /// A session on a file that `conn` is connected to.
    pub(super) fn on_file(
        conn: SqliteConnection,
        path: PathBuf,
        busy: Duration,
    ) -> Result<Self, StoreError> {
        let identity = identity(&path)?;
        Ok(Self {
            conn: Some(conn),
            file: Some(DatabaseFile { path, busy, identity }),
            outage: false,
        })
    }

    /// A session on a file that was open before; it connects when it is needed.
    pub(super) fn again(file: DatabaseFile) -> Self {
        Self { conn: None, file: Some(file), outage: false }
    }

    /// Its file; none in memory.
    pub(super) fn file(&self) -> Option<DatabaseFile> {
        self.file.clone()
    }

    /// A session on a database in memory.
    pub(super) fn in_memory(conn: SqliteConnection) -> Self {
        Self { conn: Some(conn), file: None, outage: false }
    }

    /// Runs a job in one transaction that holds the write lock from its beginning; all of it is
    /// kept, or nothing. A panic in it is an error.
    pub(super) fn transact<T>(
        &mut self,
        what: &'static str,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let run = AssertUnwindSafe(|| {
            let conn = self.usable()?;
            let mut cause = None;
            let job = |conn: &mut SqliteConnection| {
                fault(Point::StoreBegun, what)?;
                let done = job(conn)?;
                fault(Point::StoreWritten, what)?;
                Ok(done)
            };
            let done = conn.immediate_transaction(|conn| noting(&mut cause, job(conn)));
            let done = outcome(done, cause)?;
            fault(Point::StoreKept, what)?;
            Ok(done)
        });
        let error = match catch_unwind(run) {
            Ok(Ok(done)) => return Ok(done),
            // The job's own verdict: it was rolled back, and the connection is as good as before.
            Ok(Err(Failure::Store(verdict))) => return Err(verdict),
            Ok(Err(failure @ Failure::Query(_))) => {
                failure.explain(what, self.path()).looked_into()
            }
            Err(payload) => StoreError::Panicked { what, message: panic_text(payload.as_ref()) },
        };
        self.give_up();
        Err(error)
    }

    /// The connection, made anew where it was given up.
    fn usable(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.outage {
            return Err(StoreError::Io {
                path: self.path().to_owned(),
                why: "a simulated outage".to_owned(),
            });
        }
        if let Some(file) = &self.file {
            // SQLite would go on writing to a file that has no name any more, and every
            // acknowledged commit would be gone at the next start.
            if identity(&file.path)? != file.identity {
                return Err(StoreError::Replaced { path: file.path.clone() });
            }
            if self.conn.is_none() {
                let made = connect(&file.path, Access::Write, file.busy);
                self.conn = Some(made.map_err(StoreError::looked_into)?);
            }
        }
        self.conn.as_mut().ok_or(StoreError::Stopped)
    }

    /// Leaves a connection whose state is not known. What is in memory would be gone with it, so
    /// there only the transaction is ended.
    fn give_up(&mut self) {
        if self.file.is_some() {
            self.conn = None;
        } else if let Some(conn) = &mut self.conn {
            // An error says that there is no transaction, which is what is wanted.
            let _ = AnsiTransactionManager::rollback_transaction(conn);
        }
    }

    fn path(&self) -> &Path {
        self.file.as_ref().map_or_else(|| Path::new(":memory:"), |file| file.path.as_path())
    }
}

/// Gives the error that is armed at a point, as the disk's.
fn fault(point: Point, what: &str) -> Result<(), Failure> {
    match faults::error(point, what) {
        Some(why) => Err(Failure::Query(diesel::result::Error::QueryBuilderError(why.into()))),
        None => Ok(()),
    }
}

/// Sets a job's failure aside, and tells diesel to roll back.
///
/// After some errors (a full disk) SQLite has ended the transaction by itself. diesel's rollback
/// then fails, and that failure is all that it would tell: the cause would be lost.
pub(super) fn noting<T>(cause: &mut Option<Failure>, done: Result<T, Failure>) -> QueryResult<T> {
    done.map_err(|failure| {
        *cause = Some(failure);
        diesel::result::Error::RollbackTransaction
    })
}

/// How a transaction ended whose job's failure was set aside.
pub(super) fn outcome<T>(done: QueryResult<T>, cause: Option<Failure>) -> Result<T, Failure> {
    done.map_err(|error| match cause {
        Some(Failure::Query(cause)) => Failure::Query(cause),
        // A verdict is one only where the rollback worked: else the connection is no good.
        Some(Failure::Store(verdict)) if error == diesel::result::Error::RollbackTransaction => {
            Failure::Store(verdict)
        }
        Some(Failure::Store(_)) | None => Failure::Query(error),
    })
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
