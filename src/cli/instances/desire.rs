//! `assured instances desire`.

use clap::Args;
use ureq::http::Method;

use super::{find, path};
use crate::cli::client::Ask;
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::words::word;
use crate::http::body::{DesiredChange, InstanceBody};
use crate::model::DesiredState;

/// Say what an instance is supposed to be
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances desire web-1 shutoff")]
pub(super) struct Desire {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
    /// What it is to be
    #[arg(value_parser = word(DesiredState::ALL, DesiredState::as_str))]
    state: DesiredState,
    /// Only if its desired state still has this generation
    #[arg(long, value_name = "NUMBER")]
    if_generation: Option<i64>,
}

impl Desire {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let path = format!("{}/desired", path(find(&client, &self.instance)?));
        let ask = Ask::new(Method::PUT, &path).if_match(self.if_generation);
        let set: InstanceBody = client.order_with(ask, &DesiredChange { state: self.state })?;
        context.show(&set, |set| {
            format!(
                "{} on {}: {} is desired (generation {}); it is {} now",
                set.name, set.host, set.desired.state, set.desired.generation, set.status
            )
        })
    }
}
