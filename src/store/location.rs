//! Where a database is, by its URL.
//!
//! Not in here: what is there.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::backend::Opened;
use super::postgres::{self, Server};
use super::{StoreError, sqlite};

/// How long others' locks are waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Where a database is. Its text form is the URL, without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this process's memory, gone with it.
    Memory,
    /// In this SQLite file: an absolute path, percent-encoded in the URL.
    File(PathBuf),
    /// On this PostgreSQL server.
    Server(Server),
}

impl Location {
    /// Reads `sqlite:///ABSOLUTE/PATH` (percent-encoded), `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Url`], without a password.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text == "sqlite::memory:" {
            return Ok(Self::Memory);
        }
        let scheme = text.split(':').next().unwrap_or_default();
        if matches!(scheme, "postgres" | "postgresql") {
            return Server::parse(text).map(Self::Server);
        }
        if scheme != "sqlite" {
            return Err(StoreError::Url {
                url: scheme.to_owned(),
                why: "it begins neither with `sqlite:` nor with `postgres:`".to_owned(),
            });
        }
        let wrong = |why: &str| StoreError::Url { url: text.to_owned(), why: why.to_owned() };
        let url = Url::parse(text).map_err(|why| wrong(&why.to_string()))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("`?` and `#` have no meaning here"));
        }
        if url.has_host() || !text.starts_with("sqlite:/") {
            return Err(wrong("its path is not absolute"));
        }
        let path = url.to_file_path().map_err(|()| wrong("its path is no path of this system"))?;
        if path.file_name().is_none() || text.ends_with('/') {
            return Err(wrong("it names no file"));
        }
        Ok(Self::File(path))
    }

    /// What kind of database it is, in one word.
    #[must_use]
    pub const fn backend(&self) -> &'static str {
        match self {
            Self::Memory | Self::File(_) => "sqlite",
            Self::Server(_) => "postgres",
        }
    }

    pub(super) fn open(&self) -> Result<Opened, StoreError> {
        match self {
            Self::Memory => sqlite::memory(),
            Self::File(path) => sqlite::file(path, PATIENCE),
            Self::Server(server) => postgres::open(server),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::File(path) => {
                let file = Url::from_file_path(path);
                let encoded = file.map(|url| url.path().to_owned());
                write!(f, "sqlite://{}", encoded.unwrap_or_else(|()| path.display().to_string()))
            }
            Self::Server(server) => server.fmt(f),
        }
    }
}
