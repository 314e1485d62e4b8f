//! Which command lines are understood.

use clap::{CommandFactory, Parser};

use super::{Files, run};
use crate::cli::{Cli, Screen, Start, Terminal, start};

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

/// Goes through all commands.
fn each(command: &clap::Command, path: &[&str], check: &mut impl FnMut(&clap::Command, &[&str])) {
    check(command, path);
    for below in command.get_subcommands() {
        let mut path = path.to_vec();
        path.push(below.get_name());
        each(below, &path, check);
    }
}

#[test]
fn each_command_has_help_with_an_example_that_is_understood() {
    each(&Cli::command(), &[], &mut |command, path| {
        let mut arguments = path.to_vec();
        arguments.push("--help");
        let help = run(&arguments).done();
        let example = help.rsplit_once("Example:\n").unwrap_or_else(|| panic!("{path:?}")).1;
        Cli::try_parse_from(example.split_whitespace()).unwrap_or_else(|why| panic!("{why}"));
        assert!(command.get_about().is_some(), "{path:?}");
    });
}

#[test]
fn what_comes_later_is_not_offered() {
    let mut all = Vec::new();
    each(&Cli::command(), &[], &mut |_, path| all.push(path.join(" ")));
    assert_eq!(
        all[1..],
        [
            "run",
            "check",
            "explain",
            "status",
            "instances",
            "instances list",
            "instances show",
            "instances add",
            "instances desire",
            "instances hold",
            "instances release",
            "instances retry",
            "instances move",
            "instances forget",
            "hosts",
            "hosts list",
            "hosts show",
            "hosts adopt",
            "hosts maintenance",
            "hosts resume",
            "incidents",
            "incidents list",
            "incidents show",
            "events",
            "token",
            "db",
            "db migrate",
            "db backup",
            "db copy",
            "db check",
            "notify",
            "notify test",
            "openapi",
            "simulate",
            "schema",
            "completions",
            "man",
        ]
    );
}

#[test]
fn what_is_not_understood_is_a_usage_error() {
    for arguments in [
        &[][..],
        &["dance"],
        &["status", "--colour"],
        &["instances"],
        &["instances", "desire", "web-1"],
        &["instances", "desire", "web-1", "crashed"],
        &["instances", "list", "--limit", "0"],
        &["instances", "list", "--status", "in_sync,fine"],
        &["instances", "list", "--desired", "on"],
        &["instances", "list", "--observed", "shutoff/none"],
        &["instances", "list", "--sort", "age"],
        &["instances", "hold", "web-1"],
        &["instances", "hold", "web-1", "--for", "10m"],
        &["instances", "hold", "web-1", "--reason", "x"],
        &["instances", "hold", "web-1", "--for", "10", "--reason", "x"],
        &["instances", "hold", "web-1", "--for", "31d", "--reason", "x"],
        &["status", "--interval", "5s"],
        &["status", "--watch", "--interval", "1ms"],
        &["instances", "release"],
        &["hosts", "maintenance", "kvm-1"],
        &["hosts", "maintenance", "--reason", "x"],
        &["hosts", "resume"],
        &["hosts", "resume", "kvm-1", "--reason", "x"],
        &["explain", "--desired", "running"],
        &["explain", "--desired", "running", "--observed", "shutoff/none"],
        &["incidents", "show", "x"],
        &["incidents", "list", "--since", "yesterday"],
        &["db", "backup"],
        &["status", "-o", "xml"],
        &["status", "--url", "ftp://127.0.0.1:8420"],
        &["status", "--url", "nonsense"],
        &["hosts", "show", "../status", "--url", "http://127.0.0.1:9"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}: {}{}", ran.out, ran.err);
    }
    assert!(run(&["--version"]).done().starts_with("assured "));
}

#[test]
fn run_is_handed_back_with_its_configuration() {
    let files = Files::with("[http]\nlisten = \"127.0.0.1:9000\"\n");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal { out: &mut out, err: &mut err, screen: Screen::PLAIN };
    let line = ["assured", "run", "--config", &files.config].map(Into::into);
    let Start::Run(plan) = start(line, &mut terminal) else { panic!("it is not run") };
    assert_eq!(plan.settings.http.listen.port(), 9000);
    assert_eq!(plan.files, [std::path::PathBuf::from(&files.config)]);
    let wrong = Files::with("[http]\nlisten = \"nowhere\"\n[poll]\nspeed = 1\n");
    wrong.run(&["run"]).failed(78, &["2 errors", "http.listen", "poll.speed", "assured.toml"]);
}
