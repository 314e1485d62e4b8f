//! `assured instances add`.

use clap::Args;
use ureq::http::Method;

use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::hosts;
use crate::cli::words::word;
use crate::http::body::{InstanceBody, NewInstance};
use crate::model::{DesiredState, HostId};

/// Put a domain under the service's care
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances add web-1 --host kvm-1 --desired running")]
pub(super) struct Add {
    /// The domain's name or its UUID
    #[arg(value_name = "NAME|ID")]
    domain: String,
    /// The host that has it
    #[arg(long)]
    host: String,
    /// What it is supposed to be
    #[arg(long, value_name = "STATE", value_parser = word(DesiredState::ALL, DesiredState::as_str))]
    desired: DesiredState,
    /// Its policy; `default` if not given
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Higher comes back first; 0 if not given
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i32>,
}

impl Add {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let id = self.domain.parse().ok();
        let body = NewInstance {
            id,
            name: id.is_none().then(|| self.domain.clone()),
            host: HostId::from(self.host.as_str()),
            desired: self.desired,
            policy: self.policy.clone(),
            priority: self.priority,
        };
        let ask = Ask::new(Method::POST, "/api/v1/instances");
        let client = context.client()?;
        let added: InstanceBody = client
            .order_with(ask, &body)
            .map_err(|failure| hosts::named(&client, &self.host, failure))?;
        context.show(&added, |added| {
            format!(
                "{} on {} is an instance now ({}), {} is desired",
                added.name, added.host, added.id, added.desired.state
            )
        })
    }
}
