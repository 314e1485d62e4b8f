//! The Dockerfile and what is sent to its builder.

use serde_json::Value;

use crate::files::{data, of_project, pypi_program, said, text};

const FILE: &str = "Dockerfile";

/// The instructions of a kind, in their order.
fn all(kind: &str) -> Vec<String> {
    let lines = data(FILE);
    let of_kind = lines.as_array().unwrap().iter().filter(|line| line["instruction"] == kind);
    of_kind.map(|line| line["value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn hadolint_finds_nothing() {
    said(pypi_program("hadolint").arg(of_project(FILE)));
}

#[test]
fn what_it_copies_is_there_and_sent_to_the_builder() {
    let ignored = text(".dockerignore");
    let let_in: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let mut copied = Vec::new();
    for copy in all("COPY") {
        let words: Vec<&str> = copy.split_whitespace().collect();
        let (_, sources) = words.split_last().unwrap();
        if sources[0].starts_with("--from=build") {
            continue;
        }
        for source in sources {
            assert!(of_project(source).exists(), "COPY {copy}: there is no {source}");
            assert!(let_in.contains(source), ".dockerignore does not let {source} in");
            copied.push((*source).to_owned());
        }
    }
    assert!(copied.len() > 5, "{copied:?}");
    for path in let_in {
        assert!(copied.iter().any(|source| source == path), "{path} is sent and not used");
    }
}

#[test]
fn it_runs_as_a_user_ends_by_a_signal_and_can_be_asked_whether_it_lives() {
    let user = all("USER").pop().expect("no USER: it would run as root");
    let (uid, gid) = user.split_once(':').unwrap();
    for id in [uid, gid] {
        assert!(id.parse::<u32>().is_ok_and(|id| id > 0), "USER {user}");
    }
    assert_eq!(all("STOPSIGNAL"), ["SIGTERM"]);
    let entry: Value = serde_json::from_str(&all("ENTRYPOINT")[0]).unwrap();
    assert_eq!(entry[0], "assured");
    let check = all("HEALTHCHECK").pop().unwrap();
    let (_, check) = check.split_once("CMD").unwrap();
    let check: Vec<String> = serde_json::from_str(check.trim()).unwrap();
    let (program, args) = check.split_first().unwrap();
    assert_eq!(program, "assured");
    // The program knows it.
    said(std::process::Command::new(env!("CARGO_BIN_EXE_assured")).args(args).arg("--help"));
}

#[test]
fn it_is_built_by_the_compiler_that_the_project_names() {
    let manifest: toml::Table = toml::from_str(&text("Cargo.toml")).unwrap();
    let version = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    let stages = all("FROM");
    assert_eq!(stages[0], format!("rust:{version}-bookworm AS build"));
    assert_eq!(stages[1], "debian:bookworm-slim", "of the same Debian: the same libraries");
}
