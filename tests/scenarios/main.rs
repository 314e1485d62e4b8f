//! Situations that systems of this kind met, as data: each file in `files/` is played on the
//! simulated world, on virtual time. `docs/simulate.md` says how they are written.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod all;
mod always;
mod deeds;
mod lab;
mod mistakes;
mod table;

use std::path::{Path, PathBuf};

use assured::scenario::{Mark, Options, Played, Scenario, offset, play};

/// Where the files are, by group.
fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/files")
}

/// Every file, group by group.
fn every_file() -> Vec<PathBuf> {
    let below = |dir: &Path| {
        let entries = std::fs::read_dir(dir).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    let groups = below(&files()).into_iter().filter(|path| path.is_dir());
    groups.flat_map(|group| below(&group)).filter(is_toml).collect()
}

/// Plays a text with one host and `web-1` on it before what is given.
fn played(more: &str) -> Played {
    play(&small(more), &Options::default()).unwrap()
}

/// A scenario with one host, `web-1` on it, and what is given.
fn small(more: &str) -> Scenario {
    let head = "name = \"n\"\ngiven = \"g\"\nwhen = \"w\"\nthen = \"t\"\n\
                [[hosts]]\nid = \"kvm-1\"\n[[instances]]\nname = \"web-1\"\nhost = \"kvm-1\"\n";
    Scenario::parse("small.toml", &format!("{head}{more}")).unwrap_or_else(|e| panic!("{e}"))
}

/// A story, for a test that fails.
fn story(played: &Played) -> String {
    let line = |line: &assured::scenario::Line| {
        let mark = match line.mark {
            Some(Mark::Met) => "met: ",
            Some(Mark::Missed) => "NOT MET: ",
            None => "",
        };
        let kind = line.kind.map_or(line.who.as_str(), |kind| kind.as_str());
        let subject = line.subject.as_deref().unwrap_or_default();
        format!("{:>14} {kind:<15} {subject:<8} {mark}{}\n", offset(line.at), line.text)
    };
    played.story.iter().map(line).collect()
}
