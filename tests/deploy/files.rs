//! The files that are looked at, as data, and the programs that are asked about them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::pypi;

/// A file of this project's, by its path from the top.
pub fn of_project(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Its text.
pub fn text(path: &str) -> String {
    let path = of_project(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// YAML or a Dockerfile as data.
pub fn data(path: &str) -> Value {
    let script = of_project("tests/deploy/as_json.py");
    let printed = said(pypi_program("python").arg(script).arg(of_project(path)));
    serde_json::from_str(&printed).unwrap()
}

/// A program of `requirements.txt`.
pub fn pypi_program(name: &str) -> Command {
    static BIN: LazyLock<PathBuf> =
        LazyLock::new(|| pypi::environment("deploy", &of_project("tests/deploy/requirements.txt")));
    pypi::command(&BIN, name)
}

/// What a program says that has to end well; all that it said, where it does not.
pub fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// Runs a program that is installed, in a folder.
pub fn run_in(folder: &Path, program: &str, args: &[&str]) -> String {
    said(Command::new(program).args(args.iter().map(OsStr::new)).current_dir(folder))
}

/// The texts of a list.
pub fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap()).collect()
}

/// The keys and values of a mapping; nothing of what is not there.
pub fn entries(mapping: &Value) -> impl Iterator<Item = (&str, &Value)> {
    mapping.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}
