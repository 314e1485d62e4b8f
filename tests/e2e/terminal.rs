//! What a person sees: a terminal of a known size, and pipes.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::rig::SOON;
use crate::site::{Site, run};
use assured_lab::ChildGuard;

/// A command on a terminal of its own, which `script` makes; what it draws is kept in a file.
struct Terminal<'a> {
    child: ChildGuard,
    site: &'a Site,
}

impl<'a> Terminal<'a> {
    /// Starts the program with these words on a terminal of so many columns and lines.
    fn start(site: &'a Site, words: &str, (columns, lines): (u16, u16)) -> Self {
        let program = env!("CARGO_BIN_EXE_assured");
        // Ctrl-C reaches the shell too, which has something left to say afterwards. Not every shell
        // goes on by itself when its command has ended well.
        let line = format!(
            "trap : INT; stty cols {columns} rows {lines}; {program} {words} --config {}; \
             echo ended as $?",
            site.config().display()
        );
        let mut script = Command::new("setpriv");
        script.args(["--pdeathsig", "KILL", "--", "script", "-qfc", &line]);
        script.arg(site.folder().join("screen")).env_remove("NO_COLOR").env("TERM", "xterm");
        // The one of every machine, and not whatever whoever runs this likes.
        script.env("SHELL", "/bin/sh");
        let child = script.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        Self { child: child.into(), site }
    }

    /// What was drawn so far.
    fn drawn(&self) -> String {
        let bytes = std::fs::read(self.site.folder().join("screen")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until something is drawn after so many bytes of it.
    #[track_caller]
    fn until(&self, after: usize, part: &str) -> usize {
        let there = || self.drawn().get(after..).and_then(|new| new.find(part));
        let waited = assured_lab::wait_until(SOON, format!("{part:?}"), || there().is_some());
        waited.unwrap_or_else(|error| panic!("{error}\n{:?}", self.drawn()));
        after + there().unwrap() + part.len()
    }

    /// Presses Ctrl-C.
    fn interrupt(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    }
}

#[test]
fn a_watched_service_may_go_and_come_back_and_ctrl_c_leaves_the_last_picture() {
    let site = Site::new(&[]);
    let service = site.start();
    let mut terminal = Terminal::start(&site, "status --watch --interval 500ms", (60, 20));
    let first = terminal.until(0, "ready");
    // Drawn over itself: back to its first line.
    let second = terminal.until(first, "A\x1b[1massured");
    service.kill();
    let gone = terminal.until(second, "no answer since");
    let gone = terminal.until(gone, "As it was at");
    let _service = site.start();
    let back = terminal.until(gone, "\r\x1b[");
    let back = terminal.until(back, "ready");
    terminal.interrupt();
    let end = terminal.until(back, "\r\x1b[K");
    terminal.until(end, "ended as 0");
    let drawn = terminal.drawn();
    for never in ["\x1b[?1049h", "\x1b[?25l", "panicked"] {
        assert!(!drawn.contains(never), "{never:?} in {drawn:?}");
    }
}

#[test]
fn a_picture_follows_what_happens_without_waiting_for_its_turn() {
    let site = Site::new(&[]);
    let service = site.start();
    let terminal = Terminal::start(&site, "status --watch --interval 1h", (80, 20));
    let first = terminal.until(0, "actors");
    // The stream may be open only after the first picture.
    let again = || {
        service.as_operator("POST", "/api/v1/reload", &serde_json::json!({}), &[]);
        terminal.drawn()[first..].contains("ready")
    };
    service.until("another picture", again);
}

#[test]
fn in_a_pipe_each_answer_follows_the_one_before() {
    let site = Site::new(&[]);
    let _service = site.start();
    let mut shell = Command::new("bash");
    let program = env!("CARGO_BIN_EXE_assured");
    let config = site.config();
    shell.args([
        "-c",
        "set -o pipefail; \"$0\" status --watch --interval 500ms --config \"$1\" | grep -m 3 ready",
    ]);
    let said = run(shell.arg(program).arg(&config));
    let out = said.done();
    assert_eq!(out.matches("✓ ready").count(), 3, "{out}");
    assert!(!out.contains('\x1b'), "{out:?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let site = Site::new(&[]);
    for words in ["schema", "check", "man", "completions bash", "--help"] {
        let mut shell = Command::new("bash");
        let line = format!("set -o pipefail; \"$0\" {words} --config \"$1\" | true");
        let line = if words == "--help" { line.replace("--config \"$1\"", "") } else { line };
        let said =
            run(shell.args(["-c", &line]).arg(env!("CARGO_BIN_EXE_assured")).arg(site.config()));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{words}: {said:?}");
    }
}

#[test]
fn colours_come_and_go_as_they_are_asked_for() {
    let site = Site::new(&[]);
    let check = |variables: &[(&str, &str)]| {
        let mut command = site.program(&["check"]);
        run(command.env_remove("NO_COLOR").envs(variables.iter().copied())).done().contains('\x1b')
    };
    assert!(!check(&[]));
    assert!(check(&[("CLICOLOR_FORCE", "1")]));
    assert!(!check(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}
