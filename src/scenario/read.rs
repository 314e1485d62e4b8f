//! Reads a scenario's file: part by part, so that each says what is wrong with it.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::error::{Mistake, Mistakes};
use super::file::{Domain, Head, HostLine, InstanceLine, Managed, Scenario, Seen};
use super::names::{Names, domain_id, numbered};
use super::{settings, steps, validate};

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Mistakes> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) => Err(Mistakes(vec![Mistake {
                file,
                line: None,
                place: String::new(),
                message: format!("cannot be read: {error}"),
            }])),
        }
    }

    /// Reads a text that stands in this file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        let mut reader = Reader { file, text, mistakes: Vec::new() };
        let scenario = reader.scenario();
        match scenario {
            Some(scenario) if reader.mistakes.is_empty() => Ok(scenario),
            Some(_) | None => Err(Mistakes(reader.mistakes)),
        }
    }
}

/// A value with its place in the text.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;
/// A table of such.
pub(super) type Table<'a> = DeTable<'a>;

/// A text that is being read, and what is wrong with it so far.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    fn scenario(&mut self) -> Option<Scenario> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        if !errors.is_empty() {
            for error in errors {
                let message = format!("is not valid TOML: {}", error.message());
                self.reject(error.span(), "", &message);
            }
            return None;
        }
        let mut root = root.into_inner();
        let config = self.config(&mut root);
        let hosts: Vec<HostLine> = self.list(&mut root, "hosts");
        let lines: Vec<InstanceLine> = self.list(&mut root, "instances");
        let steps = self.values(&mut root, "steps");
        let head: Option<Head> = {
            let span = 0..0;
            self.part(Spanned::new(span, DeValue::Table(root)), "")
        };
        let domains = self.domains(&lines);
        let names = Names {
            hosts: hosts.iter().map(|host| host.id.clone()).collect(),
            domains: domains.iter().map(|d| (d.name.clone(), d.id)).collect(),
        };
        let steps = steps::read(self, steps);
        let file = self.file.to_owned();
        let scenario = Scenario { file, head: head?, config, hosts, domains, names, steps };
        validate::check(self, &scenario);
        if self.mistakes.is_empty() {
            self.mistakes.extend(settings::mistakes(&scenario));
        }
        Some(scenario)
    }

    /// Notes something that is wrong.
    pub(super) fn reject(&mut self, span: Option<Range<usize>>, place: &str, message: &str) {
        let line = span.map(|span| {
            self.text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
        });
        let (file, place) = (self.file.to_owned(), place.to_owned());
        self.mistakes.push(Mistake { file, line, place, message: message.to_owned() });
    }

    /// How a value is written, in one line.
    pub(super) fn words(&self, value: &Value<'a>) -> String {
        let written = self.text.get(value.span()).unwrap_or_default();
        let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let inside = |from, to| line.strip_prefix(from).and_then(|rest| rest.strip_suffix(to));
        inside('{', '}').or_else(|| inside('"', '"')).unwrap_or(&line).trim().to_owned()
    }

    /// A part of the file, as the type that it is to be.
    pub(super) fn part<T: DeserializeOwned>(&mut self, value: Value<'a>, place: &str) -> Option<T> {
        let whole = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(part) => Some(part),
            Err(error) => {
                let span = error.span().or(Some(whole)).filter(|span| *span != (0..0));
                self.reject(span, place, error.message());
                None
            }
        }
    }

    /// The elements of a list that may be left out.
    pub(super) fn values(&mut self, table: &mut Table<'a>, key: &str) -> Vec<Value<'a>> {
        let Some(value) = table.remove(key) else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(values) => values.into_iter().collect(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => {
                let message = format!("must be a list: write [[{key}]], once for each");
                self.reject(Some(span), key, &message);
                Vec::new()
            }
        }
    }

    fn list<T: DeserializeOwned>(&mut self, root: &mut Table<'a>, key: &str) -> Vec<T> {
        let values = self.values(root, key).into_iter().enumerate();
        values.filter_map(|(n, value)| self.part(value, &format!("{key}[{n}]"))).collect()
    }

    fn config(&mut self, root: &mut Table<'a>) -> toml::Table {
        let config = root.remove("config");
        let config: Option<toml::Table> = config.and_then(|value| self.part(value, "config"));
        let mut config = config.unwrap_or_default();
        for key in ["hosts", "instances"] {
            if config.remove(key).is_some() {
                let message = format!("stands at the top of the file: write [[{key}]]");
                self.reject(None, &format!("config.{key}"), &message);
            }
        }
        config
    }

    fn domains(&mut self, lines: &[InstanceLine]) -> Vec<Domain> {
        let mut domains: Vec<Domain> = Vec::new();
        for (entry, line) in lines.iter().enumerate() {
            for name in numbered(&line.name, line.count) {
                if domains.iter().any(|other| other.name == name) {
                    let place = format!("instances[{entry}].name");
                    let message = format!("`{name}` is there already: names stand for one domain");
                    self.reject(None, &place, &message);
                    continue;
                }
                let seen = line.seen.map_or_else(|| line.desired.plain(), |Seen(seen)| seen);
                let managed = line.managed.then(|| Managed {
                    desired: line.desired,
                    policy: line.policy.clone(),
                    priority: line.priority,
                });
                let (id, host) = (domain_id(&name), line.host.clone());
                domains.push(Domain { id, name, host, seen, managed, entry });
            }
        }
        domains
    }
}
