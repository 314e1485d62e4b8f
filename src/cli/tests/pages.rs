//! What is made for shells, for `man` and for readers, judged by those that it is for.

use std::fmt::Write as _;
use std::io::Write;
use std::process::{Command, Stdio};

use clap::CommandFactory;

use super::run;
use crate::cli::Cli;
use crate::cli::man::{EXITS, help, leaves, meaning, own_arguments, written};

/// Gives a text to a program; what that says, and whether it is content.
fn told(program: &str, arguments: &[&str], text: &str) -> (bool, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{program}: {why}; `make packages` installs it"));
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    let words = [said.stdout, said.stderr].concat();
    (said.status.success(), String::from_utf8_lossy(&words).into_owned())
}

#[test]
fn nobody_has_anything_against_the_manual_page() {
    let page = run(&["man"]).done();
    let (good, said) = told("mandoc", &["-T", "lint", "-W", "warning"], &page);
    assert!(good && said.is_empty(), "{said}");
    for words in ["78", "ASSURED__SECTION__KEY", "SIGHUP", "operator.token"] {
        assert!(page.contains(words), "{words} is not on the page");
    }
    for (path, command) in leaves(&Cli::command()) {
        assert!(page.contains(&format!(".SS \"{path}\"")), "{path} is not on the page");
        for argument in own_arguments(&command).filter_map(clap::Arg::get_long) {
            let option = format!("\\-\\-{}", argument.replace('-', "\\-"));
            assert!(page.contains(&option), "{path} {option} is not on the page");
        }
    }
}

#[test]
fn bash_completes_command_lines() {
    let script = run(&["completions", "bash"]).done();
    let ask = "set -u; source /dev/stdin; COMP_WORDS=(assured instances des); COMP_CWORD=2; \
               _assured assured des instances; echo \"${COMPREPLY[@]}\"";
    let (good, said) = told("bash", &["--norc", "-c", ask], &script);
    assert_eq!((good, said.trim()), (true, "desire"));
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).done().contains("desire"), "{shell}");
    }
    run(&["completions", "dash"]).failed(64, &["dash", "bash"]);
}

const HEAD: &str = "\
# The command line

`assured run` is the service. The other commands ask a running one by its HTTP API, or work on the configuration and the database
without one. `assured help COMMAND` and `man assured` say the same as this page; `assured completions bash` (zsh, fish, elvish,
powershell) prints what a shell needs to complete command lines. `make install` puts both where they are looked for.

## What all commands have in common

COMMON

The service is looked for where `--url` says, or else where the configuration has it listen. The token is the one in `--token-file`,
or else `operator.token` in the service's data directory, which is sent to this machine only.

Output is for people, or with `-o json` for programs: every command that reads from the API prints what that gives. On a terminal
tables have colours (`NO_COLOR`, `CLICOLOR=0` and `CLICOLOR_FORCE=1` are heeded) and fit its width: first prose is cut, with `…`, then
columns are left out, the least important first. Names are never cut. In files and pipes everything is whole. What a name or a
reason has in it that a terminal would not show but do is written out: `\\u{1b}`.

With `--watch` an answer is drawn anew in its place whenever the service writes an event, and after `--interval` at the latest; a service
that is away is said to be so, since when, and asked until it is back. In a pipe each answer follows the one before, and what is
wrong goes to standard error. Ctrl-C ends it, and leaves the last picture.

Exit codes:

| code | |
|---|---|
EXITS
A command that fails says on standard error what is wrong, and what to do about it.

This page is made from the program: `make docs`.
";

#[test]
fn the_page_of_the_command_line_is_up_to_date() {
    let mut command = Cli::command();
    command.build();
    let mut exits = String::new();
    for exit in EXITS {
        writeln!(exits, "| {} | {} |", exit.code(), meaning(*exit)).unwrap();
    }
    let common = table(command.get_arguments().filter(|argument| argument.is_global_set()));
    let mut page = HEAD.replace("EXITS\n", &format!("{exits}\n")).replace("COMMON\n", &common);
    for (path, command) in leaves(&command) {
        let about = command.get_about().unwrap().to_string();
        write!(page, "\n## `{path}`\n\n{about}.\n\n").unwrap();
        let help = command.get_after_help().unwrap().to_string();
        let example = help.rsplit_once("Example:\n").unwrap().1;
        write!(page, "```sh\n{}\n```\n", example.trim()).unwrap();
        let own = table(own_arguments(&command));
        if !own.is_empty() {
            write!(page, "\n{own}").unwrap();
        }
    }
    crate::config::up_to_date("docs/cli.md", &page);
}

/// Arguments, a line each.
fn table<'a>(arguments: impl Iterator<Item = &'a clap::Arg>) -> String {
    let mut table = String::new();
    for argument in arguments {
        if table.is_empty() {
            table.push_str("| | |\n|---|---|\n");
        }
        let name = written(argument).replace('|', "\\|");
        writeln!(table, "| `{name}` | {}. |", help(argument).replace('|', "\\|")).unwrap();
    }
    table
}
