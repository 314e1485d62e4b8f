//! `assured hosts maintenance`.

use clap::Args;
use ureq::http::Method;

use super::{named, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::time::{count, second};
use crate::http::body::{HostBody, MaintenanceRequest};

/// Put a host into maintenance: nothing is done on it, and nothing reported of it, until `resume`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts maintenance kvm-1 --reason firmware")]
pub(super) struct Maintenance {
    /// The host
    host: String,
    /// Why, for others to read
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Maintenance {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = format!("{}/maintenance", path(&self.host)?);
        let body = MaintenanceRequest { reason: self.reason.clone() };
        let host: HostBody = client
            .order_with(Ask::new(Method::PUT, &path), &body)
            .map_err(|failure| named(&client, &self.host, failure))?;
        context.show(&host, said)
    }
}

/// Since when, and how it ends.
fn said(host: &HostBody) -> String {
    let Some(now) = &host.maintenance else {
        return format!("{} was in maintenance, and is no more", host.id);
    };
    let instances = count(u64::try_from(host.instances).unwrap_or(u64::MAX), "instance");
    format!(
        "{id} is in maintenance since {}: {}\n{instances} held until `assured hosts resume {id}`",
        second(now.since),
        now.reason,
        id = host.id,
    )
}
