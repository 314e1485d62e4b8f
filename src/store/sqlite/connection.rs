//! Connections to a file, and transactions on them.
//!
//! Not in here: which of them is kept, and when it is made anew.

use std::path::Path;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use url::Url;

use super::words::{by_text, explain};
use crate::store::StoreError;
use crate::store::backend::{self, Access, Work, noting, outcome};
use crate::store::failure::Failure;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Mode {
    /// Read and write a file that exists. (One that was removed is not made anew, empty.)
    Write,
    /// Read a file that exists.
    Read,
}

/// Opens a connection to a file.
///
/// `busy` is how long SQLite waits for the locks of others.
pub(in crate::store) fn connect(
    path: &Path,
    mode: Mode,
    busy: Duration,
) -> Result<SqliteConnection, StoreError> {
    let io = |why: &str| {
        by_text(why, path)
            .unwrap_or_else(|| StoreError::Io { path: path.to_owned(), why: why.to_owned() })
    };
    let url = Url::from_file_path(path).map_err(|()| io("its path is not absolute"))?;
    let mode = match mode {
        Mode::Write => "rw",
        Mode::Read => "ro",
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
    .map_err(|error| explain(error.into(), "setting up the connection", path))?;
    Ok(conn)
}

impl backend::Connection for SqliteConnection {
    fn transact(&mut self, access: Access, work: Work<'_>) -> Result<(), Failure> {
        let mut cause = None;
        let done = match access {
            Access::Write => self.immediate_transaction(|conn| noting(&mut cause, work(conn))),
            Access::Read | Access::Copy => self.transaction(|conn| noting(&mut cause, work(conn))),
        };
        outcome(done, cause)
    }

    fn abandon(&mut self) {
        // An error says that there is no transaction, which is what is wanted.
        let _ = AnsiTransactionManager::rollback_transaction(self);
    }
}
