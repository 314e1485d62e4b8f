//! That every key has its words; the page of all keys, and the schema as a file for editors, which
//! `UPDATE_DOCS=1` writes anew.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value as Json;

use super::survey::{Keys, Node, Shape};
use super::words::{Words, below};
use super::{ELEMENT, NAMED, schema, survey};

/// All keys, with their paths, in the order in which they are read.
fn each(node: &Node, path: &str, see: &mut impl FnMut(&Node, &str)) {
    for (key, node) in &node.keys {
        let path = below(path, key);
        see(node, &path);
        each(node, &path, see);
    }
}

#[test]
fn readers_say_of_every_key_what_it_is_and_every_key_has_words_of_its_own() {
    let (words, mut paths) = (Words::new(), Vec::new());
    each(&survey(), "", &mut |node, path| {
        assert_ne!(node.shape, Shape::Unknown, "{path}: no accessor says what it has to be");
        // What is in a list or in a table of names is said with the list or the table.
        if !path.ends_with(ELEMENT) {
            assert!(words.of(path).is_some(), "{path} has no words in keys.toml");
        }
        paths.push(path.to_owned());
    });
    assert!(paths.len() > 80, "{paths:?}");
    assert_eq!(words.of_none(&paths), <[&str; 0]>::default(), "words for keys that nobody reads");
}

const HEAD: &str = "\
# The configuration

TOML, in layers: the built-in defaults ([config/default.toml](../config/default.toml)), then each `--config` file in its order,
or `/etc/assured/assured.toml` where none is given and it exists, then the environment: `ASSURED__POLL__INTERVAL=5s` is
`interval` in `[poll]`. Tables merge key by key; lists (`hosts`, `instances`, tokens, receivers) are replaced whole. Unknown keys
are errors. [config/example.toml](../config/example.toml) is a file to begin with, and `assured check` says what is wrong with one,
all at once.

Durations are texts such as `500ms`, `10s`, `5m`, `1h 30m`, `2d`.

`assured schema` prints this as a JSON schema (draft 2020-12). With `#:schema` and its path in the first line of a file,
editors with [Taplo](https://taplo.tamasfe.dev/) complete keys and mark mistakes; `make install` puts it to
`share/assured/assured.schema.json`.

What is in force at once after a reload, and what after a restart: [README](../README.md#changing-the-configuration). What the rules of
a policy mean: [policy.md](policy.md).

This page is made from what the program reads: `make docs`.
";

#[test]
fn the_page_of_the_configuration_is_up_to_date() {
    let root = survey();
    let mut page = HEAD.to_owned();
    for (key, node) in &root.keys {
        section(&mut page, &schema()["properties"][key], node, key);
    }
    up_to_date("docs/configuration.md", &page);
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    let text = serde_json::to_string_pretty(&schema()).unwrap();
    up_to_date("config/assured.schema.json", &format!("{text}\n"));
}

/// Asserts that a file is as it would be made now; with `UPDATE_DOCS` it is written anew.
#[track_caller]
pub(crate) fn up_to_date(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == made, "{file} is out of date: `make docs` writes it anew");
}

/// One section of the file, with a line for each of its keys.
fn section(page: &mut String, schema: &Json, node: &Node, name: &str) {
    let list = matches!(node.shape, Shape::List { .. });
    let (open, close) = if list { ("[[", "]]") } else { ("[", "]") };
    let title = if name == "policies" { "policies.NAME.DESIRED" } else { name };
    let words = schema["description"].as_str().unwrap();
    write!(page, "\n## `{open}{title}{close}`\n\n{words}\n\n").unwrap();
    page.push_str("| key | value | default | |\n|---|---|---|---|\n");
    rows(page, schema, node, "");
}

fn rows(page: &mut String, schema: &Json, node: &Node, path: &str) {
    match &node.shape {
        Shape::List { .. } => rows(page, &schema["items"], &node.keys[0].1, path),
        Shape::Names(_) => {
            let of_all = schema["patternProperties"].as_object().unwrap().values().next().unwrap();
            // The rules of a policy are told of once.
            if path == "NAME.paused" || path == "NAME.shutoff" {
                return;
            }
            let named = &node.keys[0].1;
            let path = join(path, if path.is_empty() { "NAME" } else { "KEY" });
            if named.keys.is_empty() {
                row(page, of_all, named, &path, false);
            }
            rows(page, of_all, named, &path);
        }
        Shape::Table => {
            let kind = node.kind.map(|kind| super::schema()["$defs"][kind].clone());
            let schema = kind.as_ref().unwrap_or(schema);
            for (key, below) in &node.keys {
                let is_required = schema["required"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|required| required == key));
                let (schema, path) = (&schema["properties"][key], join(path, key));
                row(page, schema, below, &path, is_required);
                if !below.keys.is_empty() {
                    rows(page, schema, below, &path);
                }
            }
        }
        Shape::Unknown
        | Shape::Text { .. }
        | Shape::Flag
        | Shape::Int { .. }
        | Shape::Number { .. }
        | Shape::Duration { .. }
        | Shape::Words(_) => {}
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn row(page: &mut String, schema: &Json, node: &Node, path: &str, is_required: bool) {
    let default = match schema.get("default") {
        Some(Json::String(text)) => format!("`\"{text}\"`"),
        Some(Json::Object(table)) => {
            let pairs = table.iter().map(|(key, value)| format!("{key} = {value}"));
            format!("`{{ {} }}`", pairs.collect::<Vec<_>>().join(", "))
        }
        Some(value) => format!("`{value}`"),
        None if is_required => "required".to_owned(),
        None => String::new(),
    };
    let words = schema["description"].as_str().unwrap_or_default();
    let line = format!("| `{path}` | {} | {default} | {words} |", value(node));
    writeln!(page, "{line}").unwrap();
}

/// What a value is, in a few words.
fn value(node: &Node) -> String {
    match &node.shape {
        Shape::Unknown => String::new(),
        Shape::Text { .. } => "text".to_owned(),
        Shape::Flag => "`true`, `false`".to_owned(),
        Shape::Int { least, most } if *most >= i64::from(i32::MAX) && *least < 0 => {
            "whole number".to_owned()
        }
        Shape::Int { least, most } => format!("{least} to {most}"),
        Shape::Number { least, most } => format!("{least} to {most}"),
        Shape::Duration { .. } => "duration".to_owned(),
        Shape::Words(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        Shape::Table => "table".to_owned(),
        Shape::Names(Keys::Any | Keys::Names) => "table by name".to_owned(),
        Shape::Names(Keys::Words(words)) if words.len() > 12 => "rules by condition".to_owned(),
        Shape::Names(Keys::Words(words)) => format!("table of {}", words.join(", ")),
        Shape::List { .. } if node.keys.iter().all(|(_, one)| one.keys.is_empty()) => {
            "list of texts".to_owned()
        }
        Shape::List { .. } => "list of tables".to_owned(),
    }
}

#[test]
fn a_key_is_found_by_pattern() {
    let words = Words::new();
    assert_eq!(below("hosts", ELEMENT), "hosts[]");
    let rule = below(&below("policies", NAMED), "running.*.grace");
    assert!(words.of(&rule).unwrap().starts_with("How long the mismatch"));
    assert_eq!(words.of("policies.nothing.of.the.kind"), None);
}
