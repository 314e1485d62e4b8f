//! `assured explain`: what the policy says, from the configuration; no service is asked.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::common::Context;
use super::failure::Failure;
use crate::http::body::Explained;
use crate::model::{Condition, DesiredState, State};

/// Say which rule applies, what is done, when and how often
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured explain --desired running --observed shutoff/crashed")]
pub(super) struct Explain {
    /// What the instance is supposed to be
    #[arg(long, value_name = "STATE", value_parser = desired_state())]
    desired: DesiredState,
    /// What it is seen in: a state, or a state and its reason
    #[arg(long, value_name = "STATE[/REASON]", value_parser = condition)]
    observed: Condition,
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
        context.show(&Explained::new(table, self.desired, self.observed), |said| said.text.clone())
    }
}

/// Reads a desired state, and shows which there are.
pub(super) fn desired_state() -> impl TypedValueParser<Value = DesiredState> {
    PossibleValuesParser::new(DesiredState::ALL.iter().map(|state| state.as_str()))
        .try_map(|word| word.parse::<DesiredState>())
}

/// Reads a condition; a state alone is its reason `unknown`.
fn condition(text: &str) -> Result<Condition, crate::model::UnknownWord> {
    if text.contains('/') {
        text.parse()
    } else {
        text.parse::<State>().map(|state| Condition::new(state, "unknown"))
    }
}
