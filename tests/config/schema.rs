//! The JSON schema, against what is really read: whatever the service takes it allows, and what is
//! wrong by shape it refuses.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use assured::config::schema;
use serde_json::{Value, json};

use super::read;

static SCHEMA: LazyLock<Value> = LazyLock::new(schema);
static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&SCHEMA).unwrap());

/// What the schema has against a file; none if that is no TOML at all.
pub(crate) fn objections(toml: &str) -> Option<Vec<String>> {
    let file: toml::Value = toml::from_str(toml).ok()?;
    let file = serde_json::to_value(file).unwrap();
    let objection = |e: jsonschema::ValidationError<'_>| format!("{}: {e}", e.instance_path());
    Some(VALIDATOR.iter_errors(&file).map(objection).collect())
}

#[test]
fn it_is_a_schema_and_the_files_that_the_program_brings_along_are_as_it_says() {
    jsonschema::draft202012::meta::validate(&SCHEMA).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(objections(&text).unwrap(), <[&str; 0]>::default(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

/// A table of the schema: where it stands, and what a file looks like that has this in its place.
struct Table {
    path: String,
    properties: BTreeSet<String>,
    around: Box<dyn Fn(Value) -> Value>,
}

/// All tables with known keys.
fn tables(node: &Value, path: &str, around: Box<dyn Fn(Value) -> Value>) -> Vec<Table> {
    let node = match node["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        Some(name) => &SCHEMA["$defs"][name],
        None => node,
    };
    let around: std::rc::Rc<dyn Fn(Value) -> Value> = around.into();
    let mut found = Vec::new();
    if let Some(properties) = node["properties"].as_object() {
        let names = properties.keys().cloned().collect();
        let own = std::rc::Rc::clone(&around);
        found.push(Table {
            path: path.to_owned(),
            properties: names,
            around: Box::new(move |value| own(value)),
        });
        for (key, below) in properties {
            let (own, name) = (std::rc::Rc::clone(&around), key.clone());
            let around = Box::new(move |value| own(json!({ name.as_str(): value })));
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            found.extend(tables(below, &path, around));
        }
    } else if node["items"].is_object() {
        let own = std::rc::Rc::clone(&around);
        let around = Box::new(move |value| own(json!([value])));
        found.extend(tables(&node["items"], &format!("{path}[0]"), around));
    } else if let Some(patterns) = node["patternProperties"].as_object() {
        let (pattern, below) = patterns.iter().next().unwrap();
        let name = if pattern.contains("crashed") { "crashed" } else { "name" };
        let own = std::rc::Rc::clone(&around);
        let around = Box::new(move |value| own(json!({ name: value })));
        found.extend(tables(below, &format!("{path}.{name}"), around));
    }
    found
}

/// What is read where this is in a table's place: the errors, by key.
fn errors(table: &Table, value: Value) -> Vec<(String, String)> {
    let file = toml::to_string(&(table.around)(value)).unwrap();
    let errors = read(&file).unwrap_err();
    errors.into_iter().map(|error| (error.key, error.message)).collect()
}

#[test]
fn it_has_the_keys_that_readers_take_and_no_others() {
    let all = tables(&SCHEMA, "", Box::new(|value| value));
    assert!(all.len() > 15, "{}", all.len());
    for table in all {
        let errors = errors(&table, json!({ "zzz": 1 }));
        let key = format!("{}.zzz", table.path);
        let key = key.trim_start_matches('.');
        let known = errors.iter().find(|(at, _)| at == key);
        let known = known.unwrap_or_else(|| panic!("{key} is no error: {errors:?}"));
        let known = known.1.rsplit_once("known here are: ").unwrap().1;
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        assert_eq!(known, table.properties, "{}", table.path);
    }
}

#[test]
fn what_each_key_refuses_is_refused_by_its_reader_too() {
    let mut tried = 0;
    for table in tables(&SCHEMA, "", Box::new(|value| value)) {
        for key in &table.properties {
            // No key takes a list of lists.
            let wrong = json!({ key.as_str(): [[0]] });
            let at = format!("{}.{key}", table.path);
            let at = at.trim_start_matches('.');
            let errors = errors(&table, wrong.clone());
            assert!(errors.iter().any(|(key, _)| key.starts_with(at)), "{at}: {errors:?}");
            let file = toml::to_string(&(table.around)(wrong)).unwrap();
            let objections = objections(&file).unwrap();
            assert!(!objections.is_empty(), "{at} takes anything");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

#[test]
fn durations_are_those_that_are_read() {
    let poll = |text: &str| format!("[poll]\ninterval = {text:?}\n");
    for good in ["500ms", "10s", "1m 30s", "1m30s", " 5s ", "1.5s", "2000000us", "1hour"] {
        assert!(read(&poll(good)).is_ok(), "{good}");
        assert_eq!(objections(&poll(good)).unwrap(), <[&str; 0]>::default(), "{good}");
    }
    for bad in ["", "10", "s", "10 parsecs", "-1s", "1s 2"] {
        assert!(read(&poll(bad)).is_err(), "{bad}");
        assert!(!objections(&poll(bad)).unwrap().is_empty(), "{bad}");
    }
}
