//! Checking a file, and copying it.
//!
//! Not in here: which file.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{Mode, connect};
use super::files::{sync_directory_of, with_suffix};
use super::open;
use super::words::explain;
use crate::store::StoreError;
use crate::store::admin::CheckReport;
use crate::store::failure::Failure;
use crate::store::location::PATIENCE;

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    message: String,
}

/// See [`crate::store::Store::check`].
pub(in crate::store) fn check(path: &Path) -> Result<CheckReport, StoreError> {
    let mut conn = connect(path, Mode::Read, PATIENCE)?;
    let form = open::inspect(&mut conn, path)?;
    let findings: Result<Vec<Finding>, _> =
        diesel::sql_query("SELECT integrity_check AS message FROM pragma_integrity_check")
            .load(&mut conn);
    let problems = match findings {
        Ok(findings) => {
            let findings = findings.into_iter().map(|f| f.message).filter(|m| m != "ok");
            let mut problems: Vec<String> = findings.collect();
            if problems.is_empty() && form.pending.is_empty() {
                let missing = missing(&mut conn);
                problems.extend(missing.map_err(|failure| explain(failure, "checking", path))?);
            }
            problems
        }
        // Some damage stops the check itself.
        Err(error) => match explain(error.into(), "checking", path) {
            damage if matches!(damage, StoreError::Corrupt { .. }) => vec![damage.to_string()],
            other => return Err(other),
        },
    };
    Ok(CheckReport { problems, schema: form.applied.last().cloned(), pending: form.pending })
}

/// See [`crate::store::Store::backup`].
pub(in crate::store) fn backup(path: &Path, target: &Path) -> Result<(), StoreError> {
    let mut conn = connect(path, Mode::Read, PATIENCE)?;
    open::inspect(&mut conn, path)?;
    let file = |what: &'static str| {
        let path = target.to_owned();
        move |source| StoreError::File { what, path, source }
    };
    if target.symlink_metadata().is_ok() {
        return Err(StoreError::BackupExists { path: target.to_owned() });
    }
    let partial = with_suffix(target, ".partial");
    let made = fs::File::options()
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
            let told = explain(error.into(), "backing up", path);
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
        .and_then(|()| sync_directory_of(target))
        .map_err(file("clearing up after the backup"));
    done.and(removed)
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
