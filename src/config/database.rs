//! `[database]`: where the records are kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::entry::Entry;
use super::reader::Section;
use super::units::{DAY, YEAR};

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Which. Default `sqlite://DATA_DIR/assured.db`.
    pub url: DatabaseUrl,
    /// How long the audit log, and incidents that are over, are kept at least.
    pub retain_events: Duration,
}

/// Which database. Its text form is the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An SQLite file: an absolute path, percent-encoded in the URL.
    Sqlite(PathBuf),
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => {
                let file = Url::from_file_path(path);
                let encoded = file.map(|url| url.path().to_owned());
                write!(f, "sqlite://{}", encoded.unwrap_or_else(|()| path.display().to_string()))
            }
        }
    }
}

impl Database {
    /// `data_dir` is none where it is wrong, which is reported already.
    pub(super) fn read(mut section: Section<'_>, data_dir: Option<&Path>) -> Option<Self> {
        let url = match section.take("url") {
            Some(entry) => sqlite(&entry),
            None => data_dir.map(|dir| dir.join("assured.db")),
        };
        let kept = section.need("retain_events").and_then(|e| e.duration(DAY..=100 * YEAR));
        section.finish();
        Some(Self { url: DatabaseUrl::Sqlite(url?), retain_events: kept? })
    }
}

/// The path in an `sqlite://` URL. The URL is not repeated in messages: it may carry a password.
fn sqlite(entry: &Entry<'_>) -> Option<PathBuf> {
    entry.like(r"^sqlite:///[^?#]*[^?#/]$");
    let text = entry.str()?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return entry.reject(
            "PostgreSQL is not available in this version; use sqlite:// with the path of a file",
        );
    }
    if text.ends_with(":memory:") {
        return entry.reject("must name a file: what is in memory is lost at the end");
    }
    let expected = "must be sqlite:// with the absolute path of a file, such as \
                    sqlite:///var/lib/assured/assured.db";
    let Some(url) = Url::parse(text).ok().filter(|_| text.starts_with("sqlite:///")) else {
        return entry.reject(expected);
    };
    if url.query().is_some() || url.fragment().is_some() {
        return entry.reject("must end with the path: `?` and `#` have no meaning here");
    }
    match url.to_file_path() {
        Ok(path) if path.file_name().is_some() && !text.ends_with('/') => Some(path),
        Ok(_) | Err(()) => entry.reject(expected),
    }
}
