//! `[policies.NAME.DESIRED]`: what to do about each mismatch.

use std::collections::BTreeMap;
use std::fmt;

use super::entry::{Entry, check_name};
use super::layers::{DEFAULTS, Tree};
use super::path::KeyPath;
use super::reader::{Report, Section};
use super::rule::rule;
use super::schema::Keys;
use crate::model::{Condition, DesiredState, State};
use crate::policy::{Policies, RuleKey, Rules, TableError};

/// What errors of the built-in rules have as their policy's name.
const BUILT_IN: &str = "built-in";

/// The user's policies by name. `default` need not be among them to exist.
#[derive(Debug, Default)]
pub(super) struct Users(BTreeMap<String, Rules>);

impl Users {
    /// Whether an instance can name this policy.
    pub(super) fn has(&self, name: &str) -> bool {
        name == "default" || self.0.contains_key(name)
    }
}

/// The names, separated by commas.
impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("default")?;
        let mut named = self.0.keys().filter(|name| *name != "default");
        named.try_for_each(|name| write!(f, ", {name}"))
    }
}

/// Reads the user's policies.
pub(super) fn users(table: Option<Entry<'_>>) -> Users {
    let mut users = Users::default();
    let table = table.and_then(Entry::section);
    for (name, entry) in table.into_iter().flat_map(|table| table.into_entries(&Keys::Names)) {
        if let Err(message) = check_name(&name) {
            entry.reject::<()>(&message);
        } else if name == BUILT_IN {
            entry.reject::<()>("is the name of the policy that lies under all others");
        }
        users.0.insert(name, rules(entry));
    }
    users
}

/// Resolves the policies, with the built-in rules under them.
pub(super) fn resolve(report: &Report, built_in: Tree, users: &Users) -> Option<Policies> {
    if report.survey().is_some() {
        // The built-in rules are read as the users' are.
        return None;
    }
    let origin = DEFAULTS.to_owned();
    let path = KeyPath::default().key("policies");
    let mut built_in = Section::new(report, path, Some(origin), built_in);
    let built_in = built_in.need("default").map(rules).unwrap_or_default();
    match Policies::new(&built_in, &users.0) {
        Ok(policies) => Some(policies),
        Err(errors) => {
            errors.iter().for_each(|error| reject(report, error));
            None
        }
    }
}

fn rules(entry: Entry<'_>) -> Rules {
    let mut rules = Rules::new();
    let mut by_desired = match entry.section() {
        Some(section) => section,
        None => return rules,
    };
    for &desired in DesiredState::ALL {
        let Some(section) = by_desired.take(desired.as_str()).and_then(Entry::section) else {
            continue;
        };
        for (key, entry) in section.into_entries(&rule_keys()) {
            match key.parse::<RuleKey>() {
                Ok(key) => {
                    if let Some(rule) = rule(entry) {
                        rules.insert((desired, key), rule);
                    }
                }
                Err(error) => drop(entry.reject::<()>(&error.to_string())),
            }
        }
    }
    by_desired.finish();
    rules
}

/// Everything that a rule can stand under.
fn rule_keys() -> Keys {
    let exact = Condition::ALL.iter().map(|seen| RuleKey::Exact(*seen));
    let states = State::ALL.iter().map(|state| RuleKey::State(*state));
    let mut words: Vec<_> =
        exact.chain(states).chain([RuleKey::Otherwise]).map(|key| key.to_string()).collect();
    words.sort();
    words.dedup();
    Keys::Words(words)
}

/// Says an error of the table's in terms of the file.
fn reject(report: &Report, error: &TableError) {
    let (policy, desired, key, field) = match error {
        TableError::Hole { policy, desired, .. } => (policy, desired, None, None),
        TableError::InSync { policy, desired, key } => (policy, desired, Some(key), None),
        TableError::NoWay { policy, desired, key, .. } => {
            (policy, desired, Some(key), Some("action"))
        }
        TableError::NotAcceptable { policy, desired, key, .. } => {
            (policy, desired, Some(key), Some("exhausted"))
        }
    };
    let (origin, policy) =
        if policy == BUILT_IN { (Some(DEFAULTS), "default") } else { (None, policy.as_str()) };
    let table = KeyPath::default().key("policies").key(policy).key(desired.as_str());
    let rule = key.map_or(table.clone(), |key| table.key(&key.to_string()));
    let path = field.map_or(rule.clone(), |field| rule.key(field));
    report.reject(&path, origin, &error.to_string());
}
