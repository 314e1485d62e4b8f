//! From a URL to a database that can be worked with: the lock, the checks, the migrations.
//!
//! What is no database of ours, or is one of a newer version's, is refused before anything is
//! written to it. Not in here: what is done with it then.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::StoreError;
use super::failure::{Failure, by_text};
use super::location::{self, Location, Lock};
use super::session::{Access, Session, connect};
use super::sql::hosts;
use crate::faults::{self, Point};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How long others' locks are waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

diesel::table! {
    sqlite_master (name) {
        name -> Text,
    }
}

/// A database that is ready to be written.
pub(super) struct Opened {
    /// Its connection.
    pub(super) session: Session,
    /// Its lock; none in memory.
    pub(super) lock: Option<Lock>,
    /// The migrations that were run just now, by name.
    pub(super) migrated: Vec<String>,
}

/// Opens a database for writing, making it where there is none.
pub(super) fn open(location: Location, busy: Duration) -> Result<Opened, StoreError> {
    match location {
        Location::Memory => memory(),
        Location::File(path) => file(&path, busy).map_err(StoreError::looked_into),
    }
}

fn file(path: &Path, busy: Duration) -> Result<Opened, StoreError> {
    let path = location::prepare(path)?;
    let lock = Lock::take(&path)?;
    faults::pass(Point::StoreOpening, "lock");
    location::create(&path)?;
    faults::pass(Point::StoreOpening, "file");
    let mut conn = connect(&path, Access::Write, busy)?;
    inspect(&mut conn, &path)?;
    faults::pass(Point::StoreOpening, "look");
    let explain = |failure: Failure| failure.explain("opening", &path);
    // Somebody else's lock shows here, and not at the first commit.
    conn.immediate_transaction(|_| Ok::<_, Failure>(())).map_err(explain)?;
    // Readers and the writer do not wait for each other. Kept in the file once it is set.
    conn.batch_execute("PRAGMA journal_mode = WAL").map_err(|error| explain(error.into()))?;
    faults::pass(Point::StoreOpening, "journal");
    let migrated = migrate(&mut conn, &path)?;
    faults::pass(Point::StoreOpening, "form");
    conn.immediate_transaction(hosts::probe).map_err(explain)?;
    faults::pass(Point::StoreOpening, "probe");
    Ok(Opened { session: Session::on_file(conn, path, busy)?, lock: Some(lock), migrated })
}

/// What a look into a file says of its form.
pub(super) struct Form {
    /// The migrations that it has, by version, the oldest first.
    pub(super) applied: Vec<String>,
    /// The migrations that it lacks.
    pub(super) pending: Vec<String>,
}

/// Looks whether this is a database of ours, and none of a newer version's. Writes nothing.
pub(super) fn inspect(conn: &mut SqliteConnection, path: &Path) -> Result<Form, StoreError> {
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
    let applied = read(conn).map_err(|failure| failure.explain("looking at its form", path))?;
    let mut pending: BTreeSet<String> =
        known(path)?.iter().map(|migration| migration.name().version().to_string()).collect();
    let unknown: Vec<String> =
        applied.iter().filter(|version| !pending.remove(*version)).cloned().collect();
    if unknown.is_empty() {
        Ok(Form { applied, pending: pending.into_iter().collect() })
    } else {
        Err(StoreError::Newer { path: path.to_owned(), versions: unknown })
    }
}

fn memory() -> Result<Opened, StoreError> {
    let path = Path::new(":memory:");
    let mut conn = SqliteConnection::establish(":memory:")
        .map_err(|error| StoreError::Io { path: path.to_owned(), why: error.to_string() })?;
    conn.batch_execute("PRAGMA foreign_keys = ON")
        .map_err(|error| Failure::from(error).explain("opening", path))?;
    let migrated = migrate(&mut conn, path)?;
    Ok(Opened { session: Session::in_memory(conn), lock: None, migrated })
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

fn known(path: &Path) -> Result<Vec<Box<dyn Migration<Sqlite>>>, StoreError> {
    MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(|source| failed(source, path))
}

fn failed(source: Box<dyn Error + Send + Sync>, path: &Path) -> StoreError {
    // diesel says which migration it was, and then what its cause says; the cause itself is nowhere.
    let text = source.to_string();
    let cause = text.rsplit_once(" with: ").map_or(text.as_str(), |(_, cause)| cause);
    by_text(cause, path).unwrap_or_else(|| StoreError::Migration { path: path.to_owned(), source })
}
