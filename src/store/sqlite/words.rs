//! From what SQLite says to what [`StoreError`] says.
//!
//! Not in here: the sentences.

use std::path::Path;

use crate::store::StoreError;
use crate::store::failure::{Failure, cause_of};

/// The error to tell, where `what` was done on the database at `path`.
pub(in crate::store) fn explain(failure: Failure, what: &'static str, path: &Path) -> StoreError {
    let source = match failure {
        Failure::Store(error) => return error,
        Failure::Query(source) => cause_of(source),
    };
    by_text(&source.to_string(), path).unwrap_or_else(|| StoreError::Query {
        what,
        database: path.display().to_string(),
        source,
    })
}

/// The error that SQLite's words stand for; none where they are not of those that have a sentence
/// of their own. Words, because diesel hands on no codes; they are constants in SQLite's source,
/// and the tests provoke each of them.
pub(in crate::store) fn by_text(text: &str, path: &Path) -> Option<StoreError> {
    let path = path.to_owned();
    Some(match text {
        "database is locked" | "database table is locked" | "locking protocol" => {
            StoreError::Busy { path }
        }
        "attempt to write a readonly database" => StoreError::ReadOnly { path },
        "file is not a database" => StoreError::NotADatabase { path },
        "database disk image is malformed" => StoreError::Corrupt { path },
        "database or disk is full" => StoreError::Full { path },
        "disk I/O error" | "unable to open database file" => {
            StoreError::Io { path, why: text.to_owned() }
        }
        _ if text.starts_with("malformed database schema") => StoreError::Corrupt { path },
        _ => return None,
    })
}
