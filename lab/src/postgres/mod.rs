//! A private PostgreSQL server: for tests of what is kept there, and of what becomes of it when the server is gone.
//!
//! Its files are in a folder of its own, it is reached by a socket there and on a free port of 127.0.0.1, and it runs as
//! an unprivileged user where the tests run as root, which PostgreSQL refuses. It waits for no disk: what is tested is
//! not the server's own durability. It ends with whoever holds it, however that one ends: a shell waits on a pipe whose
//! writing end only that process has, as [`crate::Lab`]'s hosts do.
//!
//! Databases are made by `psql`: the lab must not share a bug with what it tests.

mod process;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;

use self::process::{Process, Site};
use crate::command;
use crate::error::{LabError, Result};
use crate::processes::{children_of, signal};
use crate::wait::wait_until;

/// The user whose databases they are. It may make databases, and nothing else beyond its own.
const OWNER: &str = "assured";
/// Its password, over TCP. By the socket nobody is asked for one.
const PASSWORD: &str = "geheim:@/?% ";
/// How long a server may take to start and to end.
const LIMIT: Duration = Duration::from_secs(30);

/// A server. Cheap to clone; the last clone's end is the server's.
#[derive(Debug, Clone)]
pub struct Postgres(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Ends before its files are removed.
    process: Mutex<Option<Process>>,
    site: Site,
    databases: AtomicU32,
}

impl Postgres {
    /// A server of one's own.
    ///
    /// # Errors
    /// The package `postgresql` is not installed, or the server does not come up.
    pub fn new() -> Result<Self> {
        let site = Site::make()?;
        let process = Mutex::new(Some(Process::start(&site)?));
        let server = Self(Arc::new(Inner { site, process, databases: AtomicU32::new(0) }));
        server.until_ready()?;
        let password = PASSWORD.replace('\'', "''");
        server.admin(&format!("CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{password}'"))?;
        Ok(server)
    }

    /// The server that all tests of this process share, started for the first that asks.
    ///
    /// # Errors
    /// As for [`Postgres::new`].
    pub fn shared() -> Result<Self> {
        // Held for ever by the process; the kernel closes its pipe.
        static SHARED: Mutex<Option<Postgres>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = &*shared {
            return Ok(server.clone());
        }
        Ok(shared.insert(Self::new()?).clone())
    }

    /// A new database, gone with what is given.
    ///
    /// # Errors
    /// The server is stopped.
    pub fn database(&self) -> Result<PostgresDatabase> {
        self.database_with("ENCODING 'UTF8'")
    }

    /// The same with other words behind `CREATE DATABASE name TEMPLATE template0`.
    ///
    /// # Errors
    /// The server is stopped, or does not like the words.
    pub fn database_with(&self, words: &str) -> Result<PostgresDatabase> {
        let name = format!("test_{}", self.0.databases.fetch_add(1, Ordering::Relaxed));
        self.admin(&format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 {words}"))?;
        Ok(PostgresDatabase { server: self.clone(), name })
    }

    /// Runs SQL as the superuser; gives what it answers, a line for each row.
    ///
    /// # Errors
    /// It fails.
    pub fn admin(&self, sql: &str) -> Result<String> {
        self.0.site.psql("postgres", "postgres", sql)
    }

    /// Ends the server as `pg_ctl stop --mode=fast` does: clients are thrown out.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(&self) -> Result<()> {
        self.end("INT")
    }

    /// Kills the server.
    ///
    /// # Errors
    /// It does not end.
    pub fn crash(&self) -> Result<()> {
        self.end("KILL")
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(&self) -> Result<()> {
        let mut process = self.process();
        if process.is_none() {
            *process = Some(Process::start(&self.0.site)?);
        }
        drop(process);
        self.until_ready()
    }

    /// Stops all its processes in their tracks: it takes connections, and answers nothing.
    ///
    /// # Errors
    /// It is not running.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// It is not running.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// What it has written to its log.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self) -> Result<String> {
        self.0.site.log()
    }

    fn end(&self, signal: &str) -> Result<()> {
        match self.process().take() {
            Some(process) => process.end(signal, LIMIT),
            None => Ok(()),
        }
    }

    /// The postmaster first: it starts no more processes while the others are gone through.
    fn signal(&self, which: Signal) -> Result<()> {
        let process = self.process();
        let Some(server) = process.as_ref().map(|process| process.server) else {
            return Err(LabError::NotRunning { what: "server".into(), host: "postgres".into() });
        };
        signal(server, which)?;
        // One that has just ended needs no signal.
        for child in children_of(server) {
            let _ = signal(child, which);
        }
        Ok(())
    }

    fn until_ready(&self) -> Result<()> {
        wait_until(LIMIT, "PostgreSQL to be ready", || self.admin("SELECT 1").is_ok())
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.0.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A database. Its drop removes it, whoever uses it.
#[derive(Debug)]
pub struct PostgresDatabase {
    server: Postgres,
    name: String,
}

impl PostgresDatabase {
    /// Its server.
    pub const fn server(&self) -> &Postgres {
        &self.server
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL by the server's socket, for its owner; no password is asked for.
    pub fn url(&self) -> String {
        let folder = self.server.0.site.folder.display();
        let port = self.server.0.site.port;
        format!("postgres://{OWNER}@/{}?host={folder}&port={port}", self.name)
    }

    /// Its URL by TCP, for its owner, with this password (percent-encoded), or none.
    pub fn url_by_tcp(&self, password: Option<&str>) -> String {
        let password = password.map_or_else(String::new, |password| format!(":{password}"));
        format!("postgres://{OWNER}{password}@127.0.0.1:{}/{}", self.server.0.site.port, self.name)
    }

    /// Its owner's password, as it is, and percent-encoded.
    pub const fn password(&self) -> (&'static str, &'static str) {
        (PASSWORD, "geheim%3A%40%2F%3F%25%20")
    }

    /// Runs SQL in it as its owner; gives what it answers, a line for each row.
    ///
    /// # Errors
    /// It fails.
    pub fn execute(&self, sql: &str) -> Result<String> {
        self.server.0.site.psql(OWNER, &self.name, sql)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // A server that is stopped, or ends, takes it along.
        let _ = self.server.admin(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

impl Site {
    fn psql(&self, user: &str, database: &str, sql: &str) -> Result<String> {
        let mut psql = self.program("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
        ])
        .args(["--host", &self.folder.display().to_string(), "--port", &self.port.to_string()])
        .args(["--username", user, "--dbname", database, "--command", sql]);
        command::run(&mut psql, LIMIT)
    }
}
