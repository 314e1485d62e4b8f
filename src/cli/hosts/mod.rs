//! `assured hosts`.

mod adopt;
mod list;
mod maintenance;
mod resume;
mod show;

use clap::{Args, Subcommand};

use super::common::Context;
use super::failure::Failure;

pub(super) use list::table;

/// List and show hosts, adopt their domains, and work on them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts adopt kvm-1")]
pub(super) struct Hosts {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Adopt(adopt::Adopt),
    Maintenance(maintenance::Maintenance),
    Resume(resume::Resume),
}

impl Hosts {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        match &self.command {
            Command::List(list) => list.execute(context),
            Command::Show(show) => show.execute(context),
            Command::Adopt(adopt) => adopt.execute(context),
            Command::Maintenance(maintenance) => maintenance.execute(context),
            Command::Resume(resume) => resume.execute(context),
        }
    }
}

/// The address of a host. Whatever is no name of a host must not become another address.
fn path(host: &str) -> Result<String, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if host.is_empty() || host.starts_with('.') || !host.chars().all(is_plain) {
        return Err(Failure::Usage(format!("`{host}` is no name of a host")));
    }
    Ok(format!("/api/v1/hosts/{host}"))
}
