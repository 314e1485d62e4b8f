//! `assured status`: a running service at a glance.

mod picture;

use std::io::Write;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::common::{Context, Output, json};
use super::failure::Failure;
use super::screen::Screen;
use super::visible::shown;
use super::watch::Watching;
use crate::exit::Exit;
use crate::http::body::{HostBody, IncidentBody, InstanceBody, Page, StatusBody};
use crate::model::Status;

pub(super) use picture::picture;

/// How many instances and incidents are shown at most.
const SHOWN: usize = 20;

/// Show the service at a glance: hosts, instances that are not in sync, incidents
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured status --watch")]
pub(super) struct StatusCommand {
    #[command(flatten)]
    watching: Watching,
}

/// Everything that is on the picture.
#[derive(Serialize, Deserialize)]
pub(super) struct Overview {
    pub(super) status: StatusBody,
    pub(super) hosts: Vec<HostBody>,
    pub(super) not_in_sync: Page<InstanceBody>,
    pub(super) incidents: Page<IncidentBody>,
}

impl StatusCommand {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let look = |client: &Client, screen| look(client, context, screen);
        self.watching.show(context, context.client()?, look, out)
    }
}

fn look(client: &Client, context: &Context<'_>, screen: Screen) -> Result<String, Failure> {
    let status: StatusBody = client.get("/api/v1/status")?;
    if context.common.output == Output::Json {
        return json(&status);
    }
    let hosts: Page<HostBody> = client.list("/api/v1/hosts", &[], usize::MAX)?;
    let not_in_sync = not_in_sync(client)?;
    let open = [("state", "open".to_owned())];
    let incidents = client.list("/api/v1/incidents", &open, SHOWN)?;
    let overview = Overview { status, hosts: hosts.items, not_in_sync, incidents };
    let overview = shown(&overview).unwrap_or(overview);
    Ok(picture(&overview, context.now(), screen))
}

/// Those that are not in sync; what somebody works on comes last.
fn not_in_sync(client: &Client) -> Result<Page<InstanceBody>, Failure> {
    let others = Status::ALL.iter().filter(|s| !matches!(s, Status::InSync | Status::Held));
    let others = others.map(|status| status.as_str()).collect::<Vec<_>>().join(",");
    let list = |statuses, at_most| -> Result<Page<InstanceBody>, Failure> {
        client.list("/api/v1/instances", &[("status", statuses)], at_most)
    };
    let mut page = list(others, SHOWN)?;
    if page.next.is_none() {
        let held = list(Status::Held.to_string(), (SHOWN - page.items.len()).max(1))?;
        page.items.extend(held.items);
        page.next = held.next;
    }
    Ok(page)
}
