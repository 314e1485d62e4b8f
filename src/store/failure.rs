//! How what is done on a connection fails, before it has a sentence.
//!
//! Not in here: the sentences, and what each kind of database's words stand for.

use super::StoreError;

/// How a job on a connection fails: by the database, or by what was found.
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

/// What made a commit fail, where the rollback after it failed too.
pub(super) fn cause_of(error: diesel::result::Error) -> diesel::result::Error {
    if let diesel::result::Error::RollbackErrorOnCommit { commit_error, .. } = error {
        *commit_error
    } else {
        error
    }
}

/// A panic's message, where it has one.
pub(super) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
