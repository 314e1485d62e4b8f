//! Programs from PyPI, each list of them in an environment of its own below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs of an environment are, which is made where it is missing or was made for
/// other requirements.
pub fn environment(name: &str, requirements: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let wanted = std::fs::read_to_string(requirements).unwrap();
    // Written last: an environment without it was not finished.
    let made_for = folder.join("made-for.txt");
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return folder.join("bin");
    }
    finish(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    finish(Command::new(folder.join("bin/pip")).args(pip).arg(requirements));
    std::fs::write(made_for, wanted).unwrap();
    folder.join("bin")
}

/// A program of an environment's.
pub fn command(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    // Nothing is written beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command
}

fn finish(command: &mut Command) {
    let status = command.status().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(status.success(), "{command:?}: {status}");
}
