//! One connection that writes, and what keeps it usable.
//!
//! After a failure the connection is given up and the next job opens a new one: that is the one
//! repair that helps against everything that can be helped. Not in here: threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::StoreError;
use super::backend::{Access, Connection, Database, Link};
use super::failure::{Failure, panic_text};
use super::records::Records;
use crate::faults::{self, Point};

/// The connection that writes.
pub(super) struct Session {
    database: Arc<dyn Database>,
    link: Option<Link>,
    /// Whether it plays dead.
    pub(super) outage: bool,
}

impl Session {
    /// A session on a database that was opened with this connection.
    pub(super) fn new(database: Arc<dyn Database>, link: Link) -> Self {
        Self { database, link: Some(link), outage: false }
    }

    /// A session on a database that was open before; it connects when it is needed.
    pub(super) fn again(database: Arc<dyn Database>) -> Self {
        Self { database, link: None, outage: false }
    }

    /// How long it may be left alone; none where that does no harm.
    pub(super) fn pulse(&self) -> Option<Duration> {
        self.database.pulse()
    }

    /// Sees to it that there is a connection, while nobody asks anything of it: one that was lost is made anew before
    /// it is needed, and that another process has the database is noticed. Who writes next is told what is wrong.
    pub(super) fn tend(&mut self) {
        let asked = self.usable().map(|link| link.transact(Access::Read, &mut |_| Ok(())));
        if matches!(asked, Ok(Err(_))) {
            self.give_up();
        }
    }

    /// Runs a job in one transaction that holds the write lock from its beginning; all of it is
    /// kept, or nothing. A panic in it is an error.
    pub(super) fn transact<T>(
        &mut self,
        what: &'static str,
        job: impl FnOnce(&mut dyn Records) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut job = Some(job);
        let mut anew = false;
        loop {
            let run = AssertUnwindSafe(|| self.attempt(what, &mut job));
            let error = match catch_unwind(run) {
                Ok(Ok(done)) => return Ok(done),
                // The job's own verdict: it was rolled back, and the connection is as good as before.
                Ok(Err(Failure::Store(verdict))) => return Err(verdict),
                Ok(Err(failure @ Failure::Query(_))) => self.database.explain(what, failure),
                Err(payload) => {
                    StoreError::Panicked { what, message: panic_text(payload.as_ref()) }
                }
            };
            self.give_up();
            // A connection that was lost while nobody used it: nothing was asked over it, so nothing is in doubt.
            let untouched = job.is_some() && error.is_lost_connection();
            if !untouched || std::mem::replace(&mut anew, true) {
                return Err(error);
            }
        }
    }

    /// Takes the job only when a transaction was begun.
    fn attempt<T>(
        &mut self,
        what: &'static str,
        job: &mut Option<impl FnOnce(&mut dyn Records) -> Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let link = self.usable()?;
        let mut done = None;
        link.transact(Access::Write, &mut |records| {
            let job = job.take().ok_or(StoreError::Stopped)?;
            fault(Point::StoreBegun, what)?;
            done = Some(job(records)?);
            fault(Point::StoreWritten, what)
        })?;
        fault(Point::StoreKept, what)?;
        done.ok_or(Failure::Store(StoreError::Stopped))
    }

    /// The connection, made anew where it was given up.
    fn usable(&mut self) -> Result<&mut (dyn Connection + 'static), StoreError> {
        if self.outage {
            return Err(StoreError::Io {
                path: self.database.name().into(),
                why: "a simulated outage".to_owned(),
            });
        }
        self.database.is_itself()?;
        let link = match self.link.take() {
            Some(link) => link,
            None => self.database.writer()?,
        };
        Ok(self.link.insert(link).as_mut())
    }

    /// Leaves a connection whose state is not known. What is in memory would be gone with it, so
    /// there only the transaction is ended.
    fn give_up(&mut self) {
        if !self.database.is_volatile() {
            self.link = None;
        } else if let Some(link) = &mut self.link {
            link.abandon();
        }
    }
}

/// Gives the error that is armed at a point, as the disk's.
fn fault(point: Point, what: &str) -> Result<(), Failure> {
    match faults::error(point, what) {
        Some(why) => Err(Failure::Query(diesel::result::Error::QueryBuilderError(why.into()))),
        None => Ok(()),
    }
}
