//! Running a program with a time limit.
//!
//! A `virsh` that talks to a stopped daemon never ends by itself, and stopping daemons is what the lab is for.

use crate::error::{LabError, Result};
use std::io::{Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a command of the lab's own may take: ten times the longest that is normal, on a machine with two busy cores.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Runs a command to its end and gives what it printed; a failure and an overrun are errors that carry the command line.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<String> {
    run_with(command, "", limit)
}

/// The same, with a short text on its standard input; what is said there is in no error.
pub(crate) fn run_with(command: &mut Command, input: &str, limit: Duration) -> Result<String> {
    let line = describe(command);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .env("LC_ALL", "C")
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| LabError::Spawn { program: program.clone(), source })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A pipe takes a short text whole, and a program that does not read it says itself what it lacks.
        let _ = stdin.write_all(input.as_bytes());
    }
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let Some(status) =
        wait(&mut child, limit).map_err(|source| LabError::Spawn { program, source })?
    else {
        // The collectors are left to themselves: they end with the last process that holds the pipes.
        return Err(LabError::TimedOut { command: line, limit });
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    if status.success() {
        Ok(stdout)
    } else {
        Err(LabError::Failed { command: line, status, stderr: stderr.trim().to_owned() })
    }
}

/// Waits for a child's end; kills it and answers none when `limit` is over.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The command line as a person would type it.
fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Reads a pipe on a thread of its own, so that neither pipe can fill up while the other is read.
fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn text(collector: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&collector.join().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::{LIMIT, run};
    use crate::LabError;
    use std::process::Command;
    use std::time::Duration;

    #[test]
    fn output_comes_back() {
        assert_eq!(run(Command::new("echo").arg("hello"), LIMIT).unwrap(), "hello\n");
    }

    #[test]
    fn a_failure_carries_the_command_and_what_it_said() {
        let error = run(Command::new("ls").arg("/no/such/folder"), LIMIT).unwrap_err().to_string();
        assert!(
            error.contains("`ls /no/such/folder` failed") && error.contains("No such file"),
            "{error}"
        );
    }

    #[test]
    fn an_overrun_is_killed_and_named() {
        let error = run(Command::new("sleep").arg("60"), Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, LabError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn a_missing_program_says_what_installs_it() {
        let error = run(&mut Command::new("no-such-program"), LIMIT).unwrap_err().to_string();
        assert!(error.contains("install-packages.sh"), "{error}");
    }
}
