//! The layers of a configuration, each as a tree of values that know where they come from.
//!
//! Files are read here and not by the `config` crate, which would say "not found" of one that may
//! not be read, try other endings, and replace what is not UTF-8.

use std::collections::BTreeMap;
use std::path::Path;

use ::config::{Config, FileFormat, Format, Map, Source, Value, ValueKind};

use super::ENV_PREFIX;
use super::error::ConfigError;

/// A table of values.
pub(super) type Tree = Map<String, Value>;

/// What errors in the environment are said to be in.
pub(super) const ENVIRONMENT: &str = "environment";

/// What errors in `config/default.toml` are said to be in; tests see to it that there are none.
pub(super) const DEFAULTS: &str = "built-in defaults";

/// One source of settings.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// The file as it was named, or one of the two words above.
    pub(super) name: String,
    /// What it says: a table.
    pub(super) root: Value,
}

impl Layer {
    /// The defaults that the program brings along.
    pub(super) fn defaults() -> Result<Self, ConfigError> {
        parse(DEFAULTS.to_owned(), include_str!("../../config/default.toml"))
    }

    /// A configuration file.
    pub(super) fn file(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot be read: {error}");
            ConfigError::new(Some(name.clone()), String::new(), &message)
        })?;
        parse(name, text.strip_prefix('\u{feff}').unwrap_or(&text))
    }

    /// A text that is no file.
    pub(super) fn text(name: String, text: &str) -> Result<Self, ConfigError> {
        parse(name, text)
    }

    /// What the environment says. `ASSURED__POLL__INTERVAL` is `interval` in `[poll]`: names are
    /// read in lower case, values as text. Names that cannot be one are errors.
    pub(super) fn environment(
        variables: impl Iterator<Item = (String, String)>,
    ) -> (Self, Vec<ConfigError>) {
        let mut root = Tree::new();
        let mut errors = Vec::new();
        // In the order of names a table's own variable comes before those of its keys.
        let ours: BTreeMap<String, String> = variables
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(ENV_PREFIX)?.to_lowercase(), value))
            })
            .collect();
        for (name, value) in ours {
            let keys: Vec<&str> = name.split("__").collect();
            if let Err(message) = insert(&mut root, &keys, value) {
                let variable = format!("{ENV_PREFIX}{}", name.to_uppercase());
                errors.push(ConfigError::new(Some(ENVIRONMENT.to_owned()), variable, message));
            }
        }
        (Self { name: ENVIRONMENT.to_owned(), root: table(ENVIRONMENT, root) }, errors)
    }

    /// Takes a section out.
    pub(super) fn remove(&mut self, section: &str) -> Option<Value> {
        let ValueKind::Table(tree) = &mut self.root.kind else {
            return None;
        };
        tree.remove(section)
    }
}

/// Lays the layers over each other, the last on top. Tables merge key by key, everything else is
/// replaced whole, and each value keeps its origin.
pub(super) fn merge(layers: &[Layer]) -> Result<Tree, ::config::ConfigError> {
    let mut builder = Config::builder();
    for layer in layers {
        builder = builder.add_source(Under(layer.root.clone()));
    }
    // Not `get`, which goes through serde and forgets the origins.
    Ok(match builder.build()?.collect()?.remove(ROOT).map(|root| root.kind) {
        Some(ValueKind::Table(tree)) => tree,
        Some(_) | None => Tree::new(),
    })
}

/// The crate reads the first level's keys as paths, where `"a.b"` is `b` in `a`, and `"a[9]"` makes
/// an array of ten. Under one key of ours everything is taken as it is written.
#[derive(Debug, Clone)]
struct Under(Value);

const ROOT: &str = "root";

impl Source for Under {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Tree, ::config::ConfigError> {
        Ok(Tree::from_iter([(ROOT.to_owned(), self.0.clone())]))
    }
}

fn parse(name: String, text: &str) -> Result<Layer, ConfigError> {
    match FileFormat::Toml.parse(Some(&name), text) {
        Ok(tree) => Ok(Layer { root: table(&name, tree), name }),
        Err(error) => {
            let message = format!("is not valid TOML: {}", flat(&error.to_string()));
            Err(ConfigError::new(Some(name), String::new(), &message))
        }
    }
}

/// The parser draws the line with an arrow under it; the first and the last lines have it in words.
fn flat(drawing: &str) -> String {
    let lines: Vec<&str> = drawing.lines().collect();
    let arrow = lines.iter().rposition(|l| l.trim_start().starts_with('|') && l.contains('^'));
    match (lines.first(), arrow) {
        (Some(first), Some(arrow)) => {
            let place = first.rsplit_once(" at ").map_or(*first, |(_, place)| place);
            format!("{place}: {}", lines[arrow + 1..].join(", "))
        }
        (Some(_) | None, _) => lines.join(", "),
    }
}

fn insert(tree: &mut Tree, keys: &[&str], value: String) -> Result<(), &'static str> {
    let Some((key, below)) = keys.split_first() else {
        return Ok(());
    };
    if key.is_empty() {
        return Err("is no name of a setting: they look like ASSURED__SECTION__KEY");
    }
    let origin = ENVIRONMENT.to_owned();
    if below.is_empty() {
        tree.insert((*key).to_owned(), Value::new(Some(&origin), value));
        return Ok(());
    }
    let child = tree.entry((*key).to_owned()).or_insert_with(|| table(ENVIRONMENT, Tree::new()));
    let ValueKind::Table(child) = &mut child.kind else {
        return Err("is a key in what another variable says is a value: only one of them can be");
    };
    insert(child, below, value)
}

fn table(origin: &str, tree: Tree) -> Value {
    Value::new(Some(&origin.to_owned()), tree)
}
