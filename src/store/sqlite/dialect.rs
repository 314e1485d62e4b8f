//! Where SQLite's SQL differs from PostgreSQL's.

use std::borrow::Cow;

pub(super) use diesel::sqlite::{Sqlite as Db, SqliteConnection as Connection};

/// Writes a page as it is: the one that has the version field, which is not used here, with what it has. Nothing
/// less tells: SQLite opens a file that it may not write for reading and lets a transaction for writing begin on it,
/// and that a disk is full shows only in what needs room.
pub(super) const PROBE: &str = "PRAGMA user_version = 0";

/// A text as it can be stored: SQLite takes any.
pub(super) const fn writable(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}
