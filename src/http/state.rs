//! What handlers work with.

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Recipient};
use actix_web::http::header::HeaderMap;

use super::access::{Caller, Names, OperatorToken, admit};
use super::problem::Problem;
use super::stream::Streams;
use crate::actors::messages::{
    AddInstance, Adopt, ChangeInstance, EndMaintenance, ForgetInstance, PutHold, PutMaintenance,
    ReleaseHold, Reload, Retry, SetDesired,
};
use crate::clock::Clock;
use crate::snapshot::Board;
use crate::store::Store;
use crate::telemetry::Metrics;

/// What the service shows, and whom it asks. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The published picture.
    pub board: Board,
    /// Wall time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// Whoever changes things.
    pub arbiter: Arbiter,
    /// Who reads the configuration again.
    pub reload: Recipient<Reload>,
    /// The records, for reading.
    pub store: Store,
    /// Who follows the audit log.
    pub streams: Streams,
    /// The token that changes need.
    pub token: OperatorToken,
    /// The service's version.
    pub version: &'static str,
    /// What kind of database it has: `sqlite` or `postgres`.
    pub backend: &'static str,
}

impl State {
    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// The problem of a request without a good token.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        admit(headers, &self.token, &self.board.config().tokens)
    }
}

/// The arbiter as it is seen from here: one recipient for each message, so that something else can
/// stand behind it in tests.
#[derive(Clone)]
pub struct Arbiter {
    /// Sets what an instance is supposed to be.
    pub set_desired: Recipient<SetDesired>,
    /// Adds an instance.
    pub add: Recipient<AddInstance>,
    /// Changes policy, priority or host.
    pub change: Recipient<ChangeInstance>,
    /// Forgets an instance.
    pub forget: Recipient<ForgetInstance>,
    /// Adopts domains.
    pub adopt: Recipient<Adopt>,
    /// Gives a fresh budget.
    pub retry: Recipient<Retry>,
    /// Holds an instance.
    pub hold: Recipient<PutHold>,
    /// Releases an instance from a hold.
    pub release: Recipient<ReleaseHold>,
    /// Puts a host into maintenance.
    pub maintain: Recipient<PutMaintenance>,
    /// Ends a host's maintenance.
    pub resume: Recipient<EndMaintenance>,
}

impl<A> From<Addr<A>> for Arbiter
where
    A: Actor
        + Handler<SetDesired>
        + Handler<AddInstance>
        + Handler<ChangeInstance>
        + Handler<ForgetInstance>
        + Handler<Adopt>
        + Handler<Retry>
        + Handler<PutHold>
        + Handler<ReleaseHold>
        + Handler<PutMaintenance>
        + Handler<EndMaintenance>,
    A::Context: ToEnvelope<A, SetDesired>
        + ToEnvelope<A, AddInstance>
        + ToEnvelope<A, ChangeInstance>
        + ToEnvelope<A, ForgetInstance>
        + ToEnvelope<A, Adopt>
        + ToEnvelope<A, Retry>
        + ToEnvelope<A, PutHold>
        + ToEnvelope<A, ReleaseHold>
        + ToEnvelope<A, PutMaintenance>
        + ToEnvelope<A, EndMaintenance>,
{
    fn from(addr: Addr<A>) -> Self {
        Self {
            set_desired: addr.clone().recipient(),
            add: addr.clone().recipient(),
            change: addr.clone().recipient(),
            forget: addr.clone().recipient(),
            adopt: addr.clone().recipient(),
            retry: addr.clone().recipient(),
            hold: addr.clone().recipient(),
            release: addr.clone().recipient(),
            maintain: addr.clone().recipient(),
            resume: addr.recipient(),
        }
    }
}

/// How the service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// As it is.
    Http,
    /// By TLS.
    Https,
}

impl Scheme {
    /// The one text form, as in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What all workers of a server share.
pub(super) struct Shared {
    pub(super) state: State,
    /// The names that requests have to come by; none where every request bears a token.
    pub(super) names: Option<Names>,
    pub(super) scheme: Scheme,
}
