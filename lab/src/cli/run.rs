//! `assured-lab run`: the lab for as long as a command runs.

use super::Size;
use super::demo::Demo;
use super::signals::Signals;
use assured_lab::{LabError, Result};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

/// In a command's words, the place of the configuration file.
const CONFIG: &str = "{config}";

/// Brings the lab up, runs the command, and takes the lab down when the command has ended.
pub(crate) fn run(size: Size, words: &[OsString]) -> Result<ExitCode> {
    let mut signals = Signals::catch()?;
    let demo = Demo::start(size)?;
    let config = demo.config_path();
    demo.write_config(&config)?;
    demo.introduce(&service(words));
    let words = words.iter().map(|word| {
        let text = word.to_str().filter(|text| text.contains(CONFIG));
        text.map_or_else(
            || word.clone(),
            |text| text.replace(CONFIG, &config.to_string_lossy()).into(),
        )
    });
    // Should this program be killed, the command gets a SIGTERM: the lab is gone then, and the command would be nobody's.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).args(words);
    let mut child =
        command.spawn().map_err(|source| LabError::Spawn { program: "setpriv".into(), source })?;
    let status = signals.forward_until_end(&mut child)?;
    drop(demo);
    Ok(exit_code(status))
}

/// How the service's program is called, to be typed: as it was given, where the command is that.
fn service(words: &[OsString]) -> String {
    const NAME: &str = "assured";
    let given = words.first().map(Path::new).filter(|path| path.file_name() == Some(NAME.as_ref()));
    given.map_or_else(|| NAME.to_owned(), |path| path.display().to_string())
}

/// As shells have it: 128 and the signal's number for a command that a signal has ended.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
