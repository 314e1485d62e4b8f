//! `assured instances release`.

use clap::Args;
use ureq::http::Method;

use super::{find, held_by, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::http::body::InstanceBody;

/// Release an instance from a hold: of those of one holder, the one that ends first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances release web-1")]
pub(super) struct Release {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
    /// Whose hold, as `instances show` names him; your own if not given
    #[arg(long, value_name = "api:NAME")]
    of: Option<String>,
}

impl Release {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = format!("{}/hold", path(find(&client, &self.instance)?));
        let of: Vec<_> = self.of.iter().map(|of| ("by", of.clone())).collect();
        let left: InstanceBody = client.order(Ask::new(Method::DELETE, &path).query(&of))?;
        context.show(&left, said)
    }
}

/// Whether it is held still, by whom and until when.
fn said(left: &InstanceBody) -> String {
    let who = format!("{} on {}", left.name, left.host);
    if left.holds.is_empty() {
        return format!("{who} is held by nobody now; it is {}", left.status);
    }
    let holds = left.holds.iter().map(held_by);
    let lines = holds.map(|hold| format!("{who} is still held {hold}"));
    lines.collect::<Vec<_>>().join("\n")
}
