//! `assured instances move`.

use clap::Args;
use ureq::http::Method;

use super::{find, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::hosts;
use crate::http::body::{ChangeFields, InstanceBody};
use crate::model::HostId;

/// Assign an instance to another host, which must know the domain; the domain itself is not moved
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances move web-1 kvm-2")]
pub(super) struct Move {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
    /// The new host
    host: String,
}

impl Move {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = path(find(&client, &self.instance)?);
        let host = Some(HostId::from(self.host.as_str()));
        let fields = ChangeFields { host, ..ChangeFields::default() };
        let moved: InstanceBody = client
            .order_with(Ask::new(Method::PATCH, &path), &fields)
            .map_err(|failure| hosts::named(&client, &self.host, failure))?;
        context.show(&moved, |moved| format!("{} is assigned to {} now", moved.name, moved.host))
    }
}
