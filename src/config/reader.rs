//! Reads the merged tree: each access takes a key out, and reports what is wrong with it instead
//! of stopping. What is left in a table at the end is unknown.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ::config::{Value, ValueKind};

use super::entry::{Entry, describe};
use super::error::{ConfigError, Errors};
use super::layers::{self, Layer, Tree};
use super::path::KeyPath;
use super::schema::{Keys, NAMED, Shape, Shown, Survey};

/// What is documented for a later version. Used now, it is an error that says so.
const LATER: [&str; 1] = ["database.retain_events"];

/// What is wrong so far, and the layers, to say where.
#[derive(Debug, Default)]
pub(super) struct Report {
    layers: Vec<Layer>,
    errors: RefCell<Vec<ConfigError>>,
    named_files: NamedFiles,
    /// Where what is asked for is noted, if nothing is to be read.
    survey: Option<Survey>,
}

/// What becomes of the files that the configuration names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum NamedFiles {
    /// Nothing: somebody wants to know what the configuration says.
    #[default]
    NotUsed,
    /// They are about to be used, and have to be there.
    Used,
}

impl Report {
    /// Puts a layer on top of those that are there.
    ///
    /// What is a table below and none in this layer is reported and left out: it would take the
    /// table's other keys with it.
    pub(super) fn add(&mut self, mut layer: Layer) {
        if let ValueKind::Table(tree) = &mut layer.root.kind {
            self.keep_tables(&layer.name, tree, &KeyPath::default());
        }
        self.layers.push(layer);
    }

    /// Puts the built-in defaults at the bottom, without their policies, which it gives back.
    pub(super) fn defaults(&mut self) -> Tree {
        let mut layer = match Layer::defaults() {
            Ok(layer) => layer,
            Err(error) => {
                self.push(error);
                return Tree::new();
            }
        };
        let policies = layer.remove("policies");
        self.layers.push(layer);
        match policies.map(|policies| policies.kind) {
            Some(ValueKind::Table(tree)) => tree,
            Some(_) | None => Tree::new(),
        }
    }

    /// For readers that are to say what they would read.
    pub(super) fn surveying() -> Self {
        Self { survey: Some(Survey::default()), ..Self::default() }
    }

    /// Where to note what is asked for; none where something is read.
    pub(super) fn survey(&self) -> Option<&Survey> {
        self.survey.as_ref()
    }

    /// What was noted, at the end.
    pub(super) fn into_survey(self) -> Option<Survey> {
        self.survey
    }

    /// From now on, what is named has to be there.
    pub(super) fn use_files(&mut self, named_files: NamedFiles) {
        self.named_files = named_files;
    }

    /// What becomes of the files that are named.
    pub(super) fn named_files(&self) -> NamedFiles {
        self.named_files
    }

    /// Notes an error.
    pub(super) fn push(&self, error: ConfigError) {
        self.errors.borrow_mut().push(error);
    }

    /// Notes an error about a key. `origin` is where its value comes from, if the value knows;
    /// otherwise it is the last layer that has the key, or else the table that it would be in.
    pub(super) fn reject(&self, path: &KeyPath, origin: Option<&str>, message: &str) {
        let file = origin.map(str::to_owned).or_else(|| self.origin_of(path));
        self.push(ConfigError::new(file, path.to_string(), message));
    }

    /// How many errors there are.
    pub(super) fn count(&self) -> usize {
        self.errors.borrow().len()
    }

    /// All layers as one tree.
    pub(super) fn merged(&self) -> Section<'_> {
        let tree = layers::merge(&self.layers).unwrap_or_else(|error| {
            self.push(ConfigError::new(None, String::new(), &error.to_string()));
            Tree::new()
        });
        Section::new(self, KeyPath::default(), None, tree)
    }

    /// The errors, at the end.
    pub(super) fn into_errors(self) -> Errors {
        Errors::new(self.errors.into_inner())
    }

    fn origin_of(&self, path: &KeyPath) -> Option<String> {
        let holder = self.layers.iter().rev().find(|layer| path.find_in(&layer.root).is_some());
        match holder {
            // Every layer has the root, so it tells nothing.
            Some(_) if path.parent().is_none() => None,
            Some(layer) => Some(layer.name.clone()),
            None => self.origin_of(&path.parent()?),
        }
    }

    fn keep_tables(&self, layer: &str, tree: &mut Tree, path: &KeyPath) {
        tree.retain(|key, value| {
            let path = path.key(key);
            if let ValueKind::Table(tree) = &mut value.kind {
                self.keep_tables(layer, tree, &path);
                return true;
            }
            let covers = self.layers.iter().any(|below| {
                matches!(path.find_in(&below.root), Some(Value { kind: ValueKind::Table(_), .. }))
            });
            if covers {
                let kind = describe(&value.kind);
                self.reject(&path, Some(layer), &format!("must be a table, not {kind}"));
            }
            !covers
        });
    }
}

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// Where errors go.
    pub(super) report: &'a Report,
    /// Where the table stands.
    pub(super) path: KeyPath,
    /// Where it comes from; none where it is merged from several layers.
    origin: Option<String>,
    entries: BTreeMap<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(
        report: &'a Report,
        path: KeyPath,
        origin: Option<String>,
        tree: Tree,
    ) -> Self {
        Self { report, path, origin, entries: tree.into_iter().collect(), known: Vec::new() }
    }

    /// What stands under a key that may be left out.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.known.push(key);
        let path = self.path.key(key);
        if let Some(survey) = self.report.survey() {
            survey.asked(&path);
            return Some(Entry::asked_for(self.report, path));
        }
        let value = self.entries.remove(key)?;
        Some(Entry { report: self.report, path, value })
    }

    /// What stands under a key that has to be there.
    pub(super) fn need(&mut self, key: &'static str) -> Option<Entry<'a>> {
        let entry = self.take(key);
        if let Some(survey) = self.report.survey() {
            survey.needed(&self.path.key(key));
        }
        if entry.is_none() {
            self.reject(key, "is missing");
        }
        entry
    }

    /// The table under a key that has to be there.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        self.need(key)?.section()
    }

    /// What `read` makes of what stands under a key; `default` where there is nothing, or nothing
    /// right (which is reported).
    pub(super) fn optional<T: Shown>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(Entry<'a>) -> Option<T>,
    ) -> T {
        if let Some(survey) = self.report.survey() {
            survey.left_out(&self.path.key(key), default.shown());
        }
        self.take(key).and_then(read).unwrap_or(default)
    }

    /// Everything, by key: for tables whose keys are names. The caller checks that they are `keys`.
    pub(super) fn into_entries(self, keys: &Keys) -> impl Iterator<Item = (String, Entry<'a>)> {
        let Self { report, path, entries, .. } = self;
        let any = report.survey().map(|survey| {
            survey.shape(&path, Shape::Names(keys.clone()));
            (keys.sample(), Entry::asked_for(report, path.key(NAMED)))
        });
        let each = entries.into_iter().map(move |(key, value)| {
            let path = path.key(&key);
            (key, Entry { report, path, value })
        });
        any.into_iter().chain(each)
    }

    /// Says, for the schema, that there are several tables of this kind.
    pub(super) fn is_a(&self, kind: &'static str) {
        if let Some(survey) = self.report.survey() {
            survey.kind(&self.path, kind);
        }
    }

    /// Says, for the schema, that exactly one of these keys has to be there; the caller checks it.
    /// Whether this is a survey, in which all of them are asked for.
    pub(super) fn has_one_of(&self, keys: &[&'static str]) -> bool {
        let survey = self.report.survey();
        if let Some(survey) = survey {
            survey.one_of(&self.path, keys);
        }
        survey.is_some()
    }

    /// Reports something about a key of this table.
    pub(super) fn reject(&self, key: &str, message: &str) {
        self.report.reject(&self.path.key(key), self.origin.as_deref(), message);
    }

    /// Reports every key that nobody took.
    pub(super) fn finish(self) {
        let known = self.known.join(", ");
        for (key, value) in &self.entries {
            let path = self.path.key(key);
            let message = if LATER.contains(&path.to_string().as_str()) {
                "is not available in this version".to_owned()
            } else {
                format!("is no known key; known here are: {known}")
            };
            self.report.reject(&path, value.origin(), &message);
        }
    }
}
