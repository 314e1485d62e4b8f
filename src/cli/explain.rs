//! `assured explain`: what the policy says, from the configuration; no service is asked.

use clap::Args;

use super::common::Context;
use super::failure::Failure;
use super::words::word;
use crate::http::body::{Asked, Explained};
use crate::model::DesiredState;

/// Say which rule applies, what is done, when and how often
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured explain --desired running --observed shutoff/crashed")]
pub(super) struct Explain {
    /// What the instance is supposed to be
    #[arg(long, value_name = "STATE", value_parser = word(DesiredState::ALL, DesiredState::as_str))]
    desired: DesiredState,
    /// What it is seen in: a state and its reason, or a state, which is read as its reason unknown
    #[arg(long, value_name = "STATE[/REASON]")]
    observed: Asked,
    /// The policy
    #[arg(long, value_name = "NAME", default_value = "default")]
    policy: String,
}

impl Explain {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let policies = context.common.settings()?.policies;
        let Some(table) = policies.get(&self.policy) else {
            let known: Vec<_> = policies.iter().map(|(name, _)| name).collect();
            return Err(Failure::Failed(format!(
                "no policy `{}` is configured; there are: {}",
                self.policy,
                known.join(", ")
            )));
        };
        context.tell(&Explained::new(table, self.desired, self.observed), |said| said.text.clone())
    }
}
