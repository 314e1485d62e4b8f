//! A policy as a table without holes.
//!
//! Rules lie in layers: the named policy over the user's `default` over the built-in table. The
//! first layer that has a match counts; within a layer `state/reason` comes before `state`, and
//! that before `otherwise`. The table is resolved once, for every desired state and condition, so
//! that a look-up is an index and a hole is found when the configuration is read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::rule::leads;
use super::{Exhausted, Rule};
use crate::model::{Action, Condition, DesiredState, State};

/// What a rule is written under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKey {
    /// `state/reason`, or `missing`.
    Exact(Condition),
    /// A state with whatever reason.
    State(State),
    /// Whatever the layer has no other rule for.
    Otherwise,
}

impl std::fmt::Display for RuleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(condition) => condition.fmt(f),
            Self::State(state) => state.fmt(f),
            Self::Otherwise => f.write_str("otherwise"),
        }
    }
}

impl std::str::FromStr for RuleKey {
    type Err = crate::model::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "otherwise" {
            Ok(Self::Otherwise)
        } else if text.contains('/') || text == State::Missing.as_str() {
            text.parse().map(Self::Exact)
        } else {
            text.parse().map(Self::State)
        }
    }
}

/// The rules of one layer, as they are written.
pub type Rules = BTreeMap<(DesiredState, RuleKey), Rule>;

/// The layers, from the one that is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The policy that the instance names.
    Named,
    /// The user's `default`.
    Default,
    /// What the program brings along.
    BuiltIn,
}

impl Layer {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Named, Self::Default, Self::BuiltIn];

    /// The one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Default => "default",
            Self::BuiltIn => "built-in",
        }
    }
}

/// A rule with where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matched {
    /// In which layer.
    pub layer: Layer,
    /// Under which key.
    pub key: RuleKey,
    /// What it says.
    pub rule: Rule,
}

/// What the table has for one desired state and one condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// The condition is as desired.
    InSync,
    /// It is not, and this is what to do.
    Rule(Matched),
}

/// One policy, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    name: String,
    cells: Vec<Cell>,
}

impl Table {
    /// The policy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What to do about this condition where that is desired.
    #[must_use]
    pub fn cell(&self, desired: DesiredState, seen: Condition) -> &Cell {
        &self.cells[desired.index() * Condition::COUNT + seen.index()]
    }

    fn resolve(name: &str, layers: &[(Layer, &Rules)]) -> Result<Self, Vec<TableError>> {
        let mut holes = Vec::new();
        let mut cells = Vec::with_capacity(DesiredState::COUNT * Condition::COUNT);
        for &desired in DesiredState::ALL {
            for &seen in Condition::ALL {
                if desired.is_met_by(seen) {
                    cells.push(Cell::InSync);
                } else if let Some(matched) = find(layers, desired, seen) {
                    cells.push(Cell::Rule(matched));
                } else {
                    holes.push(TableError::Hole { policy: name.to_owned(), desired, seen });
                }
            }
        }
        if holes.is_empty() { Ok(Self { name: name.to_owned(), cells }) } else { Err(holes) }
    }
}

/// All policies, resolved. There is always one named `default`.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    tables: BTreeMap<String, Arc<Table>>,
}

impl Policies {
    /// Resolves the built-in rules and the user's policies, `default` among them or not.
    ///
    /// # Errors
    /// Every hole, and every rule that cannot work.
    pub fn new(built_in: &Rules, users: &BTreeMap<String, Rules>) -> Result<Self, Vec<TableError>> {
        let none = Rules::new();
        let default = users.get("default").unwrap_or(&none);
        let mut errors: Vec<_> = check("built-in", built_in);
        for (name, rules) in users {
            errors.extend(check(name, rules));
        }
        let mut tables = BTreeMap::new();
        let named = users.keys().map(String::as_str).filter(|name| *name != "default");
        for name in std::iter::once("default").chain(named) {
            let own = if name == "default" { &none } else { users.get(name).unwrap_or(&none) };
            let layers =
                [(Layer::Named, own), (Layer::Default, default), (Layer::BuiltIn, built_in)];
            match Table::resolve(name, &layers) {
                Ok(table) => drop(tables.insert(name.to_owned(), Arc::new(table))),
                Err(holes) => errors.extend(holes),
            }
        }
        if errors.is_empty() { Ok(Self { tables }) } else { Err(errors) }
    }

    /// The policy of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    /// The policy of this name, or `default` where there is none any more.
    #[must_use]
    pub fn get_or_default(&self, name: &str) -> &Arc<Table> {
        self.tables.get(name).unwrap_or_else(|| &self.tables["default"])
    }

    /// The shortest `max_downtime` of any rule; none where no rule has one.
    #[must_use]
    pub fn shortest_downtime(&self) -> Option<Duration> {
        let cells = self.tables.values().flat_map(|table| &table.cells);
        cells
            .filter_map(|cell| match cell {
                Cell::InSync => None,
                Cell::Rule(matched) => matched.rule.max_downtime,
            })
            .min()
    }

    /// All policies by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Table>)> {
        self.tables.iter().map(|(name, table)| (name.as_str(), table))
    }
}

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TableError {
    /// No rule of any layer says what to do here.
    #[error("policy `{policy}` has no rule for {seen} where {desired} is desired")]
    Hole {
        /// The policy.
        policy: String,
        /// What is desired.
        desired: DesiredState,
        /// What is seen.
        seen: Condition,
    },
    /// The rule stands where nothing is to be done.
    #[error("`{key}` is what {desired} means: there is nothing to do about it")]
    InSync {
        /// The policy.
        policy: String,
        /// What is desired.
        desired: DesiredState,
        /// The rule's key.
        key: RuleKey,
    },
    /// The action does not lead to the desired state.
    #[error("`{action}` cannot lead from {seen} to {desired}")]
    NoWay {
        /// The policy.
        policy: String,
        /// What is desired.
        desired: DesiredState,
        /// The rule's key.
        key: RuleKey,
        /// Its action.
        action: Action,
        /// The first condition that it would be used for in vain.
        seen: Condition,
    },
    /// The record cannot follow reality here.
    #[error("`exhausted = \"accept\"` cannot be: {seen} is no state that can be desired")]
    NotAcceptable {
        /// The policy.
        policy: String,
        /// What is desired.
        desired: DesiredState,
        /// The rule's key.
        key: RuleKey,
        /// What would have to be accepted.
        seen: Condition,
    },
}

fn find(layers: &[(Layer, &Rules)], desired: DesiredState, seen: Condition) -> Option<Matched> {
    layers.iter().find_map(|&(layer, rules)| {
        keys_of(seen).find_map(|key| {
            let rule = *rules.get(&(desired, key))?;
            Some(Matched { layer, key, rule })
        })
    })
}

/// The keys that can stand for a condition, the closest first. `blocked` counts as running.
fn keys_of(seen: Condition) -> impl Iterator<Item = RuleKey> {
    let also = (seen.state() == State::Blocked).then_some(RuleKey::State(State::Running));
    [RuleKey::Exact(seen), RuleKey::State(seen.state())]
        .into_iter()
        .chain(also)
        .chain([RuleKey::Otherwise])
}

/// Checks each rule against every condition that it is the layer's answer for.
fn check(policy: &str, rules: &Rules) -> Vec<TableError> {
    let mut errors = Vec::new();
    for (&(desired, key), rule) in rules {
        let mut covered = Condition::ALL.iter().copied().filter(|&seen| {
            !desired.is_met_by(seen)
                && find(&[(Layer::Named, rules)], desired, seen).is_some_and(|m| m.key == key)
        });
        let policy = policy.to_owned();
        let written_for_in_sync = match key {
            RuleKey::Exact(seen) => desired.is_met_by(seen),
            RuleKey::State(state) => Condition::of_state(state).all(|c| desired.is_met_by(c)),
            RuleKey::Otherwise => false,
        };
        if written_for_in_sync {
            errors.push(TableError::InSync { policy, desired, key });
            continue;
        }
        let accepts = rule.exhausted == Exhausted::Accept && rule.action.command().is_some();
        if let Some(seen) = covered.clone().find(|&seen| !leads(rule.action, seen, desired)) {
            let action = rule.action;
            errors.push(TableError::NoWay { policy, desired, key, action, seen });
        } else if let Some(seen) =
            covered.find(|&seen| accepts && DesiredState::met_in(seen).is_none())
        {
            errors.push(TableError::NotAcceptable { policy, desired, key, seen });
        }
    }
    errors
}
