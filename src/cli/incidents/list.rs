//! `assured incidents list`.

use std::io::Write;
use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::cli::client::Client;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::hosts;
use crate::cli::paint;
use crate::cli::screen::{Column, Screen};
use crate::cli::time::{ago, length};
use crate::cli::watch::Watching;
use crate::cli::words::{moment, word};
use crate::exit::Exit;
use crate::http::body::{IncidentBody, Page};
use crate::model::Severity;

/// List incidents, the newest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured incidents list --state open")]
pub(super) struct List {
    /// Only open or only closed ones
    #[arg(long, value_name = "STATE")]
    state: Option<State>,
    /// Only on this host
    #[arg(long)]
    host: Option<String>,
    /// Only of this instance: its name or its UUID
    #[arg(long, value_name = "NAME|ID")]
    instance: Option<String>,
    /// Only of this severity
    #[arg(long, value_parser = word(Severity::ALL, Severity::as_str))]
    severity: Option<Severity>,
    /// Only those opened at this time or later: 2026-11-23T06:00:00Z, or how long ago, as in 2h
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// At most so many
    #[arg(short = 'n', long, default_value = "50", value_name = "COUNT")]
    limit: NonZeroUsize,
    #[command(flatten)]
    watching: Watching,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Open,
    Closed,
}

impl List {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let client = context.client()?;
        let query = self.query(&client)?;
        let look = |client: &Client, screen: Screen| {
            let page: Page<IncidentBody> =
                client.list("/api/v1/incidents", &query, self.limit.get())?;
            context.show(&page, |page| match page.items.as_slice() {
                [] => hosts::none_on("no incidents", self.host.as_deref(), client),
                found => table(found, context.now(), screen),
            })
        };
        self.watching.show(context, client, look, out)
    }

    fn query(&self, client: &Client) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut query = Vec::new();
        query.extend(self.state.map(|state| {
            let word = match state {
                State::Open => "open",
                State::Closed => "closed",
            };
            ("state", word.to_owned())
        }));
        query.extend(self.host.clone().map(|host| ("host", host)));
        query.extend(self.severity.map(|severity| ("severity", severity.to_string())));
        query.extend(self.since.map(|since| ("since", since.to_string())));
        if let Some(instance) = &self.instance {
            let id = crate::cli::instances::find(client, instance)?;
            query.push(("instance", id.to_string()));
        }
        Ok(query)
    }
}

const COLUMNS: &[Column] = &[
    Column::number("ID"),
    Column::words("SEVERITY").rank(3),
    Column::words("INSTANCE"),
    Column::words("HOST").rank(4),
    Column::words("OPENED").rank(2),
    Column::words("STATE"),
    Column::number("ATTEMPTS").rank(1),
    Column::prose("SUMMARY").rank(5),
];

/// Incidents, a line each.
pub(in crate::cli) fn table(found: &[IncidentBody], now: Timestamp, screen: Screen) -> String {
    let row = |incident: &IncidentBody| {
        let state = match (incident.closed_at, incident.resolution) {
            (None, _) => "open".to_owned(),
            (Some(end), resolution) => {
                let how = resolution.map_or("closed", |resolution| resolution.as_str());
                format!("{how} in {}", length(end.duration_since(incident.opened_at)))
            }
        };
        vec![
            incident.id.to_string().into(),
            paint::severity(incident.severity),
            who(incident).into(),
            incident.host.as_str().into(),
            ago(now, incident.opened_at).into(),
            state.into(),
            incident.attempts.to_string().into(),
            incident.summary.as_str().into(),
        ]
    };
    screen.table(COLUMNS, found.iter().map(row).collect())
}

/// The instance by its name; by its UUID where it is forgotten.
fn who(incident: &IncidentBody) -> String {
    match (&incident.name, incident.instance) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => "(the host)".to_owned(),
    }
}
