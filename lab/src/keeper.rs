//! The keeper: a process that outlives the lab's own and removes the lab's folder.
//!
//! A folder has no owner whose death removes it, and code that removes it at exit does not run on `kill -9`. So a shell waits
//! on a pipe whose writing end only the lab's process holds.

use crate::command;
use crate::error::{LabError, Result};
use crate::id::LabId;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The environment variable that marks the lab's own processes with its identity.
pub(crate) const MARK: &str = "ASSURED_LAB";

/// A file in the lab's folder that each room holds a shared lock on.
pub(crate) const ALIVE: &str = "alive";

/// A running keeper. Dropping it has the folder removed, and waits until it is.
#[derive(Debug)]
pub(crate) struct Keeper {
    process: Child,
}

impl Keeper {
    pub(crate) fn start(id: &LabId, folder: &Path) -> Result<Self> {
        let alive = folder.join(ALIVE);
        File::create(&alive).map_err(LabError::file("create", &alive))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("script/keeper.sh"), "keeper"])
            .arg(folder)
            .arg(id.to_string());
        let process = detach(&mut command, id)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| LabError::Spawn { program: "sh".into(), source })?;
        Ok(Self { process })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // A failure here has nobody to go to; `leftovers` is what finds a folder that stayed.
        let _ = command::wait(&mut self.process, command::LIMIT);
    }
}

/// Prepares a process that is to live until its standard input ends, and to notice nothing else: no Ctrl-C of this terminal
/// (hence a process group of its own), no folder that it would keep busy.
pub(crate) fn detach<'a>(command: &'a mut Command, id: &LabId) -> &'a mut Command {
    command
        .env(MARK, id.to_string())
        .env("LC_ALL", "C")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
}
