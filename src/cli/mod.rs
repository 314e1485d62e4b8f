//! The command line: one file for each subcommand.
//!
//! A command works out a text for standard output, or a [`Failure`] with its exit code; only
//! [`start`] writes. Commands about a running service ask its HTTP interface; `check`, `explain`,
//! `notify` and `db` work without one, from the configuration, and `simulate` plays one in a world of its own.
//!
//! Not in here: SQL, libvirt, and running the service: `run` is handed back to `main`, with the
//! configuration that was read for it.

mod check;
mod client;
mod common;
mod completions;
mod db;
mod events;
mod explain;
mod failure;
mod hosts;
mod incidents;
mod instances;
mod man;
mod matrix;
mod notify;
mod openapi;
mod paint;
mod run;
mod schema;
mod screen;
mod similar;
mod simulate;
mod status;
#[cfg(test)]
mod tests;
mod time;
mod token;
mod trust;
mod visible;
mod watch;
mod words;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::{Parser, Subcommand};

pub use crate::exit::Exit;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use check::checked;
pub use failure::Failure;
pub use run::RunPlan;
pub use screen::Screen;

use common::{Common, Context};

/// Keeps libvirt virtual machines in the state they are supposed to be in.
#[derive(Debug, Parser)]
#[command(
    name = "assured",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed, 64 usage, 69 service unreachable, 70 supervision \
                  gave up, 74 database unusable, 78 configuration error.\n\n\
                  Example:\n  assured status --watch"
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Check(check::Check),
    Explain(explain::Explain),
    Status(status::StatusCommand),
    Instances(instances::Instances),
    Hosts(hosts::Hosts),
    Incidents(incidents::Incidents),
    Events(events::Events),
    Token(token::Token),
    Db(db::Db),
    Notify(notify::Notify),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    Simulate(simulate::Simulate),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// What is left to do after the command line was dealt with.
#[derive(Debug)]
pub enum Start {
    /// The service is to be run.
    Run(Box<RunPlan>),
    /// It is done: the process ends so.
    Exit(Exit),
}

/// Where a command writes, and how wide that is.
pub struct Terminal<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// What standard output can show.
    pub screen: Screen,
}

/// Deals with a command line, the program's name first, on the process's own output.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Start {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let screen = Screen::of_process(out.is_terminal());
    start(arguments, &mut Terminal { out: &mut out, err: &mut err, screen })
}

/// Deals with a command line, the program's name first.
pub fn start(arguments: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> Start {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return Start::Exit(say(&error, terminal)),
    };
    if let Command::Run(_) = cli.command {
        return match run::prepare(&cli.common) {
            Ok(plan) => Start::Run(Box::new(plan)),
            Err(failure) => Start::Exit(complain(&failure, terminal)),
        };
    }
    let context = Context::new(&cli.common, terminal.screen);
    let done = cli.command.execute(&context, terminal.out);
    Start::Exit(match done {
        Ok(exit) => exit,
        Err(failure) => complain(&failure, terminal),
    })
}

impl Command {
    fn execute(&self, context: &Context<'_>, out: &mut dyn Write) -> Result<Exit, Failure> {
        let text = match self {
            // Handed back to `main` before anything is executed.
            Self::Run(_) => String::new(),
            Self::Check(check) => {
                let (text, exit) = check.execute(context)?;
                write(out, &text)?;
                return Ok(exit);
            }
            Self::Explain(explain) => explain.execute(context)?,
            Self::Status(status) => return status.execute(context, out),
            Self::Instances(instances) => return instances.execute(context, out),
            Self::Hosts(hosts) => return hosts.execute(context, out),
            Self::Incidents(incidents) => return incidents.execute(context, out),
            Self::Events(events) => return events.execute(context, out),
            Self::Token(token) => token.execute(context)?,
            Self::Db(db) => db.execute(context)?,
            Self::Notify(notify) => return notify.execute(context, out),
            Self::OpenApi(openapi) => openapi.execute(),
            Self::Simulate(simulate) => return simulate.execute(context, out),
            Self::Schema(schema) => schema.execute()?,
            Self::Completions(completions) => completions.execute()?,
            Self::Man(man) => man.execute()?,
        };
        write(out, &text)?;
        Ok(Exit::Done)
    }
}

/// Writes what was worked out, and is done.
fn done(out: &mut dyn Write, text: &str) -> Result<Exit, Failure> {
    write(out, text)?;
    Ok(Exit::Done)
}

/// Writes what was worked out. A reader that has seen enough, as `head` has, is no failure.
fn write(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let written = write!(out, "{text}{end}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("writing the output failed: {error}")))
        }
        Err(_) | Ok(()) => Ok(()),
    }
}

/// What clap has to say: help and the version are no errors.
fn say(error: &clap::Error, terminal: &mut Terminal<'_>) -> Exit {
    let text = match terminal.screen.paint {
        paint::Paint::Colour => error.render().ansi().to_string(),
        paint::Paint::Plain => error.render().to_string(),
    };
    // Nothing can be done about an output that is closed.
    let _ = if error.use_stderr() {
        write!(terminal.err, "{text}")
    } else {
        write!(terminal.out, "{text}")
    };
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn complain(failure: &Failure, terminal: &mut Terminal<'_>) -> Exit {
    let said = visible::visible_lines(&failure.to_string());
    let _ = writeln!(terminal.err, "assured: {said}");
    failure.exit()
}
