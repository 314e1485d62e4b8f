//! Why the service has ended.

use crate::actors::root::Ending;
use crate::exit::Exit;
use crate::http;
use crate::telemetry::{self, whole};

/// Why the service has ended, other than because it was told to.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(#[from] telemetry::LogError),
    /// The database cannot be used.
    #[error("{}", whole(.0))]
    Database(#[from] crate::store::StoreError),
    /// The operator token cannot be had.
    #[error("{}", whole(.0))]
    Token(#[from] http::TokenError),
    /// HTTP cannot be served.
    #[error("{}", whole(.0))]
    Http(#[from] http::HttpError),
    /// The runtime, a signal handler or a metric cannot be set up.
    #[error("the service cannot be started: {0}")]
    Start(String),
    /// A budget of restarts was spent.
    #[error("supervision gave up: {0}; a service manager is to start the service again")]
    GaveUp(String),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Database(_) => Exit::Database,
            Self::Log(_) => Exit::Config,
            Self::Token(_) | Self::Http(_) | Self::Start(_) => Exit::Failed,
            Self::GaveUp(_) => Exit::GaveUp,
        }
    }
}

impl From<Ending> for Failure {
    fn from(ending: Ending) -> Self {
        Self::GaveUp(match ending {
            Ending::GaveUp(why) => why,
            Ending::Stopped => "it ended before it had started".to_owned(),
        })
    }
}
