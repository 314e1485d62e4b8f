//! `assured instances forget`.

use clap::Args;
use serde::Serialize;
use ureq::http::Method;

use super::{find, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::model::InstanceId;

/// Take an instance out of the service's care; its domain stays as it is
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances forget web-1")]
pub(super) struct Forget {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
}

/// The API answers nothing; a program that asked for JSON gets some all the same.
#[derive(Serialize)]
struct Forgotten {
    forgotten: InstanceId,
}

impl Forget {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let id = find(&client, &self.instance)?;
        client.order_silently(Ask::new(Method::DELETE, &path(id)))?;
        context.tell(&Forgotten { forgotten: id }, |_| {
            format!("{} is forgotten; its domain stays as it is", self.instance)
        })
    }
}
