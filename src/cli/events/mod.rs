//! `assured events`: the end of the audit log, and what follows.

mod follow;

use std::io::Write;

use clap::Args;

use self::follow::Follow;
use super::client::Client;
use super::common::Context;
use super::failure::Failure;
use super::hosts;
use super::screen::{Column, Screen};
use super::time::second;
use super::words::word;
use crate::exit::Exit;
use crate::http::body::{EventBody, Page};
use crate::model::EventKind;

/// Show the end of the audit log: who changed what, what was seen, decided and done
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured events --follow --host kvm-1")]
pub(super) struct Events {
    /// Only of this kind
    #[arg(long, value_parser = word(EventKind::ALL, EventKind::as_str))]
    kind: Option<EventKind>,
    /// Only about this host
    #[arg(long)]
    host: Option<String>,
    /// Only about this instance: its name or its UUID
    #[arg(long, value_name = "NAME|ID")]
    instance: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value = "50", value_name = "COUNT")]
    limit: std::num::NonZeroUsize,
    /// Show what comes from now on, a line each, until Ctrl-C; a stream that is cut is resumed
    #[arg(short, long, conflicts_with = "limit")]
    follow: bool,
    /// With --follow: begin with what came after this number
    #[arg(long, value_name = "NUMBER", requires = "follow")]
    after: Option<i64>,
}

const COLUMNS: &[Column] = &[
    Column::number("ID").rank(2),
    Column::words("AT"),
    Column::words("KIND").rank(4),
    Column::words("HOST").rank(3),
    Column::words("BY").rank(1),
    Column::prose("TEXT"),
];

impl Events {
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let client = context.client()?;
        let filters = self.filters(&client)?;
        if self.follow {
            let (last, output) = (self.after, context.common.output);
            let complain = &mut std::io::stderr();
            return Follow { client: &client, filters, last, output, complain }.run(out);
        }
        super::write(out, &self.end(&client, filters, context)?)?;
        Ok(Exit::Done)
    }

    fn filters(&self, client: &Client) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut query = Vec::new();
        query.extend(self.kind.map(|kind| ("kind", kind.to_string())));
        query.extend(self.host.clone().map(|host| ("host", host)));
        if let Some(instance) = &self.instance {
            query.push(("instance", super::instances::find(client, instance)?.to_string()));
        }
        Ok(query)
    }

    fn end(
        &self,
        client: &Client,
        mut query: Vec<(&'static str, String)>,
        context: &Context<'_>,
    ) -> Result<String, Failure> {
        query.push(("order", "desc".to_owned()));
        // The newest are asked for, and read from the top down.
        let mut page: Page<EventBody> = client.list("/api/v1/events", &query, self.limit.get())?;
        page.items.reverse();
        context.show(&page, |page| match page.items.as_slice() {
            [] => hosts::none_on("no events", self.host.as_deref(), client),
            found => table(found, context.screen),
        })
    }
}

fn table(found: &[EventBody], screen: Screen) -> String {
    let row = |event: &EventBody| {
        vec![
            event.id.to_string().into(),
            second(event.at).into(),
            event.kind.as_str().into(),
            event.host.as_ref().map_or("", |host| host.as_str()).into(),
            event.by.as_deref().unwrap_or_default().into(),
            event.text.as_str().into(),
        ]
    };
    screen.table(COLUMNS, found.iter().map(row).collect())
}
