//! `[log]`: what the service says of itself, and how.

use super::entry::Entry;
use super::reader::Section;

/// Logging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The form. Default `text`.
    pub format: LogFormat,
    /// Which messages, as `tracing` filters say it: `info`, `warn,assured::actors=debug`. Checked.
    /// Default `info`.
    pub filter: String,
}

/// The form of log messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// An object per line.
    Json,
    /// Entries of systemd's journal, with fields.
    Journald,
}

impl LogFormat {
    /// Every form.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Json, Self::Journald];

    /// The one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Journald => "journald",
        }
    }
}

impl Log {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let format = section
            .need("format")
            .and_then(|entry| entry.choice(LogFormat::ALL, LogFormat::as_str));
        let filter = section.need("filter").and_then(Entry::text).filter(|filter| {
            let parsed = tracing_subscriber::EnvFilter::builder().parse(filter);
            if let Err(error) = &parsed {
                let message = format!(
                    "must be a filter such as \"info\" or \"warn,assured::actors=debug\": {error}"
                );
                section.reject("filter", &message);
            }
            parsed.is_ok()
        });
        section.finish();
        Some(Self { format: format?, filter: filter? })
    }
}
