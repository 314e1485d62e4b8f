//! Which form a database has: the migrations that were run on it, and those that this version knows.
//!
//! Not in here: how they are read, and run.

use std::collections::BTreeSet;
use std::error::Error;

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::EmbeddedMigrations;

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// What a look into a database says of its form.
pub(super) struct Form {
    /// The migrations that it has, by version, the oldest first.
    pub(super) applied: Vec<String>,
    /// The migrations that it lacks.
    pub(super) pending: Vec<String>,
}

/// It is of a newer version: it has these migrations, which are not known here.
pub(super) struct Newer(pub(super) Vec<String>);

impl Form {
    /// The form of a database with these migrations.
    pub(super) fn of(applied: Vec<String>, mut known: BTreeSet<String>) -> Result<Self, Newer> {
        let unknown: Vec<String> =
            applied.iter().filter(|version| !known.remove(*version)).cloned().collect();
        if unknown.is_empty() {
            Ok(Self { applied, pending: known.into_iter().collect() })
        } else {
            Err(Newer(unknown))
        }
    }
}

/// The versions of the migrations that this version has.
pub(super) fn known<DB: Backend>(
    migrations: &EmbeddedMigrations,
) -> Result<BTreeSet<String>, Box<dyn Error + Send + Sync>> {
    let known = MigrationSource::<DB>::migrations(migrations)?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}
