//! The JSON schema of the configuration (draft 2020-12), for editors and for whoever writes one by
//! a program.
//!
//! It is made of what the readers ask for ([`mod@survey`]), of the defaults in
//! `config/default.toml`, and of the words in `keys.toml`; so there is no second list of keys that
//! could be out of date.
//!
//! Not in here: what no schema can say, such as that a host is one of those that there are;
//! `assured check` has the last word.

mod shown;
mod survey;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use ::config::{Value, ValueKind};
use serde_json::{Map, Value as Json, json};

use super::entry::NAME;
use super::layers::{Layer, Tree};
use super::path::KeyPath;
use super::reader::{Report, Section};
pub(super) use shown::Shown;
use survey::{ELEMENT, Node};
pub(super) use survey::{Keys, NAMED, Shape, Survey};
#[cfg(test)]
pub(crate) use tests::up_to_date;
use words::{Words, below};

/// What [`humantime::parse_duration`] takes.
const DURATION: &str = "^\\s*([0-9]+(\\.[0-9]+)?\\s*(nanos|nsec|ns|usec|us|µs|\
    millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|\
    days|day|d|weeks|week|wks|wk|w|months|month|M|years|year|yrs|yr|y)\\s*)+$|^0$";

/// The JSON schema of the configuration.
#[must_use]
pub fn schema() -> Json {
    let (words, defaults) = (Words::new(), Layer::defaults().ok());
    let defaults = defaults.as_ref().map(|layer| &layer.root);
    let mut writer = Writer { words, defaults, kinds: BTreeMap::new() };
    let mut root = writer.table(&survey(), "");
    let duration = json!({
        "type": "string",
        "pattern": DURATION,
        "examples": ["500ms", "10s", "5m", "1h 30m", "2d"],
    });
    let mut kinds = Map::from_iter(writer.kinds);
    kinds.insert("duration".to_owned(), duration);
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!("The configuration of assured"));
    root.insert("$defs".to_owned(), kinds.into());
    root.into()
}

/// What the readers ask for.
fn survey() -> Node {
    let report = Report::surveying();
    let root = Section::new(&report, KeyPath::default(), None, Tree::new());
    // Nothing is read, so there are no settings.
    let _ = super::settings(root, Tree::new(), &report);
    report.into_survey().map(Survey::into_root).unwrap_or_default()
}

struct Writer<'a> {
    words: Words,
    defaults: Option<&'a Value>,
    /// Tables of which there are several.
    kinds: BTreeMap<String, Json>,
}

type Object = Map<String, Json>;

impl Writer<'_> {
    /// What is allowed under a key.
    fn node(&mut self, node: &Node, path: &str) -> Json {
        let mut object = self.shape(node, path);
        if let Some(kind) = node.kind {
            let shared = self.kinds.entry(kind.to_owned()).or_insert_with(|| object.clone().into());
            // One that differs, as in its defaults, stands where it is.
            if shared.as_object() == Some(&object) {
                object = Object::new();
                object.insert("$ref".to_owned(), json!(format!("#/$defs/{kind}")));
            }
        }
        if let Some(text) = self.description(node, path) {
            object.insert("description".to_owned(), json!(text));
        }
        if let Some(default) = self.default(node, path) {
            object.insert("default".to_owned(), default);
        }
        object.into()
    }

    fn shape(&mut self, node: &Node, path: &str) -> Object {
        let shape = match &node.shape {
            Shape::Unknown => json!({}),
            Shape::Text { pattern: None, .. } => json!({ "type": "string" }),
            Shape::Text { pattern: Some(pattern), .. } => {
                json!({ "type": "string", "pattern": pattern })
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Int { least, most } => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Shape::Number { least, most } => {
                json!({ "type": "number", "minimum": least, "maximum": most })
            }
            Shape::Duration { .. } => json!({ "$ref": "#/$defs/duration" }),
            Shape::Words(words) => json!({ "enum": words }),
            Shape::List { least } => {
                let element = node.keys.first().map(|(_, node)| node);
                let items = element.map(|node| self.node(node, &below(path, ELEMENT)));
                json!({ "type": "array", "items": items, "minItems": least })
            }
            Shape::Names(keys) => {
                let value = node.keys.first().map(|(_, node)| node);
                let value = value.map(|node| self.node(node, &below(path, NAMED)));
                json!({
                    "type": "object",
                    "patternProperties": { pattern(keys): value },
                    "additionalProperties": false,
                })
            }
            Shape::Table => return self.table(node, path),
        };
        let Json::Object(shape) = shape else { return Object::new() };
        shape
    }

    fn table(&mut self, node: &Node, path: &str) -> Object {
        let properties: Object = node
            .keys
            .iter()
            .map(|(key, node)| (key.clone(), self.node(node, &below(path, key))))
            .collect();
        let is_required = |(key, node): &&(String, Node)| {
            node.needed && self.built_in(&below(path, key)).is_none()
        };
        let required: Vec<_> = node.keys.iter().filter(is_required).map(|(key, _)| key).collect();
        let mut table = Object::new();
        table.insert("type".to_owned(), json!("object"));
        table.insert("additionalProperties".to_owned(), json!(false));
        if !required.is_empty() {
            table.insert("required".to_owned(), json!(required));
        }
        if !node.one_of.is_empty() {
            let one_of: Vec<_> =
                node.one_of.iter().map(|key| json!({ "required": [key] })).collect();
            table.insert("oneOf".to_owned(), json!(one_of));
        }
        table.insert("properties".to_owned(), properties.into());
        table
    }

    /// What the key is for, and what of the value no other word of the schema can say.
    fn description(&self, node: &Node, path: &str) -> Option<String> {
        let words = self.words.of(path)?;
        Some(match &node.shape {
            Shape::Duration { least, most } => {
                let text = humantime::format_duration;
                format!("{words} From {} to {}.", text(*least), text(*most))
            }
            Shape::Text { expected: Some(expected), .. } => format!("{words} Must be {expected}."),
            Shape::Unknown
            | Shape::Text { expected: None, .. }
            | Shape::Flag
            | Shape::Int { .. }
            | Shape::Number { .. }
            | Shape::Words(_)
            | Shape::Table
            | Shape::Names(_)
            | Shape::List { .. } => words.to_owned(),
        })
    }

    fn default(&self, node: &Node, path: &str) -> Option<Json> {
        // The built-in policy is a layer of its own, under whatever is written.
        let is_group = node.shape == Shape::Table || path.starts_with("policies");
        let built_in = self.built_in(path).filter(|_| !is_group);
        node.default.clone().or_else(|| built_in.map(shown))
    }

    fn built_in(&self, path: &str) -> Option<&Value> {
        let path = path.split('.').fold(KeyPath::default(), |path, key| path.key(key));
        path.find_in(self.defaults?)
    }
}

/// The keys of a table as a regular expression.
fn pattern(keys: &Keys) -> String {
    match keys {
        Keys::Any => String::new(),
        Keys::Names => NAME.to_owned(),
        Keys::Words(words) => format!("^({})$", words.join("|")),
    }
}

/// A value of `config/default.toml`, as it is written there.
fn shown(value: &Value) -> Json {
    match &value.kind {
        ValueKind::Boolean(flag) => json!(flag),
        ValueKind::I64(number) => json!(number),
        ValueKind::Float(number) => json!(number),
        ValueKind::String(text) => json!(text),
        ValueKind::Table(tree) => tree.iter().map(|(k, v)| (k.clone(), shown(v))).collect(),
        ValueKind::Array(list) => list.iter().map(shown).collect(),
        ValueKind::Nil | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => Json::Null,
    }
}
