//! Which of the arbiter's refusals, and of the database's errors, is which problem.

use actix::MailboxError;

use super::problem::{Kind, Problem};
use crate::actors::messages::{Refusal, Reply};
use crate::store::StoreError;

/// The problem that a refusal of something in the body is.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::NoSuchInstance(_) => Self::new(Kind::Impossible, text),
            Refusal::NoSuchHost(_) => Self::impossible("host", text),
            Refusal::UnknownDomain { .. } => Self::new(Kind::Impossible, text),
            Refusal::NotAdoptable { .. } | Refusal::ActiveElsewhere { .. } => {
                Self::new(Kind::Impossible, text)
            }
            Refusal::NoSuchPolicy { .. } => Self::impossible("policy", text),
            Refusal::AlreadyThere { .. } | Refusal::HeldByOthers { .. } => {
                Self::new(Kind::Conflict, text)
            }
            Refusal::Generation { .. } => Self::new(Kind::PreconditionFailed, text),
            Refusal::HostUnavailable { .. }
            | Refusal::Database(_)
            | Refusal::Unconfirmed(_)
            | Refusal::NotNow(_) => Self::new(Kind::Unavailable, text),
        }
    }
}

/// What the path names, which may be what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The path names a host.
    Host,
    /// The path names an instance.
    Instance,
    /// The path names neither.
    Nothing,
}

/// The arbiter's answer, or the problem that it is.
pub(super) fn answered<T>(
    answer: Result<Reply<T>, MailboxError>,
    named: Named,
) -> Result<T, Problem> {
    match answer {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(refusal @ Refusal::NoSuchHost(_))) if named == Named::Host => {
            Err(Problem::new(Kind::NotFound, refusal.to_string()))
        }
        Ok(Err(refusal @ Refusal::NoSuchInstance(_))) if named == Named::Instance => {
            Err(Problem::new(Kind::NotFound, refusal.to_string()))
        }
        Ok(Err(refusal)) => Err(refusal.into()),
        Err(MailboxError::Closed | MailboxError::Timeout) => Err(Problem::new(
            Kind::Unavailable,
            "the arbiter is being restarted; whether this was done is not known: read it again",
        )),
    }
}

/// A read of the records that failed.
pub(super) fn unread(error: &StoreError) -> Problem {
    tracing::warn!(error = error as &dyn std::error::Error, "records could not be read");
    Problem::new(Kind::Unavailable, error.to_string())
}
