//! `assured completions`: what a shell needs to complete command lines.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::failure::Failure;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured completions bash")]
pub(super) struct Completions {
    /// Which shell; `make install` puts bash's, zsh's and fish's to the usual places
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(&self) -> Result<String, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "assured", &mut text);
        String::from_utf8(text)
            .map_err(|error| Failure::Failed(format!("the completions are no text: {error}")))
    }
}
