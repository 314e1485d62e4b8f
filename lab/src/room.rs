//! A room: a set of namespaces that lives and dies with the process that holds it.
//!
//! `unshare` makes the namespaces and starts a script as process 1 of the new pid namespace; the script sets up, says
//! `ready PID`, and ends when its standard input does. What runs in the room is started from outside with `nsenter`.

use crate::command;
use crate::error::{LabError, Result};
use crate::id::LabId;
use crate::keeper::{ALIVE, detach};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a room is made of.
pub(crate) struct Plan<'a> {
    /// The lab that it belongs to.
    pub(crate) lab: &'a LabId,
    /// The lab's folder.
    pub(crate) lab_folder: &'a Path,
    /// For error messages.
    pub(crate) name: &'a str,
    /// Namespaces besides the pid namespace, as options of `unshare`.
    pub(crate) namespaces: &'a [&'a str],
    /// The text of the script that becomes process 1.
    pub(crate) script: &'a str,
    /// Its arguments.
    pub(crate) arguments: &'a [&'a OsStr],
    /// Where its complaints go.
    pub(crate) log: PathBuf,
}

/// Running namespaces. Dropping the room kills everything in it and waits until it is dead.
#[derive(Debug)]
pub(crate) struct Room {
    unshare: Child,
    first: i32,
}

impl Room {
    /// Opens a room and waits until its script says that it is ready.
    pub(crate) fn open(plan: &Plan<'_>) -> Result<Self> {
        let log = File::create(&plan.log).map_err(LabError::file("create", &plan.log))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("script/lease.sh"), "lease"])
            .arg(plan.lab_folder.join(ALIVE));
        command.args(["unshare", "--pid", "--fork", "--kill-child"]).args(plan.namespaces);
        command.args(["sh", "-c", plan.script, plan.name]).args(plan.arguments);
        let mut unshare = detach(&mut command, plan.lab)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|source| LabError::Spawn { program: "unshare".into(), source })?;
        let mut said = String::new();
        if let Some(stdout) = unshare.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut said)
                .map_err(LabError::file("read the first line of", plan.name))?;
        }
        let first = said.strip_prefix("ready ").and_then(|pid| pid.trim().parse().ok());
        let room = Self { unshare, first: first.unwrap_or_default() };
        if first.is_some() {
            return Ok(room);
        }
        drop(room);
        let said = fs::read_to_string(&plan.log).unwrap_or_default().trim().to_owned();
        Err(LabError::RoomFailed { room: plan.name.to_owned(), said })
    }

    /// The room's process 1, by its number outside.
    pub(crate) fn first(&self) -> i32 {
        self.first
    }

    /// A file as the room sees it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.first))
    }

    /// Runs a command in the room, in all its namespaces.
    pub(crate) fn run(&self, words: &[&str], limit: Duration) -> Result<String> {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first.to_string(), "--all", "--"]).args(words);
        command::run(&mut command, limit)
    }

    /// Has the room end, without waiting for it: rooms that end together end faster.
    pub(crate) fn release(&mut self) {
        drop(self.unshare.stdin.take());
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.release();
        // `unshare` ends after its child, and the child, being process 1, after everything in the namespace.
        let _ = command::wait(&mut self.unshare, command::LIMIT);
    }
}
