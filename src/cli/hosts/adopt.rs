//! `assured hosts adopt`.

use clap::Args;
use ureq::http::Method;

use super::path;
use crate::cli::client::{Ask, Client};
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::http::body::{AdoptDomains, HostBody, InstanceBody, Page};
use crate::model::InstanceId;

/// Make instances of a host's domains, desired as they are seen
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts adopt kvm-1 web-1 web-2")]
pub(super) struct Adopt {
    /// The host
    host: String,
    /// Which domains; all that are no instances yet if none is given
    #[arg(value_name = "NAME|ID")]
    domains: Vec<String>,
}

impl Adopt {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let host = path(&self.host)?;
        let domains = match self.domains.as_slice() {
            [] => None,
            named => Some(find(&client, &host, named)?),
        };
        let path = format!("{host}/adopt");
        let ask = Ask::new(Method::POST, &path);
        let adopted: Page<InstanceBody> = client.order_with(ask, &AdoptDomains { domains })?;
        context.show(&adopted, |adopted| {
            let line = |i: &InstanceBody| format!("{}: {} is desired", i.name, i.desired.state);
            let lines: Vec<_> = adopted.items.iter().map(line).collect();
            if lines.is_empty() { "nothing to adopt".to_owned() } else { lines.join("\n") }
        })
    }
}

/// The domains that names or UUIDs mean.
fn find(client: &Client, host: &str, named: &[String]) -> Result<Vec<InstanceId>, Failure> {
    if let Ok(ids) = named.iter().map(|text| text.parse()).collect() {
        return Ok(ids);
    }
    let host: HostBody = client.get(host)?;
    let find = |text: &String| {
        let by_name = || host.unmanaged.iter().find(|domain| domain.name == *text).map(|d| d.id);
        text.parse().ok().or_else(by_name).ok_or_else(|| {
            Failure::Failed(format!(
                "host {id} has no domain {text} that is no instance yet; look with `assured hosts \
                 show {id}`",
                id = host.id
            ))
        })
    };
    named.iter().map(find).collect()
}
