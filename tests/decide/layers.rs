//! Tables made of random layers: no holes, the right rule everywhere, and every mistake found.

use std::collections::BTreeMap;
use std::time::Duration;

use assured::model::{Action, Command, Condition, DesiredState, State};
use assured::policy::{
    Cell, Exhausted, Layer, Policies, Rule, RuleKey, Rules, TableError, explain,
};
use proptest::prelude::*;

use super::tables::{self, closeness};
use super::ways::leads;

/// The rule of the first layer that has one, and of that the closest: by going through all rules.
fn naive(
    layers: &[(Layer, &Rules)],
    desired: DesiredState,
    seen: Condition,
) -> Option<(Layer, RuleKey, Rule)> {
    layers.iter().find_map(|(layer, rules)| {
        let of = rules.iter().filter(|((d, _), _)| *d == desired);
        let close = of.filter_map(|((_, key), rule)| Some((closeness(*key, seen)?, *key, *rule)));
        close.max_by_key(|(close, ..)| *close).map(|(_, key, rule)| (*layer, key, rule))
    })
}

fn everywhere() -> impl Iterator<Item = (DesiredState, Condition)> {
    DesiredState::ALL.iter().flat_map(|&d| Condition::ALL.iter().map(move |&seen| (d, seen)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_cell_is_the_first_layers_closest_rule(
        built_in in tables::rules(40),
        default in tables::rules(30),
        mine in tables::rules(20),
    ) {
        // What is left of them when the rules that cannot work are gone.
        let mut layers = [built_in, default, mine];
        let policies = loop {
            let [built_in, default, mine] = &layers;
            let users = [("default".to_owned(), default.clone()), ("mine".to_owned(), mine.clone())];
            let errors = match Policies::new(built_in, &users.into()) {
                Ok(policies) => break policies,
                Err(errors) => errors,
            };
            for error in errors {
                let (policy, at) = match error {
                    TableError::Hole { desired, .. } => {
                        let rule = Rule::new(Action::Alert);
                        layers[0].insert((desired, RuleKey::Otherwise), rule);
                        continue;
                    }
                    TableError::InSync { policy, desired, key }
                    | TableError::NoWay { policy, desired, key, .. }
                    | TableError::NotAcceptable { policy, desired, key, .. } => (policy, (desired, key)),
                };
                let layer = match policy.as_str() { "built-in" => 0, "default" => 1, _ => 2 };
                prop_assert!(layers[layer].remove(&at).is_some(), "{policy} {at:?}");
            }
        };
        let [built_in, default, mine] = &layers;
        let below = [(Layer::Default, default), (Layer::BuiltIn, built_in)];
        let all = [(Layer::Named, mine), below[0], below[1]];
        prop_assert_eq!(policies.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["default", "mine"]);
        let mut downtimes = Vec::new();
        for (name, layers) in [("default", &below[..]), ("mine", &all[..])] {
            let table = policies.get(name).unwrap();
            prop_assert_eq!(table.name(), name);
            for (desired, seen) in everywhere() {
                let (cell, expected) = (table.cell(desired, seen), naive(layers, desired, seen));
                let found = match cell {
                    Cell::InSync => None,
                    Cell::Rule(found) => Some((found.layer, found.key, found.rule)),
                };
                prop_assert_eq!(found, expected.filter(|_| !desired.is_met_by(seen)));
                prop_assert_eq!(explain(table, desired, seen).matched.is_none(), found.is_none());
                let Some((.., rule)) = found else { continue };
                downtimes.extend(rule.max_downtime);
                prop_assert!(leads(rule.action, seen, desired), "{desired} {seen} {rule:?}");
                let accepts = rule.exhausted == Exhausted::Accept && rule.action.command().is_some();
                prop_assert!(!accepts || leads(Action::Accept, seen, desired), "{desired} {seen}");
            }
        }
        prop_assert_eq!(policies.shortest_downtime(), downtimes.into_iter().min());
    }
}

/// One rule over a table that does nothing.
fn tried(desired: DesiredState, key: RuleKey, rule: Rule) -> Result<Policies, Vec<TableError>> {
    let otherwise = |d: &DesiredState| ((*d, RuleKey::Otherwise), Rule::new(Action::Ignore));
    let built_in = DesiredState::ALL.iter().map(otherwise).collect();
    let rules = Rules::from([((desired, key), rule)]);
    Policies::new(&built_in, &BTreeMap::from([("mine".to_owned(), rules)]))
}

#[test]
fn a_rule_is_taken_where_its_action_leads_and_nowhere_else() {
    for (desired, seen) in everywhere().filter(|(desired, seen)| !desired.is_met_by(*seen)) {
        for &action in Action::ALL {
            let made = tried(desired, RuleKey::Exact(seen), Rule::new(action));
            assert_eq!(made.is_ok(), leads(action, seen, desired), "{action} {desired} {seen}");
        }
    }
}

#[test]
fn every_mistake_is_found_and_named() {
    let policy = || "mine".to_owned();
    let (desired, shutoff) = (DesiredState::Running, RuleKey::State(State::Shutoff));
    for key in [RuleKey::Exact(Condition::RunningBooted), RuleKey::State(State::Blocked)] {
        let error = TableError::InSync { policy: policy(), desired, key };
        assert_eq!(tried(desired, key, Rule::new(Action::Ignore)), Err(vec![error]));
    }
    let (action, seen) = (Action::Resume, Condition::ShutoffUnknown);
    let error = TableError::NoWay { policy: policy(), desired, key: shutoff, action, seen };
    assert_eq!(tried(desired, shutoff, Rule::new(action)), Err(vec![error]));
    // Of all reasons, the one that cannot be accepted.
    let seen = Condition::ShutoffMigrated;
    let error = TableError::NotAcceptable { policy: policy(), desired, key: shutoff, seen };
    let rule = Rule { exhausted: Exhausted::Accept, ..Rule::new(Action::Start) };
    assert_eq!(tried(desired, shutoff, rule), Err(vec![error]));
    // What is only reported has no attempts that could be spent.
    let rule = Rule { exhausted: Exhausted::Accept, ..Rule::new(Action::Alert) };
    assert!(tried(desired, shutoff, rule).is_ok());
    // `shutoff` is not all that a domain that migrated away is.
    assert!(tried(DesiredState::Shutoff, shutoff, Rule::new(Action::Alert)).is_ok());
    let holes = Policies::new(&Rules::new(), &BTreeMap::new()).unwrap_err();
    let (policy, seen) = ("default".to_owned(), Condition::NoStateUnknown);
    assert_eq!(holes[0], TableError::Hole { policy, desired: DesiredState::Running, seen });
    let met = everywhere().filter(|(desired, seen)| desired.is_met_by(*seen)).count();
    assert_eq!(holes.len(), 3 * Condition::COUNT - met);
}

#[test]
fn the_shortest_downtime_is_the_least_of_all_policies() {
    let of = |seconds| Rule {
        max_downtime: Some(Duration::from_secs(seconds)),
        ..Rule::new(Action::Start)
    };
    let at = (DesiredState::Running, RuleKey::State(State::Shutoff));
    let users = [("default", 50), ("web", 20), ("mail", 30)];
    let users = users.map(|(name, s)| (name.to_owned(), Rules::from([(at, of(s))])));
    let built_in = tables::rules_of(tables::built_in());
    let policies = Policies::new(&built_in, &users.into()).unwrap();
    assert_eq!(policies.shortest_downtime(), Some(Duration::from_secs(20)));
    assert_eq!(policies.get_or_default("gone").name(), "default");
    assert_eq!(policies.get_or_default("web").name(), "web");
    assert!(policies.get("gone").is_none());
    let plain = Policies::new(&built_in, &BTreeMap::new()).unwrap();
    assert_eq!(plain.shortest_downtime(), None);
}

#[test]
fn a_key_is_read_back_from_its_text() {
    for key in tables::keys() {
        let read: RuleKey = key.to_string().parse().unwrap();
        // `missing` is a state without reasons: as a key it is the condition.
        let same = read == key || key == RuleKey::State(State::Missing);
        assert!(same, "{key} reads as {read:?}");
    }
    assert!("shutoff/nonsense".parse::<RuleKey>().is_err());
    assert!("nonsense".parse::<RuleKey>().is_err());
    assert_eq!("missing".parse(), Ok(RuleKey::Exact(Condition::Missing)));
    assert_eq!(Command::ALL.len() + 3, Action::ALL.len());
}
