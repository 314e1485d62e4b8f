//! What can go wrong with a database on a server, beyond what any database can: for each thing a variant, whose
//! sentence says what, where, and what to do. No password is in any of them.
//!
//! Not in here: how the server's words are told apart (`words.rs`).

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a database on a server could not be opened, written or read. `database` is its URL without a password, and
/// `why` are the server's own words, or libpq's.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody answers there, or not in time.
    #[error(
        "the database {database} cannot be reached ({why}); look at the server, and at the host and port of the URL"
    )]
    Unreachable {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The server does not let this user in.
    #[error(
        "the database {database} refuses this user ({why}); look at the password, and at the server's pg_hba.conf"
    )]
    Refused {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The file with the password cannot be used.
    #[error("the password of the database cannot be read from {path}")]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no database of this name on the server.
    #[error(
        "the server has no such database as {database}; make it (`createdb`), or name another one"
    )]
    Absent {
        /// The database.
        database: String,
    },
    /// The user may not do what is needed.
    #[error(
        "the user of the database {database} lacks a right ({why}); make it the database's owner, or grant it what is missing"
    )]
    Denied {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The server has as many connections as it may.
    #[error(
        "the server of the database {database} has no connection to spare ({why}); raise its max_connections, or end other clients"
    )]
    TooMany {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The server starts, ends, or mends itself after a crash.
    #[error("the server of the database {database} is not there for anybody right now ({why})")]
    Unavailable {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The connection was lost while it was used. What was being written is kept or not.
    #[error("the connection to the database {database} was lost ({why})")]
    Lost {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// The server only follows another one, or transactions are read-only there by default.
    #[error(
        "the database {database} cannot be written to ({why}); name the primary server, or look at its default_transaction_read_only"
    )]
    ReadOnly {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// No room is left on the server.
    #[error("the disk of the server of the database {database} is full ({why}); make room there")]
    Full {
        /// The database.
        database: String,
        /// The words.
        why: String,
    },
    /// Somebody else holds a table or row locked for longer than the time that is waited.
    #[error(
        "the database {database} is locked by somebody else (a `psql` shell, pg_dump?); it is usable again when that ends"
    )]
    Locked {
        /// The database.
        database: String,
    },
    /// A statement took longer than it may.
    #[error(
        "the database {database} was too slow: a statement was ended after {after:?}; look at the server's load"
    )]
    TooSlow {
        /// The database.
        database: String,
        /// The limit.
        after: Duration,
    },
    /// Another process has the database.
    #[error(
        "the database {database} is in use by another process ({by}); stop that one first, or use another database"
    )]
    InUse {
        /// The database.
        database: String,
        /// Who it is, as far as the server tells.
        by: String,
    },
    /// Another process has had the database since this one lost its connection.
    #[error(
        "the database {database} was taken over by another process{} while the connection was lost; this one must end",
        by.as_ref().map_or_else(String::new, |by| format!(" ({by})"))
    )]
    TakenOver {
        /// The database.
        database: String,
        /// Who it is, if it is there yet.
        by: Option<String>,
    },
    /// The database is some other program's.
    #[error(
        "{database} is a database of another program; make one of its own for assured (`createdb`)"
    )]
    Foreign {
        /// The database.
        database: String,
    },
    /// The database keeps its texts in a way in which not all can be kept.
    #[error(
        "the database {database} has the encoding {encoding}; make it with `createdb --encoding UTF8`"
    )]
    Encoding {
        /// The database.
        database: String,
        /// What it has.
        encoding: String,
    },
    /// The server is older than what is known here.
    #[error("the server of the database {database} is PostgreSQL {version}; 12 or newer is needed")]
    TooOld {
        /// The database.
        database: String,
        /// What it is.
        version: String,
    },
}
