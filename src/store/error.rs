//! What can go wrong with the database: for each thing a variant, whose sentence says what, where,
//! and what to do.
//!
//! Not in here: exit codes and HTTP statuses, which are the callers' business.

use std::io;
use std::path::PathBuf;

use super::postgres::ServerError;
use crate::model::InstanceId;

/// Why the database could not be opened, written or read. Nothing of a failed commit is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Only PostgreSQL has this to say.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The URL cannot be understood. A URL of another scheme is not shown: it may hold a password.
    #[error(
        "the database's URL {url} cannot be used: {why}; write sqlite:///ABSOLUTE/PATH or postgres://USER@HOST/NAME"
    )]
    Url {
        /// The URL, or its scheme.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another process has the database open.
    #[error(
        "the database {path} is in use by another process{}; stop that one first, or use another database",
        holder(*process)
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// That process's number, if it is known.
        process: Option<u32>,
    },
    /// Somebody else holds a lock of SQLite's for longer than the time that is waited.
    #[error(
        "the database {path} is locked by somebody else (a `sqlite3` shell, a backup tool?); it is usable again when that ends"
    )]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The file, its directory or its file system does not let itself be written to.
    #[error(
        "the database {path} cannot be written to: it or its directory is read-only for this user, or its file system for all; give it write access, or mount the file system for writing"
    )]
    ReadOnly {
        /// The database, or the directory that is in the way.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not a SQLite database; name another file, or move this one away")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of some other program's.
    #[error(
        "{path} is a SQLite database of another program; name another file, or move this one away"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the database {path} is damaged; keep a copy of it, then restore a backup in its place"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
    },
    /// The database was written by a newer version.
    #[error(
        "the database {database} is of a newer version (it has the migrations {}, unknown here); use that version, or restore a backup from before",
        versions.join(", ")
    )]
    Newer {
        /// The database.
        database: String,
        /// The migrations that are not known here.
        versions: Vec<String>,
    },
    /// There is no such database, and this operation does not make one.
    #[error("there is no database {path}; it is made by the service, or by `assured db migrate`")]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The file was removed or replaced while it was open.
    #[error(
        "the database {path} was removed or replaced while it was in use; put it back, or start the service anew on what is there now"
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk or the quota of the database {path} is full; make room")]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Something on the file system failed.
    #[error("{what} {path} failed")]
    File {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// SQLite cannot open the file, or reads and writes of it fail.
    #[error(
        "the database {path} cannot be read or written ({why}); look at its disk, and at the rights on its directory"
    )]
    Io {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// A migration failed; it was undone.
    #[error("bringing the database {database} to this version's form failed; it is as it was")]
    Migration {
        /// The database.
        database: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A backup's target is there already.
    #[error("{path} exists already; a backup overwrites nothing")]
    BackupExists {
        /// The target.
        path: PathBuf,
    },
    /// A copy's target has records, or is its source.
    #[error(
        "the database {database} is not empty; a copy overwrites nothing: name one that has no records yet"
    )]
    NotEmpty {
        /// The target.
        database: String,
    },
    /// A copy's target has not as many rows as its source. None were kept.
    #[error(
        "the copy in the database {database} would have lacked rows, so nothing was copied; check the source with `assured db check`"
    )]
    Torn {
        /// The target.
        database: String,
    },
    /// What a server has is backed up by its own tools.
    #[error(
        "a database on a server is backed up by PostgreSQL's own tool, while the service runs or not: {command}"
    )]
    NoBackup {
        /// What to type.
        command: String,
    },
    /// The stored record of an instance is newer than the one that was to be written, or an
    /// attempt of it has its outcome already. Nothing of the batch is kept.
    #[error(
        "what is stored of instance {instance} is newer than what was to be written; nothing was"
    )]
    Stale {
        /// The instance.
        instance: InstanceId,
    },
    /// A row that this version cannot understand.
    #[error(
        "row {key} of table {table} cannot be understood: {why}; was it written by a newer version?"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// The row's key.
        key: String,
        /// Which column, and what is wrong with it.
        why: String,
    },
    /// A statement failed in another way.
    #[error("{what} failed in the database {database}")]
    Query {
        /// What was done.
        what: &'static str,
        /// The database.
        database: String,
        /// Why it failed.
        source: diesel::result::Error,
    },
    /// The code of this room panicked.
    #[error("{what} panicked: {message}")]
    Panicked {
        /// What was done.
        what: &'static str,
        /// The panic's message.
        message: String,
    },
    /// It takes too long. What was sent is not taken back: it may still be done, before anything that
    /// is sent after it.
    #[error(
        "the database has not answered for {after:?}; look at its disk; what was being written is kept or not, which is read again when it answers"
    )]
    Late {
        /// How long it was waited for.
        after: std::time::Duration,
    },
    /// The store's thread, or the runtime, is gone.
    #[error("the store has ended")]
    Stopped,
}

impl StoreError {
    /// Whether what was to be written may be kept all the same: nobody has said that it is not.
    #[must_use]
    pub const fn is_open_ended(&self) -> bool {
        matches!(
            self,
            Self::Io { .. }
                | Self::Query { .. }
                | Self::Late { .. }
                | Self::Panicked { .. }
                | Self::Stopped
                | Self::Server(ServerError::Lost { .. })
        )
    }

    /// Whether another process has the database: who waits may have it next.
    #[must_use]
    pub const fn is_in_use_on_a_server(&self) -> bool {
        matches!(self, Self::Server(ServerError::InUse { .. }))
    }

    /// Whether the connection was lost: another one may find the database well.
    pub(super) const fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Server(ServerError::Lost { .. }))
    }
}

fn holder(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" (number {id})"))
}
