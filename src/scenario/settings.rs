//! The settings that a scenario is played with: what the configuration's room makes of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::{Table, Value};

use super::error::{Mistake, Mistakes};
use super::file::{Domain, HostLine, Managed, Scenario};
use crate::config::{self, ConfigError, Settings};

/// Where settings come from, and how hosts are reached.
pub struct Sources<'a> {
    /// Configuration files whose settings are used instead of the scenario's own; hosts and
    /// instances are the scenario's all the same.
    pub config: &'a [PathBuf],
    /// The URI of a host, by its name.
    pub uri: &'a dyn Fn(&str) -> String,
}

impl Scenario {
    /// The settings that it is played with.
    ///
    /// # Errors
    /// Everything that the configuration's room finds wrong, said of the scenario's file.
    pub fn settings(&self, from: &Sources<'_>) -> Result<Settings, Mistakes> {
        let mut top = if from.config.is_empty() { self.config.clone() } else { Table::new() };
        let host = |line: &HostLine| {
            let mut host = line.config.clone();
            host.insert("id".to_owned(), line.id.clone().into());
            host.insert("uri".to_owned(), (from.uri)(&line.id).into());
            Value::Table(host)
        };
        top.insert("hosts".to_owned(), self.hosts.iter().map(host).collect::<Vec<_>>().into());
        let managed: Vec<_> =
            self.domains.iter().filter_map(|d| Some((d, d.managed.as_ref()?))).collect();
        let instances: Vec<_> = managed.iter().map(|(d, m)| Value::Table(instance(d, m))).collect();
        top.insert("instances".to_owned(), instances.into());
        let text = config::Text { name: self.file.clone(), toml: top.to_string() };
        config::load_under(from.config, text).map_err(|errors| {
            // Entries with a count are one in the file.
            let entries: Vec<usize> = managed.iter().map(|(domain, _)| domain.entry).collect();
            let mut said = BTreeMap::new();
            for error in errors.iter() {
                let mistake = self.mistake(error, &entries);
                said.entry(mistake.to_string()).or_insert(mistake);
            }
            Mistakes(said.into_values().collect())
        })
    }

    fn mistake(&self, error: &ConfigError, entries: &[usize]) -> Mistake {
        let mut place = error.key.clone();
        if let Some((number, rest)) = place
            .strip_prefix("instances[")
            .and_then(|rest| rest.split_once(']'))
            .and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest)))
        {
            let entry = entries.get(number).copied().unwrap_or(number);
            place = format!("instances[{entry}]{rest}");
        } else if !place.starts_with("hosts") && error.file.as_deref() == Some(self.file.as_str()) {
            place = format!("config.{place}");
        }
        let file = error.file.clone().unwrap_or_else(|| self.file.clone());
        Mistake { file, line: None, place, message: error.message.clone() }
    }
}

/// What is wrong with a scenario's own settings.
pub(super) fn mistakes(scenario: &Scenario) -> Vec<Mistake> {
    let mut found: Vec<Mistake> = Vec::new();
    for (place, host) in scenario.hosts.iter().enumerate() {
        if host.config.contains_key("uri") {
            let message = "is not given in a scenario: its hosts are not real".to_owned();
            let (file, place) = (scenario.file.clone(), format!("hosts[{place}].uri"));
            found.push(Mistake { file, line: None, place, message });
        }
    }
    let sources = Sources { config: &[], uri: &simulated_uri };
    found.extend(scenario.settings(&sources).err().into_iter().flat_map(|Mistakes(list)| list));
    found
}

/// The URI of a host that is simulated.
pub(super) fn simulated_uri(host: &str) -> String {
    format!("test:///{host}")
}

fn instance(domain: &Domain, managed: &Managed) -> Table {
    let mut table = Table::new();
    table.insert("name".to_owned(), domain.name.clone().into());
    table.insert("host".to_owned(), domain.host.clone().into());
    table.insert("desired".to_owned(), managed.desired.as_str().into());
    if let Some(policy) = &managed.policy {
        table.insert("policy".to_owned(), policy.clone().into());
    }
    if let Some(priority) = managed.priority {
        table.insert("priority".to_owned(), i64::from(priority).into());
    }
    table
}
