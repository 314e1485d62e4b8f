//! `assured-lab`: the lab for people. Brings hosts with guests up, runs a command beside them, and takes everything down.

#![allow(clippy::disallowed_methods)]
#![forbid(unsafe_code)]

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::Arguments::parse().carry_out().unwrap_or_else(|error| {
        let mut text = format!("assured-lab: {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            text += &format!(": {next}");
            cause = next.source();
        }
        eprintln!("{text}");
        ExitCode::FAILURE
    })
}
