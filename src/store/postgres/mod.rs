//! What is PostgreSQL's own: the connection and its settings, the lock that says who has the database, the words of
//! the server.
//!
//! Not in here: the SQL of the records, which is `../sql`, compiled for PostgreSQL as this room's `sql`.

mod admin;
mod connection;
mod dialect;
mod error;
mod open;
mod owner;
// The one text of the SQL, with this folder's `dialect`.
#[allow(clippy::duplicate_mod, reason = "compiled once for each kind of database")]
#[path = "../sql/mod.rs"]
mod sql;
mod url;
mod words;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub(super) use admin::check;
pub use error::ServerError;
pub(super) use open::open;
pub use url::Server;

use self::connection::{Mode, connect};
use self::owner::Backend;
use super::StoreError;
use super::backend::{Database, Link};
use super::failure::Failure;

/// How many connections read at once: a server has a hundred for all its clients, by default.
const READERS: usize = 8;
/// How long a connection may be idle before it is asked whether it still is one.
const PULSE: Duration = Duration::from_secs(2);

/// A database on a server, which this process has the lock of, or had until its connection was lost.
struct Held {
    server: Server,
    term: i64,
    /// The connections that may hold the lock for this process: the one that writes, and those it came after.
    ours: Mutex<Vec<Backend>>,
    taken_over: watch::Sender<bool>,
}

impl Held {
    fn new(server: Server, first: Backend, term: i64) -> Self {
        let ours = Mutex::new(vec![first]);
        Self { server, term, ours, taken_over: watch::Sender::new(false) }
    }

    fn connect_again(&self) -> Result<Link, StoreError> {
        let mut conn = connect(&self.server, Mode::Write)?;
        let explain = |failure| self.explain("connecting again", failure);
        let myself = owner::myself(&mut conn).map_err(explain)?;
        // Nothing can panic while it is held.
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        ours.push(myself.clone());
        owner::retake(&mut conn, &ours, self.term, &self.name()).map_err(explain)?;
        ours.retain(|backend| *backend == myself);
        Ok(Box::new(conn))
    }
}

impl Database for Held {
    fn name(&self) -> String {
        self.server.to_string()
    }

    fn writer(&self) -> Result<Link, StoreError> {
        let connected = self.connect_again();
        if let Err(StoreError::Server(ServerError::TakenOver { .. })) = &connected {
            self.taken_over.send_replace(true);
        }
        connected
    }

    fn reader(&self) -> Result<Link, StoreError> {
        Ok(Box::new(connect(&self.server, Mode::Read)?))
    }

    fn readers(&self) -> usize {
        READERS
    }

    fn pulse(&self) -> Option<Duration> {
        Some(PULSE)
    }

    fn taken_over(&self) -> Option<watch::Receiver<bool>> {
        Some(self.taken_over.subscribe())
    }

    fn explain(&self, what: &'static str, failure: Failure) -> StoreError {
        words::explain(failure, what, &self.name())
    }
}
