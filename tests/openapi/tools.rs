//! The programs that this test asks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::pypi;

/// Where the files beside this one are.
pub fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi"))
}

/// A program of `requirements.txt`.
pub fn program(name: &str) -> Command {
    static BIN: LazyLock<PathBuf> =
        LazyLock::new(|| pypi::environment("schemathesis", &here().join("requirements.txt")));
    pypi::command(&BIN, name)
}
