//! What `assured db` does: migrate, check, back up.
//!
//! Checking and backing up read only and take no lock, so they work beside a running service. Not in here: how each
//! kind of database does it.

use std::path::{Path, PathBuf};

use super::location::Location;
use super::{Store, StoreError, postgres, sqlite};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong, a sentence each; empty for a sound database.
    pub problems: Vec<String>,
    /// The version of the last migration that it has; none for an empty one.
    pub schema: Option<String>,
    /// The versions of the migrations that it lacks, which the next start would run.
    pub pending: Vec<String>,
}

impl Store {
    /// Brings a database to this version's form, making it where there is none. Gives the names of
    /// the migrations that were run. Blocks.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn migrate(location: &Location) -> Result<Vec<String>, StoreError> {
        Ok(location.open()?.migrated)
    }

    /// Reads a whole database and says whether it is sound. Blocks, for long where it is large.
    ///
    /// # Errors
    /// [`StoreError::Absent`], or as for [`Store::open`] where it cannot even be read.
    pub fn check(location: &Location) -> Result<CheckReport, StoreError> {
        match location {
            Location::Server(server) => postgres::check(server),
            Location::Memory | Location::File(_) => sqlite::admin::check(&existing(location)?),
        }
    }

    /// Writes a copy of one moment of a database into a new file, readable for this user alone.
    /// The file is complete, and on the disk, when it has its name. Blocks.
    ///
    /// # Errors
    /// [`StoreError::BackupExists`], [`StoreError::Absent`], [`StoreError::NoBackup`] for one on a server, or as for
    /// [`Store::open`].
    pub fn backup(location: &Location, target: &Path) -> Result<(), StoreError> {
        match location {
            Location::Server(server) => Err(StoreError::NoBackup {
                command: format!(
                    "pg_dump --format=custom --file={} {}",
                    shell(&target.display().to_string()),
                    shell(&server.to_string())
                ),
            }),
            Location::Memory | Location::File(_) => {
                sqlite::admin::backup(&existing(location)?, target)
            }
        }
    }
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The file of a database that has to be there.
fn existing(location: &Location) -> Result<PathBuf, StoreError> {
    match location {
        Location::File(path) if path.is_file() => Ok(path.clone()),
        Location::File(path) => Err(StoreError::Absent { path: path.clone() }),
        Location::Memory | Location::Server(_) => Err(StoreError::Url {
            url: location.to_string(),
            why: "what is in memory is gone with its process".to_owned(),
        }),
    }
}
