//! What can go wrong with a call to a host, and the one way in which blocking calls are made.
//!
//! [`blocking`] is that way: a thread of tokio's blocking pool, the caller's tracing span, a
//! deadline, a panic turned into an error, and a bound on how many threads one host may hold.
//! libvirt's calls cannot be interrupted: a thread whose deadline has passed stays blocked until
//! libvirt lets it go. So a permit is given back when the call returns, not at its deadline, and a
//! host that hangs cannot take more threads than its own.

use std::time::Duration;

use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use super::advice::Advice;
use super::threads::{Permit, Threads};
use crate::model::{Command, Correction, HostId, InstanceId, Why};

/// Why a call to a host gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer within the deadline. The call may be carried out all the same.
    #[error(
        "{what}: no answer within {deadline:?}; the host, its libvirt daemon or the network hangs, \
         or the deadline is too short for it"
    )]
    Timeout {
        /// The call.
        what: Subject,
        /// How long was waited.
        deadline: Duration,
    },
    /// A connection could not be opened.
    #[error("connecting to host {host} at {uri} failed: {message}; {advice}")]
    Connect {
        /// The host.
        host: HostId,
        /// Its URI, without a password.
        uri: String,
        /// libvirt's words.
        message: String,
        /// What to look at.
        advice: Advice,
    },
    /// The connection broke during the call. The call may be carried out all the same.
    #[error("{what}: the connection broke: {message}")]
    Lost {
        /// The call.
        what: Subject,
        /// libvirt's words.
        message: String,
    },
    /// The session's connection was closed before the call.
    #[error("{what}: not sent, for the connection is closed")]
    Closed {
        /// The call.
        what: Subject,
    },
    /// The host answered with an error.
    #[error("{what}: libvirt says: {message} (error {code})")]
    Libvirt {
        /// The call.
        what: Subject,
        /// `virErrorNumber`.
        code: u32,
        /// libvirt's words.
        message: String,
    },
    /// The host answered that it has no such domain.
    #[error("{what}: the host has no such domain")]
    NoDomain {
        /// The call.
        what: Subject,
    },
    /// The call panicked: a bug in this service or in the bindings.
    #[error("{what}: the call panicked, which is a bug: {message}")]
    Panicked {
        /// The call.
        what: Subject,
        /// What the panic said.
        message: String,
    },
    /// Not sent, for as many calls to the host are stuck as may be.
    #[error("{what}: not sent, for {threads} earlier calls to the host have not returned yet")]
    Stuck {
        /// The call.
        what: Subject,
        /// How many threads wait for the host.
        threads: usize,
    },
    /// Not sent, for an earlier action on the same domain has not returned yet.
    #[error("{what}: not sent, for an earlier action on that domain has not returned yet")]
    Busy {
        /// The call.
        what: Subject,
    },
}

/// `VIR_ERR_OPERATION_TIMEOUT`.
pub(super) const OPERATION_TIMEOUT: u32 = 68;
/// `VIR_ERR_RESOURCE_BUSY`.
const RESOURCE_BUSY: u32 = 87;

impl CallError {
    /// Whether this speaks against the host or the link to it, so that a second witness (a new
    /// connection) is needed. The others speak against one domain or one call only; so does an
    /// action that takes too long, for that may be due to its domain's storage or guest.
    #[must_use]
    pub const fn is_against_host(&self) -> bool {
        match self {
            Self::Timeout { what, .. } | Self::Stuck { what, .. } => {
                !matches!(what.operation, Operation::Act(_) | Operation::Correct(_))
            }
            Self::Connect { .. } | Self::Lost { .. } | Self::Closed { .. } => true,
            Self::Libvirt { .. }
            | Self::NoDomain { .. }
            | Self::Panicked { .. }
            | Self::Busy { .. } => false,
        }
    }

    /// Whether libvirt did not get to it because a job of its own has the domain: nothing was done,
    /// and it will be possible later. `VIR_ERR_OPERATION_TIMEOUT` (the domain's lock was not to be
    /// had) and `VIR_ERR_RESOURCE_BUSY`, from `virterror.h`.
    #[must_use]
    pub const fn is_for_libvirts_work(&self) -> bool {
        match self {
            Self::Libvirt { code, .. } => matches!(*code, OPERATION_TIMEOUT | RESOURCE_BUSY),
            Self::Timeout { .. }
            | Self::Stuck { .. }
            | Self::Connect { .. }
            | Self::Lost { .. }
            | Self::Closed { .. }
            | Self::NoDomain { .. }
            | Self::Panicked { .. }
            | Self::Busy { .. } => false,
        }
    }

    /// Whether the call may have been carried out although there is no answer: it went out, and
    /// nobody knows what became of it.
    #[must_use]
    pub const fn is_open_ended(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Lost { .. } | Self::Panicked { .. } => true,
            Self::Connect { .. }
            | Self::Closed { .. }
            | Self::Libvirt { .. }
            | Self::NoDomain { .. }
            | Self::Stuck { .. }
            | Self::Busy { .. } => false,
        }
    }

    /// Why a look that ended with this error told nothing.
    #[must_use]
    pub const fn why(&self) -> Why {
        match self {
            Self::Timeout { .. } | Self::Stuck { .. } => Why::Timeout,
            Self::Connect { .. } | Self::Lost { .. } | Self::Closed { .. } => Why::Disconnected,
            Self::Libvirt { .. }
            | Self::NoDomain { .. }
            | Self::Panicked { .. }
            | Self::Busy { .. } => Why::Error,
        }
    }
}

/// What a call is about: its operation, its host and, where it is about one, its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What is done.
    pub operation: Operation,
    /// Where.
    pub host: HostId,
    /// To which domain.
    pub domain: Option<InstanceId>,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { operation, host, domain } = self;
        match domain {
            Some(domain) => write!(f, "{operation} of domain {domain} on host {host}"),
            None => write!(f, "{operation} on host {host}"),
        }
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Opens a session.
    Connect,
    /// Lists all domains with their names.
    List,
    /// Reads the conditions of all domains.
    ReadAll,
    /// Reads the conditions of some domains, one by one.
    ReadSome,
    /// Reads the definition of a domain.
    Definition,
    /// Acts on a domain.
    Act(Command),
    /// Changes the definition of a domain.
    Correct(Correction),
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect => f.write_str("connecting a session"),
            Self::List => f.write_str("listing all domains"),
            Self::ReadAll => f.write_str("reading all states"),
            Self::ReadSome => f.write_str("reading some states"),
            Self::Definition => f.write_str("reading the definition"),
            Self::Act(command) => command.fmt(f),
            Self::Correct(correction) => write!(f, "correcting the {correction}"),
        }
    }
}

/// A blocking call that is about to be made, and has its thread already.
#[derive(Debug)]
pub(super) struct Call {
    /// What it is about.
    pub(super) what: Subject,
    /// How long it may take from its begin on.
    deadline: Duration,
    until: Instant,
    place: Permit,
}

impl Call {
    /// Begins a call: its deadline runs from now on, and it counts among `threads` until its job
    /// has returned.
    ///
    /// # Errors
    /// [`CallError::Stuck`] when too many threads wait for the host already.
    pub(super) fn begin(
        what: Subject,
        deadline: Duration,
        threads: &Threads,
    ) -> Result<Self, CallError> {
        let Some(place) = threads.enter() else {
            return Err(CallError::Stuck { what, threads: threads.held() });
        };
        Ok(Self { what, deadline, until: Instant::now() + deadline, place })
    }
}

/// Makes a blocking call: `job` runs on the blocking pool, in the current span.
///
/// # Errors
/// Those of `job`; [`CallError::Timeout`] when the deadline passes first, while `job` goes on by
/// itself; [`CallError::Panicked`].
pub(super) async fn blocking<T, J>(call: Call, job: J) -> Result<T, CallError>
where
    T: Send + 'static,
    J: FnOnce() -> Result<T, CallError> + Send + 'static,
{
    let Call { what, deadline, until, place } = call;
    let span = Span::current();
    let task = spawn_blocking(move || {
        // Lives as long as the call, a panic included, whoever still waits for it.
        let _place = place;
        span.in_scope(job)
    });
    match timeout_at(until, task).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(failure)) => Err(CallError::Panicked { what, message: message_of(failure) }),
        Err(_elapsed) => Err(CallError::Timeout { what, deadline }),
    }
}

/// What a task that did not end by itself says.
fn message_of(failure: JoinError) -> String {
    match failure.try_into_panic() {
        Ok(panic) => panic_message(panic.as_ref()),
        Err(cancelled) => cancelled.to_string(),
    }
}

/// What a panic said, where it said it as text.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}
