//! `docs/http.md`: its tables have what the interface has, no more and no less.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::files::{entries, said, text, texts};

const PAGE: &str = "docs/http.md";

fn described() -> Value {
    let printed = said(Command::new(env!("CARGO_BIN_EXE_assured")).arg("openapi"));
    serde_json::from_str(&printed).unwrap()
}

/// What stands between backticks in the tables of the page.
fn codes(page: &str) -> impl Iterator<Item = &str> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2))
}

#[test]
fn its_routes_are_those_that_there_are() {
    let page = text(PAGE);
    let is_route =
        |code: &&str| code.split_once(' ').is_some_and(|(_, path)| path.starts_with('/'));
    let told: BTreeSet<String> = codes(&page).filter(is_route).map(str::to_owned).collect();
    let document = described();
    let methods = ["get", "put", "post", "patch", "delete"];
    let there: BTreeSet<String> = entries(&document["paths"])
        .flat_map(|(path, item)| entries(item).map(move |(method, _)| (method, path)))
        .filter(|(method, _)| methods.contains(method))
        .map(|(method, path)| format!("{} {path}", method.to_uppercase()))
        .collect();
    assert_eq!(told, there);
}

#[test]
fn its_problems_are_those_that_there_are() {
    let page = text(PAGE);
    let document = described();
    let types = texts(&document["components"]["schemas"]["ProblemType"]["enum"]);
    assert!(types.len() > 10, "{types:?}");
    let told: BTreeSet<&str> = codes(&page).collect();
    for urn in types {
        let word = urn.strip_prefix("urn:assured:problem:").unwrap();
        assert!(told.contains(word), "{PAGE} does not say when {urn} is answered");
    }
}
