//! `assured incidents`.

mod list;
pub(super) mod show;

use std::io::Write;

use clap::{Args, Subcommand};

use super::common::Context;
use super::failure::Failure;
use crate::exit::Exit;

pub(super) use list::table;

/// List incidents, and tell their stories
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured incidents show 17")]
pub(super) struct Incidents {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
}

impl Incidents {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        match &self.command {
            Command::List(list) => list.execute(context, out),
            Command::Show(show) => super::done(out, &show.execute(context)?),
        }
    }
}
