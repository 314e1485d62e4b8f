//! `assured man`: the manual page, in roff.
//!
//! What commands and options there are comes from the definition of the command line; what is said
//! besides (exit codes, files, variables, signals) stands here.

use std::io;

use clap::{Arg, Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::Cli;
use super::failure::Failure;
use crate::exit::Exit;

/// Print the manual page, in roff
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured man")]
pub(super) struct Man {}

impl Man {
    pub(super) fn execute(&self) -> Result<String, Failure> {
        let wrong = |error| Failure::Failed(format!("the page cannot be made: {error}"));
        let mut text = Vec::new();
        write(&mut text).map_err(wrong)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn write(out: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let source = format!("assured {}", env!("CARGO_PKG_VERSION"));
    let page = Page::new(command.clone()).title("ASSURED").date(CHANGED).source(source);
    let page = page.manual("User Commands");
    page.render_title(out)?;
    page.render_name_section(out)?;
    let mut roff = Roff::new();
    section(&mut roff, "SYNOPSIS");
    roff.text([bold("assured"), roman(" ["), italic("OPTION"), roman("]... ")]);
    roff.text([italic("COMMAND"), roman(" ["), italic("ARGUMENT"), roman("]...")]);
    section(&mut roff, "DESCRIPTION");
    for (place, text) in DESCRIPTION.iter().enumerate() {
        if place > 0 {
            roff.control("PP", []);
        }
        prose(&mut roff, text);
    }
    section(&mut roff, "COMMON OPTIONS");
    for argument in command.get_arguments().filter(|argument| argument.is_global_set()) {
        option(&mut roff, argument);
    }
    section(&mut roff, "COMMANDS");
    for (path, command) in leaves(&command) {
        subsection(&mut roff, &path, &command);
    }
    section(&mut roff, "EXIT STATUS");
    for exit in EXITS {
        item(&mut roff, &exit.code().to_string(), meaning(*exit));
    }
    for (title, items) in [("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT), ("SIGNALS", SIGNALS)] {
        section(&mut roff, title);
        for (name, text) in items {
            item(&mut roff, name, text);
        }
    }
    section(&mut roff, "EXAMPLES");
    for (line, text) in EXAMPLES {
        item(&mut roff, line, text);
    }
    section(&mut roff, "SEE ALSO");
    prose(&mut roff, "virsh(1), libvirtd(8), systemctl(1)");
    roff.to_writer(out)
}

/// The commands that do something, each with its whole name, in their order.
pub(super) fn leaves(command: &Command) -> Vec<(String, Command)> {
    fn walk(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        let path = format!("{path} {}", command.get_name());
        let mut below = command.get_subcommands().filter(|c| c.get_name() != "help").peekable();
        if below.peek().is_none() {
            found.push((path.trim_start().to_owned(), command.clone()));
        }
        below.for_each(|command| walk(command, &path, found));
    }
    let mut found = Vec::new();
    walk(command, "", &mut found);
    found
}

/// The options of a command that are its own.
pub(super) fn own_arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| {
        !argument.is_global_set() && !matches!(argument.get_id().as_str(), "help" | "version")
    })
}

/// How an argument is written: `-n, --limit COUNT`, or `HOST`.
pub(super) fn written(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let values = argument.get_value_names().unwrap_or_default();
    let values: Vec<&str> = values.iter().map(|name| name.as_str()).collect();
    let takes = argument.get_action().takes_values();
    match (names.is_empty(), takes) {
        (true, _) if values.is_empty() => argument.get_id().as_str().to_uppercase(),
        (true, _) => values.join(" "),
        (false, false) => names.join(", "),
        (false, true) => format!("{} {}", names.join(", "), values.join(" ")),
    }
}

fn section(roff: &mut Roff, title: &str) {
    roff.control("SH", [title]);
}

fn subsection(roff: &mut Roff, path: &str, command: &Command) {
    roff.control("SS", [path]);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    prose(roff, &format!("{about}."));
    for argument in own_arguments(command) {
        option(roff, argument);
    }
}

fn option(roff: &mut Roff, argument: &Arg) {
    roff.control("TP", []);
    roff.text([bold(written(argument))]);
    prose(roff, &format!("{}.", help(argument)));
}

/// What an argument is for, with the words that it can be and what it is where it is not given.
pub(super) fn help(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    if !argument.get_action().takes_values() {
        return help;
    }
    let words = argument.get_possible_values();
    let words: Vec<_> = words.iter().map(clap::builder::PossibleValue::get_name).collect();
    let values = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let values: Vec<_> = values.collect();
    let mut text = help.clone();
    if !words.is_empty() && !words.iter().all(|word| help.contains(word)) {
        text = format!("{text}: {}", words.join(", "));
    }
    if !values.is_empty() && !help.contains("Default") {
        text = format!("{text}. Default: {}", values.join(" "));
    }
    text
}

fn item(roff: &mut Roff, name: &str, text: &str) {
    roff.control("TP", []);
    roff.text([italic(name)]);
    prose(roff, text);
}

/// A text in lines that are short enough for whoever reads the source.
fn prose(roff: &mut Roff, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.len() + word.len() > 75 {
            roff.text([roman(std::mem::take(&mut line))]);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    roff.text([roman(line)]);
}

/// When the page was changed last by more than what is made from the command line.
const CHANGED: &str = "2026-11-23";

const DESCRIPTION: &[&str] = &[
    "assured keeps libvirt virtual machines in the state they are supposed to be in. It asks each \
     machine's hypervisor for its state, every few seconds and whenever libvirt reports an event, \
     compares that with what is stored, and decides by a policy whether to bring the machine back \
     or to correct the record.",
    "`assured run` is the service. The other commands ask a running one by its HTTP interface, or \
     work on the configuration and the database without one.",
];

pub(super) const EXITS: &[Exit] = &[
    Exit::Done,
    Exit::Failed,
    Exit::Usage,
    Exit::Unreachable,
    Exit::GaveUp,
    Exit::Database,
    Exit::Config,
];

pub(super) const fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "It is done.",
        Exit::Failed => "It was refused, or did not work.",
        Exit::Usage => "The command line cannot be understood.",
        Exit::Unreachable => "The service cannot be reached.",
        Exit::GaveUp => "Supervision gave up; the service manager is to start the service again.",
        Exit::Database => "The database cannot be used, is damaged, or another process has it.",
        Exit::Config => "The configuration is wrong; each error is named with its file and key.",
    }
}

const FILES: &[(&str, &str)] = &[
    (
        crate::config::DEFAULT_FILE,
        "The configuration, where no --config names another. Its keys: `assured schema`.",
    ),
    ("/var/lib/assured", "The service's files, unless service.data_dir says otherwise."),
    ("/var/lib/assured/assured.db", "The database, unless database.url says otherwise."),
    (
        "/var/lib/assured/operator.token",
        "The token of this machine's operator. The service makes it at its first start, and \
         commands on this machine find it by themselves.",
    ),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "ASSURED__SECTION__KEY",
        "A key of the configuration, over all files: ASSURED__POLL__INTERVAL=5s is interval in the \
         section poll.",
    ),
    ("NO_COLOR", "If it is set and not empty, there are no colours."),
    (
        "CLICOLOR_FORCE",
        "If it is set, not empty and not 0, there are colours in files and pipes too, unless \
         NO_COLOR forbids them.",
    ),
    ("CLICOLOR, TERM", "If CLICOLOR is 0 or TERM is dumb, there are none either."),
];

const SIGNALS: &[(&str, &str)] = &[
    ("SIGHUP", "The service reads its configuration again. A bad one changes nothing."),
    (
        "SIGTERM, SIGINT",
        "The service ends when the actions that are under way have ended, or after \
         service.shutdown_grace. SIGINT ends --watch and --follow.",
    ),
];

const EXAMPLES: &[(&str, &str)] = &[
    ("assured check --config assured.toml", "Read a configuration, and show what it comes to."),
    ("assured hosts adopt kvm-1", "Make instances of all domains of a host, as they are now."),
    ("assured status --watch", "Watch the service until Ctrl-C."),
    (
        "assured instances list --status given_up -o json",
        "Ask by a program for what needs somebody.",
    ),
    (
        "assured explain --desired running --observed shutoff/crashed",
        "Ask what the policy does about something.",
    ),
];
