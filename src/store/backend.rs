//! What a kind of database has to offer: connections, transactions on them, and what its failures mean.
//!
//! Implemented in `sqlite/` and `postgres/`, which have all that is a kind's own. Not in here: what is done in a
//! transaction (`records.rs`).

use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use tokio::sync::watch;

use super::StoreError;
use super::failure::Failure;
use super::records::Records;

/// One database that is open for writing by this process.
pub(super) trait Database: Send + Sync {
    /// What people know it by. No password is in it.
    fn name(&self) -> String;

    /// Whether it is still the database that was opened. Asked before each transaction that writes: cheap.
    ///
    /// # Errors
    /// That it is not.
    fn is_itself(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A connection that writes, after the one before was given up.
    ///
    /// # Errors
    /// As for opening it, or that another process has it by now.
    fn writer(&self) -> Result<Link, StoreError>;

    /// A connection that reads, beside the one that writes.
    ///
    /// # Errors
    /// As for opening it.
    fn reader(&self) -> Result<Link, StoreError>;

    /// How many may read at once; more wait for their turn.
    fn readers(&self) -> usize;

    /// How long the connection that writes may be left alone, after which it is asked whether it still is one; none
    /// where it cannot be lost.
    fn pulse(&self) -> Option<Duration> {
        None
    }

    /// Whether another process has the database by now; none where that cannot be.
    fn taken_over(&self) -> Option<watch::Receiver<bool>> {
        None
    }

    /// Whether all is lost with the connection: then it is never given up.
    fn is_volatile(&self) -> bool {
        false
    }

    /// The error to tell, where `what` failed in such a way.
    fn explain(&self, what: &'static str, failure: Failure) -> StoreError;
}

/// A connection, of whatever kind.
pub(super) type Link = Box<dyn Connection>;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reading and writing. It holds off other writers from its beginning.
    Write,
    /// Reading: all of one moment.
    Read,
    /// Reading for a copy: the same, for however long it takes.
    Copy,
}

/// What is done in a transaction.
pub(super) type Work<'a> = &'a mut dyn FnMut(&mut dyn Records) -> Result<(), Failure>;

/// One connection.
pub(super) trait Connection: Send {
    /// Does it in one transaction, which is kept where the work is done, and undone where that fails.
    fn transact(&mut self, access: Access, work: Work<'_>) -> Result<(), Failure>;

    /// Ends a transaction that a panic has left.
    fn abandon(&mut self);
}

/// A database that is ready to be written.
pub(super) struct Opened {
    /// How it is reached again.
    pub(super) database: Arc<dyn Database>,
    /// The connection that writes.
    pub(super) link: Link,
    /// The migrations that were run just now, by name.
    pub(super) migrated: Vec<String>,
}

/// Sets a job's failure aside, and tells diesel to roll back.
///
/// After some errors (a full disk, a lost connection) the transaction has ended by itself. diesel's rollback
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
