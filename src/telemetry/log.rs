//! Setting up tracing, once.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line, for programs.
    Json,
}

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be understood.
    #[error(
        "log.filter = \"{filter}\" cannot be understood ({why}); an example is \"info,assured=debug\""
    )]
    Filter {
        /// As it was given.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// It was set up before.
    #[error("the log was set up twice")]
    Twice,
}

/// Sends what is traced to standard error, in this format.
///
/// # Errors
/// When the filter cannot be understood, or a subscriber is set already.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LogError> {
    // The HTTP server's own chatter is for those who ask for it.
    let quiet = if filter.contains("actix") { "" } else { ",actix_server=warn" };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}"))
        .map_err(|e| LogError::Filter { filter: filter.to_owned(), why: e.to_string() })?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    }
    .map_err(|_| LogError::Twice)
}
