//! `assured instances retry`.

use clap::Args;
use ureq::http::Method;

use super::{find, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::http::body::InstanceBody;

/// Give an instance a fresh budget of attempts
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances retry web-1")]
pub(super) struct Retry {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
}

impl Retry {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = format!("{}/retry", path(find(&client, &self.instance)?));
        let body: InstanceBody = client.order(Ask::new(Method::POST, &path))?;
        context.show(&body, |body| {
            format!(
                "{} on {} has a fresh budget of {} attempts; it is {} now",
                body.name, body.host, body.attempts.budget, body.status
            )
        })
    }
}
