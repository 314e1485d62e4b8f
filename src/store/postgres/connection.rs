//! Connections to a server, how a session of ours is set up, and transactions on it.
//!
//! Not in here: which of them is kept, and who has the database.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use super::words::{explain, refused};
use super::{Server, ServerError};
use crate::store::StoreError;
use crate::store::backend::{self, Access, Work, noting, outcome};
use crate::store::failure::Failure;

/// How long a statement may take.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long others' locks are waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a transaction of ours may stand still before the server ends it: this process hangs, or is gone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Write,
    Read,
}

/// Connects, and sets the session up.
pub(super) fn connect(server: &Server, mode: Mode) -> Result<PgConnection, StoreError> {
    let database = server.to_string();
    let conninfo = server.conninfo()?;
    let mut conn = PgConnection::establish(&conninfo.text).map_err(|error| {
        let why = if let ConnectionError::BadConnection(why) = &error {
            why.clone()
        } else {
            error.to_string()
        };
        refused(&conninfo.hide(&why), &database)
    })?;
    let set = conn.batch_execute(&settings(mode));
    set.map_err(|error| explain(error.into(), "setting up the connection", &database))?;
    Ok(conn)
}

/// The keepalives are for the server: when this machine has died, its session has to end soon, and with it the
/// lock that keeps a standby waiting. What is acknowledged is on the disk: `synchronous_commit` is raised where
/// the server's own default is less, and never lowered. Messages in English are understood; only a superuser's
/// session can be set to them.
fn settings(mode: Mode) -> String {
    let read_only = match mode {
        Mode::Write => "",
        Mode::Read => "SET default_transaction_read_only = on;",
    };
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
         SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; \
         SET tcp_user_timeout = 5000; {read_only} \
         SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); \
         SELECT set_config('lc_messages', 'C', false) FROM pg_roles \
             WHERE rolname = current_user AND rolsuper;",
        STATEMENT_TIMEOUT.as_millis(),
        LOCK_TIMEOUT.as_millis(),
        IDLE_TIMEOUT.as_millis(),
    )
}

impl backend::Connection for PgConnection {
    fn transact(&mut self, access: Access, work: Work<'_>) -> Result<(), Failure> {
        let mut cause = None;
        if access == Access::Copy {
            // Who it is copied to may take his time.
            self.batch_execute(
                "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
            )?;
        }
        // All that is read is of one moment, as it is in SQLite.
        let transaction = self.build_transaction().repeatable_read();
        let mut transaction = match access {
            Access::Write => transaction,
            Access::Read | Access::Copy => transaction.read_only(),
        };
        let done = transaction.run(|conn| noting(&mut cause, work(conn)));
        outcome(done, cause)
    }

    fn abandon(&mut self) {
        // An error says that there is no transaction, which is what is wanted.
        let _ = AnsiTransactionManager::rollback_transaction(self);
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Store(error.into())
    }
}
