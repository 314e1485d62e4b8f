//! Policies for tests: the built-in one, one that gives up and accepts, and random ones.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use assured::config;
use assured::model::{Action, Condition, DesiredState, Severity, State};
use assured::policy::{Cell, Exhausted, Policies, Retry, Rule, RuleKey, Rules, Table, TableError};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::ways::leads;

/// The built-in policy.
pub fn built_in() -> &'static Table {
    static TABLE: LazyLock<Arc<Table>> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("empty.toml");
        std::fs::write(&file, "").unwrap();
        let settings = config::load(&[file], std::iter::empty()).unwrap();
        settings.policies.get("default").unwrap().clone()
    });
    &TABLE
}

/// A policy that does something about everything that can be done something about, with few
/// attempts; which gives up or accepts what it cannot repair, and leaves alone what was down for
/// long.
pub fn strict() -> &'static Table {
    static TABLE: LazyLock<Arc<Table>> = LazyLock::new(|| {
        let mut rules = rules_of(built_in());
        for (&(desired, key), rule) in &mut rules {
            let RuleKey::Exact(seen) = key else { continue };
            // Not the first that there is, so that each is somewhere.
            let ways = actions(desired, key).iter().filter(|a| a.command().is_some());
            let ways: Vec<_> = ways.collect();
            if !ways.is_empty() && rule.action != Action::Accept {
                rule.action = *ways[seen.index() % ways.len()];
            }
            rule.retry.attempts = 2;
            let accept = DesiredState::met_in(seen).is_some();
            rule.exhausted = if accept { Exhausted::Accept } else { Exhausted::Stop };
            rule.max_downtime = Some(Duration::from_secs(3600));
            // What nobody brings back by himself is worth more than this says.
            let missing = seen == Condition::Missing;
            rule.severity = if missing { Severity::Info } else { Severity::Critical };
            rule.grace = rule.grace.max(Duration::from_secs(5));
        }
        Policies::new(&rules, &BTreeMap::new()).unwrap().get("default").unwrap().clone()
    });
    &TABLE
}

/// The actions that lead on from wherever this key can stand for; every one where none does, so
/// that this is tried too.
pub fn actions(desired: DesiredState, key: RuleKey) -> &'static [Action] {
    static ACTIONS: LazyLock<BTreeMap<(DesiredState, RuleKey), Vec<Action>>> =
        LazyLock::new(|| {
            let all =
                DesiredState::ALL.iter().flat_map(|&d| keys().into_iter().map(move |k| (d, k)));
            all.map(|(desired, key)| {
                let mut covered = Condition::ALL.to_vec();
                covered.retain(|&seen| !desired.is_met_by(seen) && closeness(key, seen).is_some());
                let leads = |a: &Action| covered.iter().all(|&seen| leads(*a, seen, desired));
                ((desired, key), Action::ALL.iter().copied().filter(leads).collect())
            })
            .collect()
        });
    let actions = &ACTIONS[&(desired, key)];
    if actions.is_empty() { Action::ALL } else { actions }
}

/// A table as the rules of one layer.
pub fn rules_of(table: &Table) -> Rules {
    let mut rules = Rules::new();
    for &desired in DesiredState::ALL {
        for &seen in Condition::ALL {
            if let Cell::Rule(matched) = table.cell(desired, seen) {
                rules.insert((desired, RuleKey::Exact(seen)), matched.rule);
            }
        }
    }
    rules
}

/// Every key that a rule can be written under.
pub fn keys() -> Vec<RuleKey> {
    let exact = Condition::ALL.iter().map(|&c| RuleKey::Exact(c));
    let states = State::ALL.iter().map(|&s| RuleKey::State(s));
    exact.chain(states).chain([RuleKey::Otherwise]).collect()
}

/// How close a key is to a condition; none where it does not stand for it.
pub fn closeness(key: RuleKey, seen: Condition) -> Option<u8> {
    match key {
        RuleKey::Exact(condition) => (condition == seen).then_some(3),
        RuleKey::State(state) if state == seen.state() => Some(2),
        RuleKey::State(State::Running) if seen.state() == State::Blocked => Some(1),
        RuleKey::State(_) => None,
        RuleKey::Otherwise => Some(0),
    }
}

/// The policies of these layers, without the rules that cannot work.
pub fn valid(mut built_in: Rules, mut users: BTreeMap<String, Rules>) -> Policies {
    loop {
        let errors = match Policies::new(&built_in, &users) {
            Ok(policies) => return policies,
            Err(errors) => errors,
        };
        for error in errors {
            match error {
                TableError::Hole { desired, .. } => {
                    built_in.insert((desired, RuleKey::Otherwise), Rule::new(Action::Alert));
                }
                TableError::InSync { policy, desired, key }
                | TableError::NoWay { policy, desired, key, .. }
                | TableError::NotAcceptable { policy, desired, key, .. } => {
                    let rules = users.get_mut(&policy).unwrap_or(&mut built_in);
                    rules.remove(&(desired, key));
                }
            }
        }
    }
}

/// Durations that mean something, and some that should not matter.
pub fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0u64..900).prop_map(Duration::from_secs),
        2 => (0u64..10_000_000_000).prop_map(Duration::from_nanos),
        1 => (0u64..200_000).prop_map(Duration::from_secs),
        1 => prop::sample::select(vec![Duration::ZERO, Duration::from_nanos(1), Duration::MAX]),
    ]
}

/// Whatever the configuration lets through, and a little more.
pub fn retry() -> impl Strategy<Value = Retry> {
    let attempts = prop_oneof![4 => 1u32..6, 1 => 1u32..=1000];
    (attempts, duration(), 1.0..=10.0f64, duration(), 0.0..=1.0f64).prop_map(
        |(attempts, initial, factor, max, jitter)| {
            let initial = initial.max(Duration::from_millis(100));
            let max = max.max(initial);
            Retry { attempts, initial, factor, max, jitter, window: Duration::MAX }
        },
    )
}

pub fn rule() -> impl Strategy<Value = Rule> {
    let exhausted = prop::sample::select(Exhausted::ALL);
    let severity = prop::sample::select(Severity::ALL);
    let times = (duration(), duration(), duration(), prop::option::of(duration()));
    (prop::sample::select(Action::ALL), retry(), exhausted, severity, times).prop_map(
        |(
            action,
            retry,
            exhausted,
            severity,
            (grace, slow_interval, force_after, max_downtime),
        )| {
            Rule {
                action,
                grace,
                retry,
                exhausted,
                slow_interval,
                max_downtime,
                force_after,
                severity,
            }
        },
    )
}

/// Rules that mostly work.
pub fn rules(count: usize) -> impl Strategy<Value = Rules> {
    let at = (prop::sample::select(DesiredState::ALL), prop::sample::select(keys()));
    let choice = any::<prop::sample::Index>();
    let one = (at, rule(), choice).prop_map(|((desired, key), rule, choice)| {
        let action =
            if choice.index(16) == 0 { rule.action } else { *choice.get(actions(desired, key)) };
        ((desired, key), Rule { action, ..rule })
    });
    prop::collection::vec(one, 0..=count).prop_map(|all| all.into_iter().collect())
}

/// Policies of random rules: `default`, and `mine` over it. Made once, for making them takes longer
/// than asking them.
pub fn policies() -> impl Strategy<Value = &'static Policies> {
    static POOL: LazyLock<Vec<Policies>> = LazyLock::new(|| {
        let mut runner = TestRunner::deterministic();
        let layers = (rules(120), rules(60), rules(20));
        let one = layers.prop_map(|(built_in, default, mine)| {
            valid(built_in, [("default".to_owned(), default), ("mine".to_owned(), mine)].into())
        });
        (0..16).map(|_| one.new_tree(&mut runner).unwrap().current()).collect()
    });
    (0..POOL.len()).prop_map(|at| &POOL[at])
}
