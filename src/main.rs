//! The `assured` program: deals with its command line, and runs the service if that says so.

use std::process::ExitCode;

use assured::cli::{self, Start};
use assured::exit::Exit;
use assured::service;

fn main() -> ExitCode {
    let exit = match cli::main(std::env::args_os()) {
        Start::Exit(exit) => exit,
        Start::Run(plan) => match service::run(&plan.settings, &plan.files) {
            Ok(()) => Exit::Done,
            Err(failure) => {
                eprintln!("assured: {failure}");
                failure.exit()
            }
        },
    };
    exit.into()
}
