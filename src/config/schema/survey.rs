//! What the readers ask for, noted while they read nothing.
//!
//! In a survey every key is there, and nothing stands under it: so each reader goes through all
//! that it knows, and says by the accessors that it uses what each value has to be. The schema is
//! made of that, and cannot differ from the readers: it has no list of keys of its own.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value as Json;

use crate::config::path::KeyPath;

/// How an element of a list is called among the keys.
pub(in crate::config) const ELEMENT: &str = "[]";
/// How a key that is a name is called among the keys.
pub(in crate::config) const NAMED: &str = "*";

/// A survey that goes on.
#[derive(Debug, Default)]
pub(in crate::config) struct Survey(RefCell<Node>);

/// What is known of one key.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::config) struct Node {
    /// What has to stand there.
    pub(super) shape: Shape,
    /// Whether it has to be there.
    pub(super) needed: bool,
    /// What it is where it is left out, if the reader says that and not `config/default.toml`.
    pub(super) default: Option<Json>,
    /// What a table of this kind is called, where there are several.
    pub(super) kind: Option<&'static str>,
    /// Of these keys exactly one has to be there.
    pub(super) one_of: Vec<&'static str>,
    /// The keys in it, in the order in which they are read.
    pub(super) keys: Vec<(String, Node)>,
}

/// What has to stand under a key.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::config) enum Shape {
    /// Nobody has said.
    #[default]
    Unknown,
    /// A text, with what it matches, and what it must be in words.
    Text { pattern: Option<&'static str>, expected: Option<String> },
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Int { least: i64, most: i64 },
    /// A number.
    Number { least: f64, most: f64 },
    /// A duration.
    Duration { least: Duration, most: Duration },
    /// One of these words.
    Words(Vec<&'static str>),
    /// A table with known keys.
    Table,
    /// A table whose keys are names.
    Names(Keys),
    /// A list with at least so many elements.
    List { least: usize },
}

/// What the keys of a table are that are names.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::config) enum Keys {
    /// Any text.
    Any,
    /// What `check_name` takes.
    Names,
    /// One of these words.
    Words(Vec<String>),
}

impl Keys {
    /// One that is such a key: what is read under it is what can stand under each.
    pub(in crate::config) fn sample(&self) -> String {
        match self {
            Self::Any | Self::Names => "name".to_owned(),
            Self::Words(words) => words.first().cloned().unwrap_or_default(),
        }
    }
}

impl Survey {
    /// Somebody has asked for a key.
    pub(in crate::config) fn asked(&self, path: &KeyPath) {
        self.at(path, |_| ());
    }

    /// It has to be there.
    pub(in crate::config) fn needed(&self, path: &KeyPath) {
        self.at(path, |node| node.needed = true);
    }

    /// It is this where it is left out.
    pub(in crate::config) fn left_out(&self, path: &KeyPath, default: Option<Json>) {
        self.at(path, |node| node.default = default);
    }

    /// This has to stand there. What is known better already stays.
    pub(in crate::config) fn shape(&self, path: &KeyPath, shape: Shape) {
        self.at(path, |node| {
            let is_plain = matches!(shape, Shape::Text { pattern: None, expected: None });
            if node.shape == Shape::Unknown || !is_plain {
                node.shape = shape;
            }
        });
    }

    /// There are several tables of this kind.
    pub(in crate::config) fn kind(&self, path: &KeyPath, kind: &'static str) {
        self.at(path, |node| node.kind = Some(kind));
    }

    /// Exactly one of these keys has to be in the table.
    pub(in crate::config) fn one_of(&self, path: &KeyPath, keys: &[&'static str]) {
        self.at(path, |node| node.one_of = keys.to_vec());
    }

    /// What was noted: the table that the whole configuration is.
    pub(in crate::config) fn into_root(self) -> Node {
        Node { shape: Shape::Table, ..self.0.into_inner() }
    }

    fn at(&self, path: &KeyPath, note: impl FnOnce(&mut Node)) {
        let mut root = self.0.borrow_mut();
        let mut node = &mut *root;
        for key in path.steps(ELEMENT) {
            let place = node.keys.iter().position(|(known, _)| known == key);
            let place = place.unwrap_or_else(|| {
                node.keys.push((key.to_owned(), Node::default()));
                node.keys.len() - 1
            });
            node = &mut node.keys[place].1;
        }
        note(node);
    }
}
