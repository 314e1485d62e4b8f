//! How commands fail.

use crate::config::Errors;
use crate::exit::Exit;
use crate::http::TokenError;
use crate::scenario::Mistakes;
use crate::store::StoreError;
use crate::telemetry::whole;

/// Why a command failed. Each says what to do next, where that can be known.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was refused, or did not work.
    #[error("{0}")]
    Failed(String),
    /// The service refused it.
    #[error("{text}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// Why, in its words.
        text: String,
    },
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
    /// It was reached, and nothing can be asked of it: by who it shows to be, or by how it speaks.
    #[error("nothing can be asked of the service at {url}: {why}")]
    Untrusted {
        /// Where it was asked.
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
    /// A scenario's file is wrong.
    #[error("{}:\n{}", wrong(.0), indented_lines(.0))]
    Scenario(Mistakes),
    /// The operator token cannot be had.
    #[error("{}", whole(.0))]
    Token(#[from] TokenError),
}

impl Failure {
    /// Whether the service refused it for what was asked, and not because of who asked, or when.
    pub(super) const fn is_about_what_was_asked(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 409 | 422, .. })
    }

    /// The same, where it is a refusal, with more to say at its end.
    pub(super) fn hinting(mut self, hint: &str) -> Self {
        if let Self::Refused { text, .. } = &mut self {
            *text = format!("{}{hint}", text.trim_end_matches('.'));
        }
        self
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Failed(_) | Self::Refused { .. } | Self::Token(_) => Exit::Failed,
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable { .. } | Self::Untrusted { .. } => Exit::Unreachable,
            // Nothing is wrong with the database: it is asked for what it cannot do.
            Self::Database(StoreError::NoBackup { .. } | StoreError::NotEmpty { .. }) => {
                Exit::Failed
            }
            Self::Database(_) | Self::Damaged(_) => Exit::Database,
            Self::Config(_) | Self::Scenario(_) => Exit::Config,
        }
    }
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

fn wrong(mistakes: &Mistakes) -> String {
    match mistakes.0.len() {
        1 => "the scenario has an error".to_owned(),
        many => format!("the scenario has {many} errors"),
    }
}

fn indented_lines(mistakes: &Mistakes) -> String {
    mistakes.0.iter().map(|mistake| format!("  {mistake}")).collect::<Vec<_>>().join("\n")
}
