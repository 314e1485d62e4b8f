//! What reads input from outside, as functions for the fuzz targets in `fuzz/` (`docs/fuzzing.md`).
//!
//! Each takes any bytes, and panics where the service would, or where a rule does not hold that its
//! comment names. Only in tests and with the feature `fuzz`, which no release has.

use std::path::PathBuf;

use serde_json::json;
use url::Url;

pub use crate::http::fuzz::{bearer, body, headers, names, query};

use crate::cli::checked;
use crate::config::{self, Errors, Settings, Text};
use crate::http::OperatorToken;
use crate::hypervisor::fuzz::{condition, for_libvirt, lifecycle, on_crash};
use crate::hypervisor::{check_uri, redact};
use crate::scenario::Scenario;

/// What a target does with any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name that it has in `fuzz/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("bearer", bearer),
    ("body", body),
    ("codes", codes),
    ("config", config),
    ("definition", definition),
    ("environment", environment),
    ("headers", headers),
    ("names", names),
    ("query", query),
    ("scenario", scenario),
    ("token", token),
    ("uri", uri),
];

/// A configuration's text. What is accepted can be shown, and written anew it says the same.
pub fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let read =
        |toml: String| config::load_under(&[], Text { name: "assured.toml".to_owned(), toml });
    let Some(settings) = told(read(text.to_owned())) else { return };
    assert!(!checked(&settings).is_empty(), "`assured check` shows it");
    let table: toml::Table = text.parse().unwrap_or_else(|why| panic!("it was TOML: {why}"));
    let again = read(table.to_string()).unwrap_or_else(|why| panic!("{why}\n{table}"));
    assert!(settings == again, "written anew it says something else:\n{table}");
}

/// What the environment says, `NAME=VALUE` on each line.
pub fn environment(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let variables = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
    told(config::load(&[PathBuf::from("/dev/null")], variables));
}

/// A scenario's text. What is wrong with it is told.
pub fn scenario(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Err(mistakes) = Scenario::parse("fuzz.toml", text) {
        assert!(!mistakes.0.is_empty(), "refused without a word");
        assert!(mistakes.to_string().lines().count() >= mistakes.0.len());
    }
}

/// The definition of a domain, as libvirt has it.
pub fn definition(bytes: &[u8]) {
    on_crash(&String::from_utf8_lossy(bytes));
}

/// libvirt's numbers: of a state and its reason, or of an event and its detail.
pub fn codes(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first_chunk() else { return };
    let Some((second, _)) = rest.split_first_chunk() else { return };
    let (first, second) = (i32::from_le_bytes(*first), i32::from_le_bytes(*second));
    let (seen, of_state) = (condition(first, second), condition(first, 0));
    assert_eq!(seen.state(), of_state.state(), "a reason makes no other state");
    lifecycle(first, second);
}

/// A host's URI. Neither what is shown of one that is taken, nor what libvirt gets, has a password
/// that a URI's parser finds; nor has the reason why one is refused.
pub fn uri(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let password = |text: &str| Some(Url::parse(text).ok()?.password()?.to_owned());
    match check_uri(text) {
        Ok(()) => {
            let hidden = |text: &str| password(text).is_none_or(|password| password == "***");
            assert!(hidden(&redact(text)), "shown: {}", redact(text));
            assert_eq!(redact(&redact(text)), redact(text));
            let bare = for_libvirt(text, None);
            assert_eq!(password(&bare), None, "libvirt gets {bare}");
        }
        Err(why) => {
            let known = password(text).map(|password| format!(":{password}@"));
            // Where a user is called like his password, that cannot be told from his name.
            let known = known.filter(|known| known != ":***@" && text.matches(known).count() == 1);
            assert!(known.is_none_or(|known| !why.contains(&known)), "{why}");
        }
    }
}

/// The text of the file with the operator token.
pub fn token(bytes: &[u8]) {
    let Some(token) = str::from_utf8(bytes).ok().and_then(OperatorToken::parse) else { return };
    assert!(token.reveal().len() >= 32 && token.is(token.reveal()));
    assert!(!format!("{token:?}").contains(token.reveal()), "no secret is shown");
}

/// Settings; or what is wrong, a line for each error.
fn told(read: Result<Settings, Errors>) -> Option<Settings> {
    read.map_err(|errors| {
        assert!(!errors.is_empty(), "refused without a word");
        assert_eq!(errors.to_string().lines().count(), errors.len(), "{errors}");
        drop(json!(errors));
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What a target begins with: the files that `fuzz/seeds` names, its own, and what once failed.
    fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for folder in [format!("fuzz/seeds/{target}"), format!("fuzz/regressions/{target}")] {
            gather(&root.join(folder), &mut files);
        }
        match target {
            "config" => gather(&root.join("config"), &mut files),
            "scenario" => gather(&root.join("tests/scenarios/files"), &mut files),
            _ => {}
        }
        files.into_iter().map(|f| (f.display().to_string(), fs::read(f).unwrap())).collect()
    }

    fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { gather(&entry, files) } else { files.push(entry) }
        }
    }

    #[test]
    fn the_seeds_and_what_once_failed() {
        for (target, run) in TARGETS {
            let seeds = seeds(target);
            assert!(!seeds.is_empty(), "{target} has no seed");
            for (name, seed) in seeds {
                println!("{target}: {name}");
                run(&seed);
                // Cut off and bent, so that what is refused is seen as well.
                run(&seed[..seed.len() / 2]);
                run(&seed.iter().map(|byte| byte ^ 1).collect::<Vec<_>>());
            }
        }
    }
}
