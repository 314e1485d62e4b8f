//! From what PostgreSQL and libpq say to what [`StoreError`] says.
//!
//! By diesel's kinds where it has one, else by words: diesel hands on no SQLSTATE. A server may speak another
//! language (`lc_messages`, which only a superuser can set): what is not understood is told in its own words, as
//! a failed statement or a database that cannot be reached, and counts as unsure. Not in here: the sentences.

use diesel::result::{DatabaseErrorKind, Error};

use super::ServerError;
use super::connection::STATEMENT_TIMEOUT;
use crate::store::StoreError;
use crate::store::failure::{Failure, cause_of};

/// The error to tell, where `what` was done in a database.
pub(super) fn explain(failure: Failure, what: &'static str, database: &str) -> StoreError {
    let source = match failure {
        Failure::Store(error) => return error,
        Failure::Query(source) => cause_of(source),
    };
    match by_kind(&source, database) {
        Some(error) => error.into(),
        None => StoreError::Query { what, database: database.to_owned(), source },
    }
}

/// The error of a statement; none where it has no sentence of its own.
pub(super) fn by_kind(source: &Error, database: &str) -> Option<ServerError> {
    let lost = |why: &str| ServerError::Lost { database: database.to_owned(), why: tidy(why) };
    if let Error::DatabaseError(kind, told) = source {
        if matches!(
            kind,
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand
        ) {
            return Some(lost(told.message()));
        }
        if matches!(kind, DatabaseErrorKind::ReadOnlyTransaction) {
            let why = tidy(told.message());
            return Some(ServerError::ReadOnly { database: database.to_owned(), why });
        }
    }
    // A transaction that a lost connection has ended.
    if matches!(source, Error::BrokenTransactionManager) {
        return Some(lost("in the midst of a transaction"));
    }
    by_words(&source.to_string(), database)
}

/// Of what was said in English over a connection that stands.
pub(super) fn by_words(text: &str, database: &str) -> Option<ServerError> {
    let database = database.to_owned();
    let says = |words: &str| text.contains(words);
    let why = tidy(text);
    if says("No space left on device") || says("Disk quota exceeded") {
        Some(ServerError::Full { database, why })
    } else if says("due to statement timeout") {
        Some(ServerError::TooSlow { database, after: STATEMENT_TIMEOUT })
    } else if says("due to lock timeout") {
        Some(ServerError::Locked { database })
    } else if says("permission denied") || says("must be owner") {
        Some(ServerError::Denied { database, why })
    } else if says("in a read-only transaction") {
        Some(ServerError::ReadOnly { database, why })
    } else if says("terminating connection") || says("server closed the connection") {
        Some(ServerError::Lost { database, why })
    } else {
        None
    }
}

/// Of what was said where no connection came about.
pub(super) fn refused(text: &str, database: &str) -> ServerError {
    let database = database.to_owned();
    let says = |words: &str| text.contains(words);
    let why = tidy(text);
    if says("too many clients")
        || says("connection slots are reserved")
        || says("too many connections")
    {
        ServerError::TooMany { database, why }
    } else if says("the database system is") {
        ServerError::Unavailable { database, why }
    } else if says("database \"") && says("does not exist") {
        ServerError::Absent { database }
    } else if says("authentication")
        || says("password")
        || says("pg_hba.conf")
        || says("is not permitted to log in")
        || (says("role \"") && says("does not exist"))
        || says("permission denied for database")
    {
        ServerError::Refused { database, why }
    } else if says("session is read-only") || says("server is in hot standby mode") {
        ServerError::ReadOnly { database, why }
    } else {
        ServerError::Unreachable { database, why }
    }
}

/// On one line, without libpq's own advice.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut tidy = lines.collect::<Vec<_>>().join(" ");
    if tidy.is_empty() {
        tidy.push_str("no reason given");
    }
    tidy
}
