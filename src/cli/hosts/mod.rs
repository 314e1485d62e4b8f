//! `assured hosts`.

mod adopt;
mod list;
mod maintenance;
mod resume;
mod show;

use std::io::Write;

use clap::{Args, Subcommand};

use super::client::Client;
use super::common::Context;
use super::failure::Failure;
use super::similar::{did_you_mean, look};
use super::visible::visible;
use crate::exit::Exit;
use crate::http::body::{HostBody, Page};

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
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let text = match &self.command {
            Command::List(list) => return list.execute(context, out),
            Command::Adopt(adopt) => return adopt.execute(context, out),
            Command::Show(show) => show.execute(context),
            Command::Maintenance(maintenance) => maintenance.execute(context),
            Command::Resume(resume) => resume.execute(context),
        }?;
        super::done(out, &text)
    }
}

/// A failure about a host: where there is none of that name, with those that are like it.
pub(super) fn named(client: &Client, host: &str, failure: Failure) -> Failure {
    if !failure.is_about_what_was_asked() {
        return failure;
    }
    match unknown(client, host) {
        Some(hint) => failure.hinting(&hint),
        None => failure,
    }
}

/// That there is nothing; where a host was named that there is not, that this is why.
pub(super) fn none_on(nothing: &str, host: Option<&str>, client: &Client) -> String {
    match host.and_then(|host| Some((host, unknown(client, host)?))) {
        Some((host, hint)) => format!("{nothing}: there is no host `{}`{hint}", visible(host)),
        None => nothing.to_owned(),
    }
}

/// Where to look for a host that there is not; none if there is.
fn unknown(client: &Client, host: &str) -> Option<String> {
    let all: Page<HostBody> = client.list("/api/v1/hosts", &[], usize::MAX).ok()?;
    let mut names = all.items.iter().map(|host| host.id.as_str());
    if names.clone().any(|name| name == host) {
        return None;
    }
    Some(look(&did_you_mean(host, &mut names), "assured hosts list"))
}

/// The address of a host. Whatever is no name of a host must not become another address.
fn path(host: &str) -> Result<String, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if host.is_empty() || host.starts_with('.') || !host.chars().all(is_plain) {
        return Err(Failure::Usage(format!(
            "`{host}` is no name of a host: they are letters, digits, `.`, `_` and `-`; look with \
             `assured hosts list`"
        )));
    }
    Ok(format!("/api/v1/hosts/{host}"))
}
