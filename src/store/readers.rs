//! Connections that read while the writer writes, each a moment of the database.
//!
//! Not in here: what is read.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::StoreError;
use super::backend::{Access, Database, Link};
use super::failure::{Failure, panic_text};
use super::records::Records;

/// How many connections are kept for the next reader; more are made when they are needed.
const KEPT: usize = 4;
/// How long a reader waits for its turn, where not all may read at once.
const TURN: Duration = Duration::from_secs(5);

/// Connections to one database that read only.
pub(super) struct Readers {
    database: Arc<dyn Database>,
    pool: Mutex<Pool>,
    freed: Condvar,
}

struct Pool {
    /// None once it is closed.
    idle: Option<Vec<Link>>,
    reading: usize,
}

impl Readers {
    pub(super) fn new(database: Arc<dyn Database>) -> Self {
        let pool = Pool { idle: Some(Vec::new()), reading: 0 };
        Self { database, pool: Mutex::new(pool), freed: Condvar::new() }
    }

    /// Lets go of all connections: those in use, when they are not any more.
    pub(super) fn close(&self) {
        self.pool().idle = None;
    }

    /// Runs a job in one read transaction: all that it sees is of one moment. Blocks.
    pub(super) fn read<T>(
        &self,
        what: &'static str,
        job: impl FnOnce(&mut dyn Records) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let _turn = self.turn()?;
        let mut job = Some(job);
        loop {
            let kept = self.pool().idle.as_mut().ok_or(StoreError::Stopped)?.pop();
            let was_kept = kept.is_some();
            let mut link = kept.map_or_else(|| self.database.reader(), Ok)?;
            let mut done = None;
            let read = link.transact(Access::Read, &mut |records| {
                let job = job.take().ok_or(StoreError::Stopped)?;
                done = Some(job(records)?);
                Ok(())
            });
            // After an error, or a panic, the connection is not kept.
            if let Err(failure) = read {
                // One that was lost while nobody used it.
                if was_kept && job.is_some() {
                    continue;
                }
                return Err(self.database.explain(what, failure));
            }
            if let Some(idle) = self.pool().idle.as_mut().filter(|idle| idle.len() < KEPT) {
                idle.push(link);
            }
            return done.ok_or(StoreError::Stopped);
        }
    }

    /// Waits until this one may read.
    fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let limit = self.database.readers();
        let waited = self.freed.wait_timeout_while(self.pool(), TURN, |pool| pool.reading >= limit);
        let (mut pool, late) = waited.unwrap_or_else(PoisonError::into_inner);
        if late.timed_out() {
            return Err(StoreError::Late { after: TURN });
        }
        pool.reading += 1;
        Ok(Turn(self))
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing can panic while it is held.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that may read, until it is dropped.
struct Turn<'a>(&'a Readers);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.pool().reading -= 1;
        self.0.freed.notify_one();
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
