//! `assured hosts resume`.

use clap::Args;
use ureq::http::Method;

use super::{named, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::http::body::HostBody;

/// End a host's maintenance: what is not as desired is brought back, after its grace
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured hosts resume kvm-1")]
pub(super) struct Resume {
    /// The host
    host: String,
}

impl Resume {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let path = format!("{}/maintenance", path(&self.host)?);
        let client = context.client()?;
        let host: HostBody = client
            .order(Ask::new(Method::DELETE, &path))
            .map_err(|failure| named(&client, &self.host, failure))?;
        context.show(&host, said)
    }
}

/// How it is left.
fn said(host: &HostBody) -> String {
    format!(
        "{} is in no maintenance now; it is {}, {} of its {} instances out of sync",
        host.id, host.state, host.out_of_sync, host.instances
    )
}
