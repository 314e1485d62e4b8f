//! The programs from PyPI, in an environment of their own below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Where the files beside this one are.
pub fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi"))
}

/// A program of the environment, which is made where it is missing or was made for other versions.
pub fn program(name: &str) -> Command {
    static BIN: LazyLock<PathBuf> = LazyLock::new(environment);
    let mut command = Command::new(BIN.join(name));
    // Nothing is written beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command
}

fn environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let requirements = here().join("requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    // Written last: an environment without it was not finished.
    let made_for = folder.join("made-for.txt");
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return folder.join("bin");
    }
    finish(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    finish(Command::new(folder.join("bin/pip")).args(pip).arg(&requirements));
    std::fs::write(made_for, wanted).unwrap();
    folder.join("bin")
}

fn finish(command: &mut Command) {
    let status = command.status().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(status.success(), "{command:?}: {status}");
}
