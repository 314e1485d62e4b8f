//! `assured hosts list`.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;

use crate::cli::client::Client;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::paint::{self, Text, Tone};
use crate::cli::screen::{Column, Screen};
use crate::cli::time::ago_or_never;
use crate::cli::watch::Watching;
use crate::exit::Exit;
use crate::http::body::{HostBody, Page};

/// List hosts
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts list")]
pub(super) struct List {
    #[command(flatten)]
    watching: Watching,
}

impl List {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let look = |client: &Client, screen| {
            let page: Page<HostBody> = client.list("/api/v1/hosts", &[], usize::MAX)?;
            context.show(&page, |page| match page.items.as_slice() {
                [] => "no hosts: name some in the configuration, as [[hosts]]".to_owned(),
                hosts => table(hosts, context.now(), screen),
            })
        };
        self.watching.show(context, context.client()?, look, out)
    }
}

const COLUMNS: &[Column] = &[
    Column::words("HOST"),
    Column::words("STATE"),
    Column::number("INSTANCES").rank(3),
    Column::number("OUT OF SYNC").rank(4),
    Column::number("UNMANAGED").rank(2),
    Column::words("SEEN").rank(1),
    Column::prose("NOTE").rank(5),
];

/// Hosts, a line each.
pub(in crate::cli) fn table(hosts: &[HostBody], now: Timestamp, screen: Screen) -> String {
    let row = |host: &HostBody| {
        let out_of_sync = if host.out_of_sync == 0 { Tone::Plain } else { Tone::Warn };
        vec![
            host.id.as_str().into(),
            state(host),
            host.instances.to_string().into(),
            Text::new(out_of_sync, host.out_of_sync.to_string()),
            host.unmanaged.len().to_string().into(),
            Text::new(Tone::Faint, ago_or_never(now, host.last_seen)),
            note(host).into(),
        ]
    };
    screen.table(COLUMNS, hosts.iter().map(row).collect())
}

/// The state; and that it is in maintenance, whatever that is.
fn state(host: &HostBody) -> Text {
    let state = paint::host_state(host.state);
    match host.maintenance {
        Some(_) => Text::new(state.tone, format!("{}, maintenance", state.text)),
        None => state,
    }
}

/// What is to be known besides.
fn note(host: &HostBody) -> String {
    let mut notes = Vec::new();
    if let Some(maintenance) = &host.maintenance {
        notes.push(format!("maintenance by {}: {}", maintenance.by, maintenance.reason));
    }
    if let Some(error) = &host.error {
        notes.push(error.clone());
    }
    if !host.pending.is_empty() {
        notes.push(format!("not found yet: {}", host.pending.join(", ")));
    }
    notes.join("; ")
}
