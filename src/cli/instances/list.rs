//! `assured instances list`.

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use jiff::Timestamp;

use crate::cli::client::Client;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::hosts;
use crate::cli::paint::{self, Text, Tone};
use crate::cli::screen::{Column, Screen};
use crate::cli::time::{ago_or_never, length};
use crate::cli::watch::Watching;
use crate::cli::words::word;
use crate::exit::Exit;
use crate::http::body::{Asked, InstanceBody, ObservedBody, Page};
use crate::model::{DesiredState, Status, UnknownWord};

/// List instances
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  assured instances list --host kvm-1 --status given_up,out_of_sync"
)]
pub(super) struct List {
    /// Only those whose name or UUID begins so
    #[arg(value_name = "PREFIX")]
    called: Option<String>,
    /// Only on this host
    #[arg(long)]
    host: Option<String>,
    /// Only in one of these statuses
    #[arg(
        long,
        value_name = "STATUS[,…]",
        value_delimiter = ',',
        value_parser = word(Status::ALL, Status::as_str)
    )]
    status: Vec<Status>,
    /// Only those supposed to be so
    #[arg(long, value_name = "STATE", value_parser = word(DesiredState::ALL, DesiredState::as_str))]
    desired: Option<DesiredState>,
    /// Only those seen so
    #[arg(long, value_name = "STATE[/REASON]", value_parser = condition)]
    observed: Option<String>,
    /// Only with this policy
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// In which order; with a minus the other way round
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true, value_parser = ORDERS)]
    sort: Option<String>,
    /// At most so many; all if not given
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<NonZeroUsize>,
    #[command(flatten)]
    watching: Watching,
}

impl List {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let look = |client: &Client, screen| self.look(client, context, screen);
        self.watching.show(context, context.client()?, look, out)
    }

    fn look(
        &self,
        client: &Client,
        context: &Context<'_>,
        screen: Screen,
    ) -> Result<String, Failure> {
        let statuses: Vec<&str> = self.status.iter().map(|status| status.as_str()).collect();
        let filters = [
            ("q", self.called.clone()),
            ("host", self.host.clone()),
            ("status", (!statuses.is_empty()).then(|| statuses.join(","))),
            ("desired", self.desired.map(|desired| desired.to_string())),
            ("observed", self.observed.clone()),
            ("policy", self.policy.clone()),
            ("sort", self.sort.clone()),
        ];
        let query: Vec<_> =
            filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let at_most = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let page: Page<InstanceBody> = client.list("/api/v1/instances", &query, at_most)?;
        context.show(&page, |page| match page.items.as_slice() {
            [] => hosts::none_on("no instances", self.host.as_deref(), client),
            found => table(found, context.now(), screen),
        })
    }
}

/// What can be seen, as it is written.
fn condition(text: &str) -> Result<String, UnknownWord> {
    text.parse::<Asked>().map(|_| text.to_owned())
}

/// As the API has them.
const ORDERS: [&str; 6] = ["name", "-name", "priority", "-priority", "status", "-status"];

const COLUMNS: &[Column] = &[
    Column::words("NAME"),
    Column::words("HOST").rank(3),
    Column::words("DESIRED").rank(4),
    Column::words("OBSERVED").rank(5),
    Column::words("STATUS"),
    Column::words("SEEN").rank(1),
    Column::prose("NEXT").rank(2),
];

/// Instances, a line each.
pub(in crate::cli) fn table(found: &[InstanceBody], now: Timestamp, screen: Screen) -> String {
    let row = |instance: &InstanceBody| {
        vec![
            instance.name.as_str().into(),
            instance.host.as_str().into(),
            instance.desired.state.as_str().into(),
            seen(&instance.observed),
            status(instance),
            Text::new(Tone::Faint, ago_or_never(now, instance.observed.at)),
            next(instance, now).into(),
        ]
    };
    screen.table(COLUMNS, found.iter().map(row).collect())
}

/// What was seen; faint where that may be out of date.
pub(in crate::cli) fn seen(observed: &ObservedBody) -> Text {
    let text = match (observed.state, &observed.reason) {
        (None, _) => "not seen yet".to_owned(),
        (Some(state), None) => state.to_string(),
        (Some(state), Some(reason)) => format!("{state}/{reason}"),
    };
    Text::new(if observed.stale { Tone::Faint } else { Tone::Plain }, text)
}

/// The status; and that it is held, where that is not the status.
fn status(instance: &InstanceBody) -> Text {
    let status = paint::status(instance.status);
    if instance.hold.is_some() && instance.status != Status::Held {
        return Text::new(status.tone, format!("{}, held", status.text));
    }
    status
}

/// What comes next, or why nothing does.
fn next(instance: &InstanceBody, now: Timestamp) -> String {
    let attempts = &instance.attempts;
    match (&instance.next, instance.status) {
        (Some(next), _) => match next.at.filter(|at| *at > now) {
            Some(at) => {
                format!("{} in {} ({})", next.action, length(at.duration_since(now)), next.why)
            }
            None => format!("{} ({})", next.action, next.why),
        },
        (None, Status::GivenUp) => {
            format!("{} of {} attempts used: `retry`?", attempts.used, attempts.budget)
        }
        (
            None,
            Status::InSync
            | Status::Held
            | Status::Settling
            | Status::Repairing
            | Status::BackingOff
            | Status::OutOfSync
            | Status::Unknown
            | Status::Quarantined,
        ) => instance.hold.as_ref().map_or_else(String::new, |hold| {
            let left = length(hold.until.duration_since(now));
            format!("held by {} for {left}: {}", hold.by, hold.reason)
        }),
    }
}
