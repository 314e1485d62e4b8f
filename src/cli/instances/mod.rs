//! `assured instances`.

mod add;
mod desire;
mod forget;
mod hold;
mod list;
mod release;
mod relocate;
mod retry;
mod show;

use std::io::Write;

use clap::{Args, Subcommand};

use super::client::Client;
use super::common::Context;
use super::failure::Failure;
use super::similar::{did_you_mean, look};
use super::time::second;
use crate::exit::Exit;
use crate::http::MAX_LIMIT;
use crate::http::body::{HolderBody, InstanceBody, Page};
use crate::model::InstanceId;

pub(super) use list::{seen, table};

/// List, show and change instances
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances desire web-1 shutoff")]
pub(super) struct Instances {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Add(add::Add),
    Desire(desire::Desire),
    Hold(hold::Hold),
    Release(release::Release),
    Retry(retry::Retry),
    Move(relocate::Move),
    Forget(forget::Forget),
}

impl Instances {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let text = match &self.command {
            Command::List(list) => return list.execute(context, out),
            Command::Show(show) => show.execute(context),
            Command::Add(add) => add.execute(context),
            Command::Desire(desire) => desire.execute(context),
            Command::Hold(hold) => hold.execute(context),
            Command::Release(release) => release.execute(context),
            Command::Retry(retry) => retry.execute(context),
            Command::Move(relocate) => relocate.execute(context),
            Command::Forget(forget) => forget.execute(context),
        }?;
        super::done(out, &text)
    }
}

/// The instance that a name or a UUID means. Names are the host's: two hosts can have the same.
pub(super) fn find(client: &Client, text: &str) -> Result<InstanceId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let called = [("q", text.to_owned())];
    let mut page: Page<InstanceBody> = client.list("/api/v1/instances", &called, MAX_LIMIT)?;
    page.items.retain(|instance| instance.name == text);
    match page.items.as_slice() {
        [one] => Ok(one.id),
        [] => Err(unknown(client, text)),
        several => {
            let each = |one: &InstanceBody| format!("{} on {}", one.id, one.host);
            let list = several.iter().map(each).collect::<Vec<_>>().join(", ");
            Err(Failure::Failed(format!("several are called {text}, give the UUID: {list}")))
        }
    }
}

/// That there is no instance of a name, and which names are like it.
fn unknown(client: &Client, text: &str) -> Failure {
    // The first letters are mostly right, and all others would be too many to ask for.
    let begin: String = text.chars().take(2).collect();
    let near: Result<Page<InstanceBody>, _> =
        client.list("/api/v1/instances", &[("q", begin)], MAX_LIMIT);
    let near = near.map(|page| page.items).unwrap_or_default();
    let question = did_you_mean(text, near.iter().map(|instance| instance.name.as_str()));
    let rest = look(&question, "assured instances list");
    Failure::Failed(format!("there is no instance called {text}{rest}"))
}

/// Who holds an instance, until when and why.
fn held_by(hold: &HolderBody) -> String {
    format!("by {} until {}: {}", hold.by, second(hold.until), hold.reason)
}

/// The address of an instance.
fn path(id: InstanceId) -> String {
    format!("/api/v1/instances/{id}")
}
