//! Stories that once went wrong, each a file in `regressions/`: the script, cut to what was needed.

use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::run::run;

/// Leaves a script as a file, and says where.
pub fn keep(seed: u64, plan: &Plan) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = dir.join(format!("{seed}.json"));
    let text = serde_json::to_string_pretty(plan).unwrap();
    std::fs::write(&path, text + "\n").unwrap();
    path.display().to_string()
}

fn all() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulate/regressions");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

#[test]
fn what_once_went_wrong_goes_well() {
    super::pace::quiet_panics();
    let files = all();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|path| wrong_again(path)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

fn wrong_again(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let plan: Plan = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let failure = run(&plan, None).failure?;
    println!("{}\n{}", path.display(), failure.text);
    Some(format!("{}: {}", path.display(), failure.laws.join(", ")))
}
