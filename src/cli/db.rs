//! `assured db`: the database, without the service.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::common::Context;
use super::failure::Failure;
use crate::store::{Location, Store};

/// Bring the database up to date, copy it, check it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured db backup /var/backups/assured.db")]
pub(super) struct Db {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the database to this version's form, or make it; the service does so at its start
    #[command(after_help = "Example:\n  assured db migrate --config assured.toml")]
    Migrate,
    /// Copy the database into a new file, while the service runs or not
    #[command(after_help = "Example:\n  assured db backup /var/backups/assured.db")]
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Copy all records into another database that has none, of whatever kind
    ///
    /// Neither may be in use. A password is better left to PGPASSFILE or ~/.pgpass than put into a URL, which
    /// everybody on this machine can see.
    #[command(
        after_help = "Example:\n  assured db copy --from sqlite:///var/lib/assured/assured.db --to postgres://assured@db.example.net/assured"
    )]
    Copy {
        /// The URL of the database that has the records
        #[arg(long, value_name = "URL")]
        from: String,
        /// The URL of the database that is to have them
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Read the whole database and say whether it is sound
    #[command(after_help = "Example:\n  assured db check")]
    Check,
}

#[derive(Serialize)]
struct Migrated {
    database: String,
    migrations: Vec<String>,
}

#[derive(Serialize)]
struct BackedUp {
    database: String,
    backup: PathBuf,
}

#[derive(Serialize)]
struct Copied {
    from: String,
    to: String,
    rows: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Checked {
    database: String,
    schema: Option<String>,
    pending: Vec<String>,
    problems: Vec<String>,
}

impl Db {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let configured = || -> Result<(Location, String), Failure> {
            let location = context.common.settings()?.database.url;
            let database = location.to_string();
            Ok((location, database))
        };
        match &self.command {
            Command::Migrate => {
                let (location, database) = configured()?;
                let migrations = Store::migrate(&location)?;
                context.tell(&Migrated { database, migrations }, |done| {
                    if done.migrations.is_empty() {
                        return format!("{} is up to date", done.database);
                    }
                    format!("{}: ran {}", done.database, done.migrations.join(", "))
                })
            }
            Command::Backup { file } => {
                let (location, database) = configured()?;
                Store::backup(&location, file)?;
                let done = BackedUp { database, backup: file.clone() };
                context.tell(&done, |done| {
                    format!("{} is copied to {}", done.database, done.backup.display())
                })
            }
            Command::Copy { from, to } => {
                copy(context, &Location::parse(from)?, &Location::parse(to)?)
            }
            Command::Check => check(context, &configured()?.0),
        }
    }
}

fn copy(context: &Context<'_>, from: &Location, to: &Location) -> Result<String, Failure> {
    let mut shown = 0;
    let counts = Store::copy(from, to, |rows, of| {
        // At each tenth, and at the end: a line each, for a log as for a terminal.
        let tenth = rows.saturating_mul(10) / of.max(1);
        if tenth > shown {
            shown = tenth;
            eprintln!("{rows} of {of} rows");
        }
    })?;
    let (from, to) = (from.to_string(), to.to_string());
    context.tell(&Copied { from, to, rows: counts.into_iter().collect() }, |done| {
        let rows: u64 = done.rows.values().sum();
        format!("{rows} rows of {} are in {}", done.from, done.to)
    })
}

fn check(context: &Context<'_>, location: &Location) -> Result<String, Failure> {
    let database = location.to_string();
    let report = Store::check(location)?;
    if !report.problems.is_empty() {
        let text = format!(
            "{database} is damaged:\n  {}\nKeep a copy of it, then restore a backup in its place.",
            report.problems.join("\n  ")
        );
        return Err(Failure::Damaged(text));
    }
    let (schema, pending, problems) = (report.schema, report.pending, report.problems);
    context.tell(&Checked { database, schema, pending, problems }, |found| {
        let schema = found.schema.as_deref().unwrap_or("none");
        let mut text = format!("{} is sound; its last migration is {schema}", found.database);
        if !found.pending.is_empty() {
            let pending = found.pending.join(", ");
            text.push_str(&format!("; the service's next start runs {pending}"));
        }
        text
    })
}
