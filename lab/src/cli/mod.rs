//! The subcommands, a file each.
//!
//! What they bring up is described in `demo.rs`; how they end on a signal in `signals.rs`. Whatever kills this program, the
//! library's own means take the lab down: nothing here is needed for that.

mod demo;
mod doctor;
mod run;
mod signals;
mod up;

use assured_lab::Result;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Real hypervisor hosts with small real guests, for trying assured.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring hosts and guests up, and keep them until Ctrl-C.
    Up {
        #[command(flatten)]
        size: Size,
        /// Write assured's configuration for this lab here.
        #[arg(long, value_name = "FILE")]
        config_out: PathBuf,
    },
    /// Bring hosts and guests up, run a command, and take them down when it ends.
    Run {
        #[command(flatten)]
        size: Size,
        /// The command; `{config}` in it stands for assured's configuration file for this lab. Its exit code becomes this one's.
        #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Say whether earlier labs have left anything behind.
    Doctor,
}

/// How much to bring up.
#[derive(Clone, Copy, Debug, Args)]
struct Size {
    /// How many hosts.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=50))]
    hosts: u16,
    /// How many guests on all hosts together.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=200))]
    guests: u16,
}

impl Arguments {
    /// Does what was asked for.
    pub(crate) fn carry_out(self) -> Result<ExitCode> {
        match self.command {
            Command::Up { size, config_out } => up::up(size, &config_out),
            Command::Run { size, command } => run::run(size, &command),
            Command::Doctor => doctor::doctor(),
        }
    }
}
