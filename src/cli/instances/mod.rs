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

use clap::{Args, Subcommand};

use super::client::Client;
use super::common::Context;
use super::failure::Failure;
use super::time::second;
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
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        match &self.command {
            Command::List(list) => list.execute(context),
            Command::Show(show) => show.execute(context),
            Command::Add(add) => add.execute(context),
            Command::Desire(desire) => desire.execute(context),
            Command::Hold(hold) => hold.execute(context),
            Command::Release(release) => release.execute(context),
            Command::Retry(retry) => retry.execute(context),
            Command::Move(relocate) => relocate.execute(context),
            Command::Forget(forget) => forget.execute(context),
        }
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
        [] => Err(Failure::Failed(format!(
            "there is no instance called {text}; look with `assured instances list`"
        ))),
        several => {
            let each = |one: &InstanceBody| format!("{} on {}", one.id, one.host);
            let list = several.iter().map(each).collect::<Vec<_>>().join(", ");
            Err(Failure::Failed(format!("several are called {text}, give the UUID: {list}")))
        }
    }
}

/// Who holds an instance, until when and why.
fn held_by(hold: &HolderBody) -> String {
    format!("by {} until {}: {}", hold.by, second(hold.until), hold.reason)
}

/// The address of an instance.
fn path(id: InstanceId) -> String {
    format!("/api/v1/instances/{id}")
}
