//! From what SQLite, diesel or a panic says to what [`StoreError`] says.
//!
//! Not in here: the sentences.

use std::path::Path;

use super::StoreError;

/// How a job on a connection fails: by SQLite, or by what was found.
#[derive(Debug)]
pub(super) enum Failure {
    /// A statement failed.
    Query(diesel::result::Error),
    /// It worked, but what was found is no good.
    Store(StoreError),
}

impl From<diesel::result::Error> for Failure {
    fn from(source: diesel::result::Error) -> Self {
        Self::Query(source)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// The error to tell, where `what` was done on the database at `path`.
    pub(super) fn explain(self, what: &'static str, path: &Path) -> StoreError {
        let source = match self {
            Self::Store(error) => return error,
            Self::Query(source) => cause_of(source),
        };
        by_text(&source.to_string(), path).unwrap_or_else(|| StoreError::Query {
            what,
            path: path.to_owned(),
            source,
        })
    }
}

/// What made a commit fail, where the rollback after it failed too.
fn cause_of(error: diesel::result::Error) -> diesel::result::Error {
    if let diesel::result::Error::RollbackErrorOnCommit { commit_error, .. } = error {
        *commit_error
    } else {
        error
    }
}

/// The error that SQLite's words stand for; none where they are not of those that have a sentence
/// of their own. Words, because diesel hands on no codes; they are constants in SQLite's source,
/// and the tests provoke each of them.
pub(super) fn by_text(text: &str, path: &Path) -> Option<StoreError> {
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

/// A panic's message, where it has one.
pub(super) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
