//! The document as a document.

use std::fs;
use std::process::Command;

use crate::tools::program;

#[test]
fn the_document_that_the_program_prints_is_openapi_3_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    let printed = Command::new(env!("CARGO_BIN_EXE_assured")).arg("openapi").output().unwrap();
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    fs::write(&file, &printed.stdout).unwrap();
    let checked = program("openapi-spec-validator").args(["--schema", "3.1"]).arg(&file).output();
    let checked = checked.unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
}
