//! Where a value stands in the configuration, as an operator would write it.

use std::fmt;

use ::config::{Value, ValueKind};

/// A key with all that it stands under: `policies.default.running."shutoff/crashed".retry.max`.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyPath(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// The path of a key in the table that this one leads to.
    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path of an element of the array that this one leads to.
    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The path of what contains it; none at the root.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// The steps, from the root; those into an array are called `element`.
    pub(super) fn steps<'a>(&'a self, element: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(move |step| match step {
            Step::Key(key) => key.as_str(),
            Step::Index(_) => element,
        })
    }

    /// What this path leads to in the tree under `root`.
    pub(super) fn find_in<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(root, |value, step| match (step, &value.kind) {
            (Step::Key(key), ValueKind::Table(table)) => table.get(key),
            (Step::Index(index), ValueKind::Array(array)) => array.get(*index),
            (Step::Key(_) | Step::Index(_), _) => None,
        })
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    let dot = if place == 0 { "" } else { "." };
                    if is_bare(key) { write!(f, "{dot}{key}") } else { write!(f, "{dot}{key:?}") }?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Whether TOML takes the key without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
