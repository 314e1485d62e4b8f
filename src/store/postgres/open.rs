//! From a URL to a database that can be worked with: the connection, the lock, the checks, the migrations.
//!
//! What is no database of ours, or is one of a newer version's, is refused before anything is written to it. Not in
//! here: what is done with it then.

use std::error::Error;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Mode, connect};
use super::words::{by_words, explain};
use super::{Held, Server, ServerError, owner};
use crate::faults::{self, Point};
use crate::store::backend::Opened;
use crate::store::failure::Failure;
use crate::store::form::{__diesel_schema_migrations, Form, known};
use crate::store::records::Records;
use crate::store::{Batch, StoreError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The oldest version of the server that knows all that is used here (`tcp_user_timeout`).
const OLDEST: i32 = 120_000;

#[derive(QueryableByName)]
struct About {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Bool)]
    follows: bool,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Opens a database for writing.
pub(in crate::store) fn open(server: &Server) -> Result<Opened, StoreError> {
    let database = server.to_string();
    let explain = |failure: Failure| explain(failure, "opening", &database);
    let mut conn = connect(server, Mode::Write)?;
    suits(&mut conn, &database)?;
    let myself = owner::myself(&mut conn).map_err(explain)?;
    if !owner::lock_soon(&mut conn).map_err(explain)? {
        let by = owner::holder(&mut conn).map_err(explain)?;
        let by = by.map_or_else(|| "which has just ended".to_owned(), |(_, who)| who);
        return Err(ServerError::InUse { database, by }.into());
    }
    faults::pass(Point::StoreOpening, "lock");
    inspect(&mut conn, &database)?;
    faults::pass(Point::StoreOpening, "look");
    let migrated = migrate(&mut conn, &database)?;
    faults::pass(Point::StoreOpening, "form");
    let term = owner::begin_term(&mut conn).map_err(explain)?;
    conn.transaction(|conn| conn.write(&Batch::default())).map_err(explain)?;
    faults::pass(Point::StoreOpening, "probe");
    let held = Arc::new(Held::new(server.clone(), myself, term));
    Ok(Opened { database: held, link: Box::new(conn), migrated })
}

/// Whether the server can have a database of ours.
fn suits(conn: &mut PgConnection, database: &str) -> Result<(), StoreError> {
    let query = "SELECT current_setting('server_version_num')::int AS number, \
                 current_setting('server_version') AS version, \
                 current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS follows";
    let about: About = diesel::sql_query(query)
        .get_result(conn)
        .map_err(|error| explain(error.into(), "looking at the server", database))?;
    let database = database.to_owned();
    if about.number < OLDEST {
        return Err(ServerError::TooOld { database, version: about.version }.into());
    }
    if about.encoding != "UTF8" {
        return Err(ServerError::Encoding { database, encoding: about.encoding }.into());
    }
    if about.follows {
        let why = "the server only follows another one".to_owned();
        return Err(ServerError::ReadOnly { database, why }.into());
    }
    Ok(())
}

/// Looks whether this is a database of ours, and none of a newer version's. Writes nothing.
pub(in crate::store) fn inspect(
    conn: &mut PgConnection,
    database: &str,
) -> Result<Form, StoreError> {
    let read = |conn: &mut PgConnection| -> Result<Vec<String>, Failure> {
        let tables: Vec<Table> = diesel::sql_query(
            "SELECT relname::text AS name FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')",
        )
        .load(conn)?;
        if tables.iter().any(|table| table.name == "__diesel_schema_migrations") {
            return Ok(__diesel_schema_migrations::table
                .select(__diesel_schema_migrations::version)
                .order(__diesel_schema_migrations::version)
                .load(conn)?);
        }
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        Err(ServerError::Foreign { database: database.to_owned() }.into())
    };
    let applied =
        read(conn).map_err(|failure| explain(failure, "looking at its form", database))?;
    let known = known::<Pg>(&MIGRATIONS).map_err(|source| failed(source, database))?;
    Form::of(applied, known)
        .map_err(|newer| StoreError::Newer { database: database.to_owned(), versions: newer.0 })
}

/// Runs what is missing, each migration in a transaction of its own; gives their names. They take what time they take.
fn migrate(conn: &mut PgConnection, database: &str) -> Result<Vec<String>, StoreError> {
    let mut run = || -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        let mut ran = Vec::new();
        for migration in conn.pending_migrations(MIGRATIONS)? {
            let name = migration.name().to_string();
            conn.transaction(|conn| {
                conn.batch_execute("SET LOCAL statement_timeout = 0")?;
                conn.run_migration(&*migration)?;
                faults::pass(Point::StoreMigrating, &name);
                Ok::<_, Box<dyn Error + Send + Sync>>(())
            })?;
            ran.push(name);
        }
        Ok(ran)
    };
    run().map_err(|source| failed(source, database))
}

fn failed(source: Box<dyn Error + Send + Sync>, database: &str) -> StoreError {
    // diesel says which migration it was, and then what its cause says; the cause itself is nowhere.
    match by_words(&source.to_string(), database) {
        Some(error) => error.into(),
        None => StoreError::Migration { database: database.to_owned(), source },
    }
}
