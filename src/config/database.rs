//! `[database]`: where the records are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::entry::Entry;
use super::reader::Section;
use super::units::{DAY, YEAR};
use crate::store::{Location, Server, StoreError};

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Which. Default `sqlite://DATA_DIR/assured.db`. Its text form has no password.
    pub url: Location,
    /// How long the audit log, and incidents that are over, are kept at least.
    pub retain_events: Duration,
}

impl Database {
    /// `data_dir` is none where it is wrong, which is reported already.
    pub(super) fn read(mut section: Section<'_>, data_dir: Option<&Path>) -> Option<Self> {
        let url = match section.take("url") {
            Some(entry) => location(&entry),
            None => data_dir.map(|dir| Location::File(dir.join("assured.db"))),
        };
        let url = match section.take("password_file") {
            Some(entry) => {
                let path = entry.absolute_path("/etc/assured/database.password");
                url.zip(path).and_then(|(url, path)| with_password_file(&entry, url, path))
            }
            None => url,
        };
        let kept = section.need("retain_events").and_then(|e| e.duration(DAY..=100 * YEAR));
        section.finish();
        Some(Self { url: url?, retain_events: kept? })
    }
}

/// Where a URL points to. It is not repeated in messages: it may carry a password.
fn location(entry: &Entry<'_>) -> Option<Location> {
    entry.like(r"^(sqlite:///[^?#]*[^?#/]|postgres(ql)?://.*)$");
    let text = entry.str()?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return match Server::parse(text) {
            Ok(server) => Some(Location::Server(server)),
            Err(StoreError::Url { why, .. }) => entry.reject(&format!("cannot be used: {why}")),
            Err(other) => entry.reject(&other.to_string()),
        };
    }
    if text.ends_with(":memory:") {
        return entry.reject("must name a file: what is in memory is lost at the end");
    }
    let expected = "must be sqlite:// with the absolute path of a file, such as \
                    sqlite:///var/lib/assured/assured.db, or postgres:// with a server and a database";
    let Some(url) = Url::parse(text).ok().filter(|_| text.starts_with("sqlite:///")) else {
        return entry.reject(expected);
    };
    if url.query().is_some() || url.fragment().is_some() {
        return entry.reject("must end with the path: `?` and `#` have no meaning here");
    }
    match url.to_file_path() {
        Ok(path) if path.file_name().is_some() && !text.ends_with('/') => {
            Some(Location::File(path))
        }
        Ok(_) | Err(()) => entry.reject(expected),
    }
}

/// The same with the password from a file, which is read for each connection.
fn with_password_file(entry: &Entry<'_>, url: Location, path: PathBuf) -> Option<Location> {
    match url {
        Location::Server(server) if server.has_password() => {
            entry.reject("is not wanted: the database's URL has a password already")
        }
        Location::Server(server) => {
            let path = entry.secret_file(path)?;
            Some(Location::Server(server.with_password_file(Some(path))))
        }
        Location::Memory | Location::File(_) => {
            entry.reject("is not wanted: an SQLite database has no password")
        }
    }
}
