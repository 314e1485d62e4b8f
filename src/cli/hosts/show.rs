//! `assured hosts show`.

use clap::Args;
use jiff::Timestamp;

use super::{named, path};
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::paint;
use crate::cli::screen::{Column, Screen};
use crate::cli::time::{ago, ago_or_never};
use crate::http::body::{HostBody, UnmanagedBody};

/// Show a host, with its domains that are no instances
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts show kvm-1")]
pub(super) struct Show {
    /// The host
    host: String,
}

impl Show {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let (client, path) = (context.client()?, path(&self.host)?);
        let body: HostBody =
            client.get(&path).map_err(|failure| named(&client, &self.host, failure))?;
        context.show(&body, |body| card(body, context.now(), context.screen))
    }
}

const COLUMNS: &[Column] =
    &[Column::words("UNMANAGED"), Column::words("ID"), Column::words("STATE").rank(1)];

/// A host, a line for each thing that is known of it.
fn card(host: &HostBody, now: Timestamp, screen: Screen) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<9} {value}"));
    let state = paint::host_state(host.state);
    line("host", host.id.to_string());
    line("uri", host.uri.clone());
    let state = screen.paint.text(state.tone, &state.text);
    line("state", format!("{state} since {}", ago(now, host.since)));
    line("seen", ago_or_never(now, host.last_seen));
    if let Some(error) = &host.error {
        line("error", error.clone());
    }
    if let Some(m) = &host.maintenance {
        line("maintains", format!("{}, since {}: {}", m.by, ago(now, m.since), m.reason));
    }
    if !host.labels.is_empty() {
        let labels = host.labels.iter().map(|(name, value)| format!("{name}={value}"));
        line("labels", labels.collect::<Vec<_>>().join(", "));
    }
    line("instances", format!("{}, {} out of sync", host.instances, host.out_of_sync));
    if !host.pending.is_empty() {
        line("pending", format!("{} (configured, not found yet)", host.pending.join(", ")));
    }
    if !host.unmanaged.is_empty() {
        let row = |domain: &UnmanagedBody| {
            let reason = domain.reason.as_ref().map_or_else(String::new, |r| format!("/{r}"));
            let state = format!("{}{reason}", domain.state);
            vec![domain.name.as_str().into(), domain.id.to_string().into(), state.into()]
        };
        let table = screen.table(COLUMNS, host.unmanaged.iter().map(row).collect());
        lines.push(format!("\n{table}"));
    }
    lines.join("\n")
}
