//! The C program beside this: compiled, run, and talked to.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long anything that is awaited from a process may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The compiled program.
pub(crate) struct Floor(PathBuf);

/// What rounds of looks have cost, in ns of CPU.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) looks: u64,
    pub(crate) client: u64,
    pub(crate) daemon: u64,
}

impl Floor {
    /// Compiles it into the target directory.
    pub(crate) fn compile() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/floor.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("floor");
        let flags = output(Command::new("pkg-config").args(["--cflags", "--libs", "libvirt"]));
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(source);
        output(cc.args(flags.split_whitespace()));
        Self(program)
    }

    /// Rounds of one call for all domains, with a pause before each.
    pub(crate) fn bulk(&self, uri: &str, daemon: i32, rounds: u32, pause: Duration) -> Cost {
        let pause = pause.as_millis().to_string();
        self.cost(&["bulk", uri, &daemon.to_string(), &rounds.to_string(), &pause])
    }

    /// Rounds of a call for each domain.
    pub(crate) fn single(&self, uri: &str, daemon: i32, rounds: u32) -> Cost {
        self.cost(&["single", uri, &daemon.to_string(), &rounds.to_string()])
    }

    /// The CPU time of processes so far, in ns, of ended threads too.
    pub(crate) fn cpu<const N: usize>(&self, pids: [i32; N]) -> [u64; N] {
        let text = output(Command::new(&self.0).arg("cpu").args(pids.map(|pid| pid.to_string())));
        let times: Vec<u64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        times.try_into().unwrap()
    }

    /// Runs it beside this program.
    pub(crate) fn beside(&self, words: &[&str]) -> Talk {
        let talk = Talk::start(Command::new(&self.0).args(words));
        assert_eq!(talk.line(), "ready");
        talk
    }

    fn cost(&self, words: &[&str]) -> Cost {
        let text = output(Command::new(&self.0).args(words));
        let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let [looks, client, daemon] = numbers[..] else { panic!("not three numbers: {text}") };
        Cost { looks, client, daemon }
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.looks += other.looks;
        self.client += other.client;
        self.daemon += other.daemon;
    }
}

/// A process that is told lines and tells lines. It ends when this is dropped.
pub(crate) struct Talk {
    process: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Talk {
    fn start(command: &mut Command) -> Self {
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, stdin, lines: lines_of(stdout) }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").expect("it listens");
    }

    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it answers in time")
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines of a pipe, read on a thread of its own.
pub(crate) fn lines_of(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What a command prints; it must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().expect("it can be run");
    assert!(output.status.success(), "{command:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
