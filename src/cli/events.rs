//! `assured events`: the end of the audit log.

use clap::Args;

use super::common::Context;
use super::failure::Failure;
use super::screen::{Column, Screen};
use super::time::second;
use crate::http::body::{EventBody, Page};
use crate::model::EventKind;

/// Show the end of the audit log: who changed what, what was seen, decided and done
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured events --host kvm-1 --limit 20")]
pub(super) struct Events {
    /// Only of this kind
    #[arg(long)]
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
}

const COLUMNS: &[Column] = &[
    Column::number("ID"),
    Column::words("AT"),
    Column::words("KIND"),
    Column::words("HOST"),
    Column::words("BY"),
    Column::prose("TEXT"),
];

impl Events {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let mut query = vec![("order", "desc".to_owned())];
        query.extend(self.kind.map(|kind| ("kind", kind.to_string())));
        query.extend(self.host.clone().map(|host| ("host", host)));
        if let Some(instance) = &self.instance {
            query.push(("instance", super::instances::find(&client, instance)?.to_string()));
        }
        // The newest are asked for, and read from the top down.
        let mut page: Page<EventBody> = client.list("/api/v1/events", &query, self.limit.get())?;
        page.items.reverse();
        context.show(&page, |page| table(page, context.screen))
    }
}

fn table(page: &Page<EventBody>, screen: Screen) -> String {
    if page.items.is_empty() {
        return "no events".to_owned();
    }
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
    screen.table(COLUMNS, page.items.iter().map(row).collect())
}
