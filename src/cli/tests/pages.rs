//! What is made for shells, for `man` and for readers, judged by those that it is for.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory;

use super::run;
use crate::cli::Cli;
use crate::cli::man::{leaves, own_arguments, written};

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
    let read = told("mandoc", &["-T", "ascii"], &page).1.replace('\u{8}', "");
    for words in ["78", "ASSURED__SECTION__KEY", "SIGHUP", "operator.token"] {
        assert!(read.contains(words), "{words} is not on the page");
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
