//! Ctrl-C and its kin, turned from deaths into answers, so that a person gets the prompt back after the lab is gone.

use assured_lab::{LabError, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use std::process::{Child, ExitStatus};

/// The signals that end this program, and a child's death, as a queue.
pub(crate) struct Signals {
    queue: SignalsInfo<WithOrigin>,
}

impl Signals {
    /// From now on they no longer end the program.
    pub(crate) fn catch() -> Result<Self> {
        let queue = SignalsInfo::new([SIGINT, SIGTERM, SIGHUP, SIGCHLD]);
        let queue = queue.map_err(|source| LabError::File {
            operation: "catch",
            path: "signals".into(),
            source,
        })?;
        Ok(Self { queue })
    }

    /// Blocks until somebody wants the program to end.
    pub(crate) fn wait_for_the_end(&mut self) {
        let _ = self.queue.forever().find(|origin| origin.signal != SIGCHLD);
    }

    /// Blocks until a child has ended, and hands signals on to it.
    pub(crate) fn forward_until_end(&mut self, child: &mut Child) -> Result<ExitStatus> {
        let status = |child: &mut Child| {
            child.try_wait().map_err(|source| LabError::File {
                operation: "wait for",
                path: "the command".into(),
                source,
            })
        };
        // It may have ended already, and its SIGCHLD may have been taken for that of an earlier child.
        if let Some(status) = status(child)? {
            return Ok(status);
        }
        for origin in self.queue.forever() {
            if origin.signal == SIGCHLD {
                if let Some(status) = status(child)? {
                    return Ok(status);
                }
            } else if origin.process.is_some() {
                // A Ctrl-C at the terminal comes from no process and reaches the child by itself: handed on too, it would
                // arrive twice, and a second Ctrl-C often means "at once".
                forward(child, origin.signal);
            }
        }
        child.wait().map_err(|source| LabError::File {
            operation: "wait for",
            path: "the command".into(),
            source,
        })
    }
}

fn forward(child: &Child, signal: i32) {
    if let (Ok(pid), Ok(signal)) = (i32::try_from(child.id()), Signal::try_from(signal)) {
        // It may just have ended; then there is nothing to hand on.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}
