//! `assured run`: reads the configuration, and hands it to whoever runs the service.

use std::path::PathBuf;

use clap::Args;

use super::common::Common;
use super::failure::Failure;
use crate::config::Settings;

/// Run the service
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured run --config /etc/assured/assured.toml")]
pub(super) struct Run {}

/// What the service is run with.
#[derive(Debug)]
pub struct RunPlan {
    /// The configuration.
    pub settings: Settings,
    /// The files that it was read from, to read it again; the default one if there are none.
    pub files: Vec<PathBuf>,
}

pub(super) fn prepare(common: &Common) -> Result<RunPlan, Failure> {
    Ok(RunPlan { settings: common.settings_to_use()?, files: common.config.clone() })
}
