//! Setting up tracing, once.

use std::io::{self, IsTerminal, Stderr};

use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::fmt::format::DefaultFields;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line, for programs.
    Json,
    /// Entries of the journal with fields, for who asks it.
    Journald,
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
    /// There is no journal to write to.
    #[error(
        "log.format = \"journald\", but nothing can be written to \
         /run/systemd/journal/socket ({0}): start systemd-journald, give a container that socket, \
         or use \"text\" or \"json\", which go to standard error"
    )]
    Journal(io::Error),
    /// It was set up before.
    #[error("the log was set up twice")]
    Twice,
}

/// What is put before the names of fields: `ASSURED_HOST=kvm-1`. Names without it may be others' in
/// the journal.
const PREFIX: &str = "ASSURED";
/// Whose entries they are, for `journalctl -t`, however the program's file is called.
const IDENTIFIER: &str = "assured";

/// Sends what is traced to standard error in this format, or to the journal.
///
/// # Errors
/// When the filter cannot be understood, there is no journal, or a subscriber is set already.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LogError> {
    // The HTTP server's own chatter is for those who ask for it.
    let quiet = if filter.contains("actix") { "" } else { ",actix_server=warn" };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}"))
        .map_err(|e| LogError::Filter { filter: filter.to_owned(), why: e.to_string() })?;
    let log = match format {
        LogFormat::Text => lines().boxed(),
        LogFormat::Json => lines().json().boxed(),
        LogFormat::Journald => journal().map_err(LogError::Journal)?.boxed(),
    };
    Registry::default().with(log).with(filter).try_init().map_err(|_| LogError::Twice)
}

/// Lines on standard error.
fn lines() -> fmt::Layer<Registry, DefaultFields, fmt::format::Format, fn() -> Stderr> {
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    fmt::layer().with_writer(io::stderr as fn() -> Stderr).with_ansi(colours)
}

/// The journal, by its own protocol. Levels have the priorities to which syslog gives the same
/// names: `info` is no notice.
fn journal() -> io::Result<tracing_journald::Layer> {
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    Ok(tracing_journald::layer()?
        .with_syslog_identifier(IDENTIFIER.to_owned())
        .with_field_prefix(Some(PREFIX.to_owned()))
        .with_priority_mappings(priorities))
}
