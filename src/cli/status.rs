//! `assured status`: a running service at a glance.

mod picture;

use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;

use super::client::Client;
use super::common::{Context, Output, json};
use super::failure::Failure;
use super::paint::{Paint, Tone};
use crate::exit::Exit;
use crate::http::body::{HostBody, IncidentBody, InstanceBody, Page, StatusBody};
use crate::model::Status;

pub(super) use picture::picture;

/// How often the picture is drawn anew.
const PACE: Duration = Duration::from_secs(2);
/// How many instances and incidents are shown at most.
const SHOWN: usize = 20;

/// Show the service at a glance: hosts, instances that are not in sync, incidents
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured status --watch")]
pub(super) struct StatusCommand {
    /// Draw it anew every 2 seconds, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// Everything that is on the picture.
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
        let client = context.client()?;
        let text = look(&client, context)?;
        if !self.watch {
            super::write(out, &text)?;
            return Ok(Exit::Done);
        }
        let mut text = Ok(text);
        // Nobody ever sends: this waits, and Ctrl-C ends the process.
        let (_never, wait) = mpsc::channel::<()>();
        loop {
            // A service that is restarted meanwhile is worth watching.
            let shown = text.unwrap_or_else(|failure: Failure| {
                context.screen.paint.text(Tone::Bad, &failure.to_string())
            });
            let written = write!(out, "{}", frame(&shown, context.screen.paint));
            if written.and_then(|()| out.flush()).is_err() {
                return Ok(Exit::Done);
            }
            let _ = wait.recv_timeout(PACE);
            text = look(&client, context);
        }
    }
}

/// A text in the place of the one before: each line is wiped to its end, and what is below. Without
/// a terminal they stand one below the other.
fn frame(text: &str, paint: Paint) -> String {
    match paint {
        Paint::Plain => format!("{text}\n"),
        Paint::Colour => {
            let lines: String = text.lines().map(|line| format!("{line}\x1b[K\r\n")).collect();
            format!("\x1b[H{lines}\x1b[J")
        }
    }
}

fn look(client: &Client, context: &Context<'_>) -> Result<String, Failure> {
    let status: StatusBody = client.get("/api/v1/status")?;
    if context.common.output == Output::Json {
        return json(&status);
    }
    let hosts: Page<HostBody> = client.list("/api/v1/hosts", &[], usize::MAX)?;
    let not_in_sync = not_in_sync(client)?;
    let open = [("state", "open".to_owned())];
    let incidents = client.list("/api/v1/incidents", &open, SHOWN)?;
    let overview = Overview { status, hosts: hosts.items, not_in_sync, incidents };
    Ok(picture(&overview, context.now(), context.screen))
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
