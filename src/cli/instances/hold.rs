//! `assured instances hold`.

use std::time::Duration;

use clap::Args;
use ureq::http::Method;

use super::{find, held_by, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::time::second;
use crate::cli::words::within;
use crate::http::body::{HoldRequest, HolderBody, InstanceBody};

/// As the API has it.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Hold an instance: nothing is done about it until it is released, or the time is over
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances hold web-1 --for 10m --reason migration")]
pub(super) struct Hold {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
    /// For how long at most: from 1s to 30d
    #[arg(long = "for", value_name = "DURATION", value_parser = within(SHORTEST..=LONGEST))]
    ttl: Duration,
    /// Why, for others to read
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Hold {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = format!("{}/hold", path(find(&client, &self.instance)?));
        let ttl = humantime::format_duration(self.ttl).to_string();
        let body = HoldRequest { ttl, reason: self.reason.clone() };
        let held: InstanceBody = client.order_with(Ask::new(Method::PUT, &path), &body)?;
        context.show(&held, |held| said(held, &self.reason))
    }
}

/// Until when it is held; and, where others hold it too, who does, and when that ends at the latest.
fn said(held: &InstanceBody, reason: &str) -> String {
    // The newest with this reason is the one that was put just now.
    let own = held.holds.iter().filter(|hold| hold.reason == reason).max_by_key(|hold| hold.since);
    let who = format!("{} on {}", held.name, held.host);
    let (Some(own), Some(last)) = (own, held.holds.last()) else {
        return format!("{who} was held, and is no more");
    };
    let others: Vec<&HolderBody> = held.holds.iter().filter(|hold| *hold != own).collect();
    let mut lines = vec![format!("{who} is held until {}", second(own.until))];
    lines.extend(others.iter().map(|hold| format!("it is held as well {}", held_by(hold))));
    if !others.is_empty() {
        lines.push(format!("so it is held until {} at the latest", second(last.until)));
    }
    lines.join("\n")
}
