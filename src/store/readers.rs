//! Connections that read while the writer writes, each a moment of the database.
//!
//! Not in here: what is read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::prelude::*;

use super::StoreError;
use super::failure::{Failure, panic_text};
use super::session::{Access, connect, noting, outcome};

/// How many connections are kept for the next reader; more are made when they are needed.
const KEPT: usize = 4;

/// Read-only connections to one file.
pub(super) struct Readers {
    path: PathBuf,
    busy: Duration,
    /// None once it is closed.
    idle: Mutex<Option<Vec<SqliteConnection>>>,
}

impl Readers {
    pub(super) const fn new(path: PathBuf, busy: Duration) -> Self {
        Self { path, busy, idle: Mutex::new(Some(Vec::new())) }
    }

    /// Lets go of all connections: those in use, when they are not any more.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }

    /// Runs a job in one read transaction: all that it sees is of one moment. Blocks.
    pub(super) fn read<T>(
        &self,
        what: &'static str,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let kept = self.idle().as_mut().ok_or(StoreError::Stopped)?.pop();
        let mut conn = match kept {
            Some(conn) => conn,
            None => connect(&self.path, Access::Read, self.busy)?,
        };
        // After an error, or a panic, the connection is not kept.
        let mut cause = None;
        let done = conn.transaction(|conn| noting(&mut cause, job(conn)));
        let done = outcome(done, cause).map_err(|failure| failure.explain(what, &self.path))?;
        if let Some(idle) = self.idle().as_mut().filter(|idle| idle.len() < KEPT) {
            idle.push(conn);
        }
        Ok(done)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<Vec<SqliteConnection>>> {
        // Nothing can panic while it is held.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what blocks on the runtime's threads for that, under the caller's span; a panic in it is
/// an error. Everything in this room that blocks and is awaited goes through here.
pub(super) async fn blocking<T: Send + 'static>(
    what: &'static str,
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(job)).await {
        Ok(done) => done,
        Err(ended) => Err(match ended.try_into_panic() {
            Ok(payload) => StoreError::Panicked { what, message: panic_text(payload.as_ref()) },
            Err(_) => StoreError::Stopped,
        }),
    }
}
