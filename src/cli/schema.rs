//! `assured schema`: what a configuration can say, for editors.

use clap::Args;

use super::common::json;
use super::failure::Failure;
use crate::config;

/// Print the JSON schema of the configuration, for editors and programs
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured schema")]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn execute(&self) -> Result<String, Failure> {
        json(&config::schema())
    }
}
