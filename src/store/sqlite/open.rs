//! From a path to a database that can be worked with: the lock, the checks, the migrations.
//!
//! What is no database of ours, or is one of a newer version's, is refused before anything is
//! written to it. Not in here: what is done with it then.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Mode, connect};
use super::files::{self, Lock};
use super::words::{by_text, explain};
use super::{File, Memory};
use crate::faults::{self, Point};
use crate::store::backend::Opened;
use crate::store::failure::Failure;
use crate::store::form::{__diesel_schema_migrations, Form, known};
use crate::store::records::Records;
use crate::store::{Batch, StoreError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

diesel::table! {
    sqlite_master (name) {
        name -> Text,
    }
}

/// Opens the database in a file for writing, making it where there is none. `busy` is how long others' locks are
/// waited for.
pub(in crate::store) fn file(path: &Path, busy: Duration) -> Result<Opened, StoreError> {
    opened(path, busy).map_err(files::looked_into)
}

fn opened(path: &Path, busy: Duration) -> Result<Opened, StoreError> {
    let path = files::prepare(path)?;
    let lock = Lock::take(&path)?;
    faults::pass(Point::StoreOpening, "lock");
    files::create(&path)?;
    faults::pass(Point::StoreOpening, "file");
    let mut conn = connect(&path, Mode::Write, busy)?;
    inspect(&mut conn, &path)?;
    faults::pass(Point::StoreOpening, "look");
    let explain = |failure: Failure| explain(failure, "opening", &path);
    // Somebody else's lock shows here, and not at the first commit.
    conn.immediate_transaction(|_| Ok::<_, Failure>(())).map_err(explain)?;
    // Readers and the writer do not wait for each other. Kept in the file once it is set.
    conn.batch_execute("PRAGMA journal_mode = WAL").map_err(|error| explain(error.into()))?;
    faults::pass(Point::StoreOpening, "journal");
    let migrated = migrate(&mut conn, &path)?;
    faults::pass(Point::StoreOpening, "form");
    conn.immediate_transaction(|conn| conn.write(&Batch::default())).map_err(explain)?;
    faults::pass(Point::StoreOpening, "probe");
    let database = Arc::new(File::new(path, busy, lock)?);
    Ok(Opened { database, link: Box::new(conn), migrated })
}

/// Looks whether this is a database of ours, and none of a newer version's. Writes nothing.
pub(in crate::store) fn inspect(
    conn: &mut SqliteConnection,
    path: &Path,
) -> Result<Form, StoreError> {
    let read = |conn: &mut SqliteConnection| -> Result<Vec<String>, Failure> {
        let tables: Vec<String> = sqlite_master::table.select(sqlite_master::name).load(conn)?;
        if tables.iter().any(|name| name == "__diesel_schema_migrations") {
            return Ok(__diesel_schema_migrations::table
                .select(__diesel_schema_migrations::version)
                .order(__diesel_schema_migrations::version)
                .load(conn)?);
        }
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        Err(Failure::Store(StoreError::Foreign { path: path.to_owned() }))
    };
    let applied = read(conn).map_err(|failure| explain(failure, "looking at its form", path))?;
    let known = known::<Sqlite>(&MIGRATIONS).map_err(|source| failed(source, path))?;
    Form::of(applied, known).map_err(|newer| StoreError::Newer {
        database: path.display().to_string(),
        versions: newer.0,
    })
}

/// Makes a database in memory.
pub(in crate::store) fn memory() -> Result<Opened, StoreError> {
    let path = Path::new(":memory:");
    let mut conn = SqliteConnection::establish(":memory:")
        .map_err(|error| StoreError::Io { path: path.to_owned(), why: error.to_string() })?;
    conn.batch_execute("PRAGMA foreign_keys = ON")
        .map_err(|error| explain(error.into(), "opening", path))?;
    let migrated = migrate(&mut conn, path)?;
    Ok(Opened { database: Arc::new(Memory), link: Box::new(conn), migrated })
}

/// Runs what is missing, each migration in a transaction of its own; gives their names.
fn migrate(conn: &mut SqliteConnection, path: &Path) -> Result<Vec<String>, StoreError> {
    let mut run = || -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        let mut ran = Vec::new();
        for migration in conn.pending_migrations(MIGRATIONS)? {
            let name = migration.name().to_string();
            conn.immediate_transaction(|conn| {
                conn.run_migration(&*migration)?;
                faults::pass(Point::StoreMigrating, &name);
                Ok::<_, Box<dyn Error + Send + Sync>>(())
            })?;
            ran.push(name);
        }
        Ok(ran)
    };
    run().map_err(|source| failed(source, path))
}

fn failed(source: Box<dyn Error + Send + Sync>, path: &Path) -> StoreError {
    // diesel says which migration it was, and then what its cause says; the cause itself is nowhere.
    let text = source.to_string();
    let cause = text.rsplit_once(" with: ").map_or(text.as_str(), |(_, cause)| cause);
    by_text(cause, path)
        .unwrap_or_else(|| StoreError::Migration { database: path.display().to_string(), source })
}
