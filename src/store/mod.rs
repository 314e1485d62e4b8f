//! The database: what the service must not forget, and the only SQL.
//!
//! The arbiter keeps all records in memory and writes those that a turn changed in one [`Batch`],
//! one transaction: it is kept whole, on the disk, when [`Store::commit`] answers, or not at all.
//! Two guards hold whatever is asked for: a record of an older generation replaces no newer one,
//! and an attempt's outcome is written once. Others read beside it and never wait for it.
//!
//! One process at a time has a database open for writing. A file, or a database on a server, is written by a
//! thread of its own; one in memory is written on the caller, so that simulations in virtual time do not
//! depend on threads.
//!
//! The SQL is one text, `sql/`, compiled for SQLite and for PostgreSQL; what is a kind's own is in `sqlite/` and
//! `postgres/`, behind the two traits of `backend.rs`. What is here knows neither.
//!
//! Deliberately not in here: decisions, clocks for records (times come with them), retries and
//! logging, which are the callers'.

mod admin;
mod backend;
mod batch;
mod copy;
mod error;
mod failure;
mod form;
mod location;
mod postgres;
mod query;
mod readers;
mod reads;
mod records;
mod session;
mod sqlite;
mod stall;
#[cfg(test)]
mod tests;
mod upkeep;
mod writer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

pub use admin::CheckReport;
pub use batch::{Batch, CommitStats, Forgotten, Loaded, Retention};
pub use copy::Counts;
pub use error::StoreError;
pub use location::Location;
pub use postgres::{Server, ServerError};
pub use query::{EventQuery, IncidentQuery, IncidentState, Order};
pub use upkeep::Outage;

use crate::faults::{self, Point};
use crate::model::EventId;
use backend::Opened;
use readers::{Readers, blocking};
use session::Session;
use stall::{Memory, Stall};
use writer::Writer;

/// The database. Cheap to clone; the last clone's end closes it, after what was sent is done.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    healthy: Arc<AtomicBool>,
    /// The last event that a commit of this process has kept.
    kept: Arc<watch::Sender<EventId>>,
    stall: Stall,
}

/// How the database is reached.
enum Place {
    /// In a file, or on a server. Dropped in this order: SQLite tidies up its log when the connection that writes
    /// is the last; the lock, which the database has, goes after it.
    Kept { readers: Arc<Readers>, writer: Writer },
    /// In memory: one connection for all.
    Memory(Mutex<Memory>),
}

impl Store {
    /// Opens the database that a URL names, making it (and its directory) where there is none,
    /// brings it to this version's form and locks it for this process. Blocks.
    ///
    /// `sqlite:///ABSOLUTE/PATH`, `sqlite::memory:`, or `postgres://USER@HOST:PORT/NAME` with whatever parameters
    /// libpq knows.
    ///
    /// # Errors
    /// A [`StoreError`] of its own for everything that can be wrong: another process has it,
    /// somebody holds it locked, it is read-only, no database, another program's, damaged, of a
    /// newer version, or out of reach. None of them loses or changes anything.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_at(&Location::parse(url)?)
    }

    /// The same for a place that is known already.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open_at(location: &Location) -> Result<Self, StoreError> {
        Self::opened(location.open()?)
    }

    /// A database in memory, written on the caller.
    ///
    /// # Errors
    /// Only where the migrations themselves are at fault.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::open_at(&Location::Memory)
    }

    fn opened(Opened { database, link, migrated: _ }: Opened) -> Result<Self, StoreError> {
        let session = Session::new(Arc::clone(&database), link);
        let place = if database.is_volatile() {
            Place::Memory(Mutex::new(Memory::new(session)))
        } else {
            Place::Kept {
                readers: Arc::new(Readers::new(Arc::clone(&database))),
                writer: Writer::start(session, database)?,
            }
        };
        let healthy = Arc::new(AtomicBool::new(true));
        let kept = Arc::new(watch::Sender::new(EventId(0)));
        Ok(Self { inner: Arc::new(Inner { place, healthy, kept, stall: Stall::default() }) })
    }

    /// Writes a batch in one transaction. It is sent by the call, before the future is awaited;
    /// dropping the future does not undo it. Batches are written in the order of the calls.
    ///
    /// An empty batch changes nothing and answers whether the database could be written, which it
    /// finds out by writing a page as it is.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where something stored is newer than what was to be written; another
    /// variant where the database is unavailable. Nothing of the batch is kept then. The one
    /// exception is the disk's failure in the midst of the commit ([`StoreError::Io`]), after
    /// which either may be so: read again before going on.
    pub fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<CommitStats, StoreError>> + Send + use<> {
        let healthy = Arc::clone(&self.inner.healthy);
        let kept = Arc::clone(&self.inner.kept);
        answer(self.on_writer(move |session| {
            let begun = Instant::now();
            let written = session.transact("writing", |records| records.write(&batch));
            // A stale batch says that its writer is behind, not that the database is ill.
            let well = matches!(written, Ok(_) | Err(StoreError::Stale { .. }));
            healthy.store(well, Ordering::Relaxed);
            if written.is_ok()
                && let Some(last) = batch.events.iter().map(|event| event.id).max()
            {
                kept.send_replace(last);
            }
            written.map(|forgotten| CommitStats {
                rows: batch.rows() + forgotten.map_or(0, |forgotten| forgotten.rows),
                duration: begun.elapsed(),
                forgotten,
            })
        }))
    }

    /// Everything that the arbiter goes on from, of one moment, after all commits that were sent
    /// before. Blocks: for the start, outside of the runtime's threads.
    ///
    /// # Errors
    /// [`StoreError::Row`] where something stored cannot be understood; or the database cannot be
    /// read.
    pub fn load(&self) -> Result<Loaded, StoreError> {
        match &self.inner.place {
            Place::Memory(memory) => load_on(&mut on_memory(memory).session),
            Place::Kept { writer, .. } => {
                let (answer, answered) = std::sync::mpsc::sync_channel(1);
                writer.send(move |session| {
                    let _ = answer.send(load_on(session));
                });
                answered.recv().unwrap_or(Err(StoreError::Stopped))
            }
        }
    }

    /// Closes it for all clones, after what was sent is done. What is asked of it afterwards answers
    /// [`StoreError::Stopped`]. SQLite tidies up its log then, whoever still has a clone. A database in
    /// memory stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Panicked`], which nobody has seen.
    pub async fn close(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        let close = move || {
            if let Place::Kept { readers, writer } = &inner.place {
                readers.close();
                writer.close();
            }
            Ok(())
        };
        blocking("closing", close).await
    }

    /// The same as [`Store::load`], awaited: for an arbiter that starts anew.
    ///
    /// # Errors
    /// As for [`Store::load`].
    pub fn reload(&self) -> impl Future<Output = Result<Loaded, StoreError>> + Send + use<> {
        answer(self.on_writer(load_on))
    }

    /// The number of the last event that was committed since the store was opened, 0 before the
    /// first, and word of each that follows. Every event up to it can be read by then.
    #[must_use]
    pub fn last_event(&self) -> watch::Receiver<EventId> {
        self.inner.kept.subscribe()
    }

    /// Whether the last commit found the database usable; true before the first.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.inner.healthy.load(Ordering::Relaxed)
    }

    /// Sends a job to the session, or does it at once in memory.
    fn on_writer<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> Result<T, StoreError> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let job = move |session: &mut Session| {
            // Nobody may be waiting any more.
            let _ = answer.send(job(session));
        };
        match &self.inner.place {
            Place::Memory(memory) => on_memory(memory).take(Box::new(job)),
            Place::Kept { writer, .. } => writer.send(job),
        }
        answered
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("healthy", &self.healthy()).finish_non_exhaustive()
    }
}

async fn answer<T>(answered: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    let answer = answered.await.unwrap_or(Err(StoreError::Stopped));
    match faults::answer(Point::StoreAnswer, "").await {
        // Whatever became of it, nobody knows.
        Some(_) => Err(StoreError::Stopped),
        None => answer,
    }
}

fn load_on(session: &mut Session) -> Result<Loaded, StoreError> {
    session.transact("loading", |records| records.load())
}

/// The connection of a database in memory. A panic while it was held was turned into an error and
/// its transaction undone, so there is nothing wrong with it.
fn on_memory(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
