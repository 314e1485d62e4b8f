//! What `assured db` does: migrate, check, back up.
//!
//! Checking and backing up read only and take no lock, so they work beside a running service.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::failure::Failure;
use super::location::{self, Location, with_suffix};
use super::open::{self, PATIENCE};
use super::session::{Access, connect};
use super::{Store, StoreError};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// SQLite's findings, a sentence each; empty for a sound database.
    pub problems: Vec<String>,
    /// The version of the last migration that it has; none for an empty file.
    pub schema: Option<String>,
    /// The versions of the migrations that it lacks, which the next start would run.
    pub pending: Vec<String>,
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    message: String,
}

impl Store {
    /// Brings a database to this version's form, making it where there is none. Gives the names of
    /// the migrations that were run. Blocks.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn migrate(url: &str) -> Result<Vec<String>, StoreError> {
        Ok(open::open(Location::parse(url)?, PATIENCE)?.migrated)
    }

    /// Reads a whole database and says whether it is sound. Blocks, for long where it is large.
    ///
    /// # Errors
    /// [`StoreError::Absent`], or as for [`Store::open`] where it cannot even be read.
    pub fn check(url: &str) -> Result<CheckReport, StoreError> {
        let path = existing(url)?;
        let mut conn = connect(&path, Access::Read, PATIENCE)?;
        let form = open::inspect(&mut conn, &path)?;
        let findings: Result<Vec<Finding>, _> =
            diesel::sql_query("SELECT integrity_check AS message FROM pragma_integrity_check")
                .load(&mut conn);
        let problems = match findings {
            Ok(findings) => {
                let findings = findings.into_iter().map(|f| f.message).filter(|m| m != "ok");
                let mut problems: Vec<String> = findings.collect();
                if problems.is_empty() && form.pending.is_empty() {
                    let missing = missing(&mut conn);
                    problems.extend(missing.map_err(|failure| failure.explain("checking", &path))?);
                }
                problems
            }
            // Some damage stops the check itself.
            Err(error) => match Failure::from(error).explain("checking", &path) {
                damage if matches!(damage, StoreError::Corrupt { .. }) => vec![damage.to_string()],
                other => return Err(other),
            },
        };
        Ok(CheckReport { problems, schema: form.applied.last().cloned(), pending: form.pending })
    }

    /// Writes a copy of one moment of a database into a new file, readable for this user alone.
    /// The file is complete, and on the disk, when it has its name. Blocks.
    ///
    /// # Errors
    /// [`StoreError::BackupExists`], [`StoreError::Absent`], or as for [`Store::open`].
    pub fn backup(url: &str, target: &Path) -> Result<(), StoreError> {
        let path = existing(url)?;
        let mut conn = connect(&path, Access::Read, PATIENCE)?;
        open::inspect(&mut conn, &path)?;
        let file = |what: &'static str| {
            let path = target.to_owned();
            move |source| StoreError::File { what, path, source }
        };
        if target.symlink_metadata().is_ok() {
            return Err(StoreError::BackupExists { path: target.to_owned() });
        }
        let partial = with_suffix(target, ".partial");
        let made = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .map_err(file("making the backup"))?;
        let done = diesel::sql_query("VACUUM INTO ?")
            .bind::<Text, _>(partial.to_string_lossy())
            .execute(&mut conn)
            .map_err(|error| {
                let told = Failure::from(error).explain("backing up", &path);
                // The one that is written is the copy.
                let full = matches!(told, StoreError::Full { .. });
                if full { StoreError::Full { path: target.to_owned() } } else { told }
            })
            .and_then(|_| made.sync_all().map_err(file("writing the backup")))
            // A link and not a renaming: that would overwrite a file made meanwhile.
            .and_then(|()| {
                fs::hard_link(&partial, target).map_err(|source| {
                    if source.kind() == io::ErrorKind::AlreadyExists {
                        StoreError::BackupExists { path: target.to_owned() }
                    } else {
                        file("naming the backup")(source)
                    }
                })
            });
        let removed = fs::remove_file(&partial)
            .and_then(|()| location::sync_directory_of(target))
            .map_err(file("clearing up after the backup"));
        done.and(removed)
    }
}

/// What a sound database may lack all the same, where its files are of several moments: rows that others
/// point to, and lines of the audit log, whose numbers have no gaps.
fn missing(conn: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    let dangling = "SELECT printf('row %d of %s points to a row of %s that is missing', \
                    rowid, \"table\", parent) AS message FROM pragma_foreign_key_check";
    let gaps = "SELECT printf('%d lines of the audit log are missing between %d and %d', \
                max(id) - min(id) + 1 - count(*), min(id), max(id)) AS message \
                FROM events HAVING max(id) - min(id) + 1 > count(*)";
    let mut found: Vec<Finding> = diesel::sql_query(dangling).load(conn)?;
    found.extend(diesel::sql_query(gaps).load::<Finding>(conn)?);
    Ok(found.into_iter().map(|finding| finding.message).collect())
}

/// The file that a URL names, which has to be there.
fn existing(url: &str) -> Result<PathBuf, StoreError> {
    match Location::parse(url)? {
        Location::File(path) if path.is_file() => Ok(path),
        Location::File(path) => Err(StoreError::Absent { path }),
        Location::Memory => Err(StoreError::Url {
            url: url.to_owned(),
            why: "what is in memory is gone with its process".to_owned(),
        }),
    }
}
