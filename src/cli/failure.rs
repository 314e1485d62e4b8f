//! How commands fail, and with which exit code.

use std::error::Error;

use crate::config::Errors;
use crate::http::TokenError;
use crate::store::StoreError;

/// The exit codes, after `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// The command line cannot be understood.
    Usage,
    /// The service cannot be reached.
    Unreachable,
    /// Supervision gave up: the service manager is to start the service again.
    GaveUp,
    /// The database cannot be used.
    Database,
    /// The configuration is wrong.
    Config,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 64,
            Self::Unreachable => 69,
            Self::GaveUp => 70,
            Self::Database => 74,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command failed. Each says what to do next, where that can be known.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was refused, or did not work.
    #[error("{0}")]
    Failed(String),
    /// What was given makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The service cannot be reached.
    #[error(
        "the service at {url} cannot be reached: {why}\nIs it running? Look with `systemctl status \
         assured`, start it with `assured run`, or name another with --url."
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// Why not.
        why: String,
    },
    /// The database cannot be used.
    #[error("{}", whole(.0))]
    Database(#[from] StoreError),
    /// The database was read, and is damaged.
    #[error("{0}")]
    Damaged(String),
    /// The configuration is wrong.
    #[error("the configuration has {}:\n{}", errors(.0), indented(.0))]
    Config(#[from] Errors),
    /// The operator token cannot be had.
    #[error("{}", whole(.0))]
    Token(#[from] TokenError),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Failed(_) | Self::Token(_) => Exit::Failed,
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable { .. } => Exit::Unreachable,
            Self::Database(_) | Self::Damaged(_) => Exit::Database,
            Self::Config(_) => Exit::Config,
        }
    }
}

/// An error with its causes, in one line.
pub(super) fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn errors(errors: &Errors) -> String {
    match errors.len() {
        1 => "an error".to_owned(),
        many => format!("{many} errors"),
    }
}

fn indented(errors: &Errors) -> String {
    errors.iter().map(|error| format!("  {error}")).collect::<Vec<_>>().join("\n")
}
