//! The built-in policy, compared with the table that the documentation has, and the order in which
//! the layers of a policy count.

#![allow(clippy::unwrap_used)] // in helpers too: a test may fail anywhere

use std::collections::BTreeSet;
use std::time::Duration;

use assured::config::{Settings, load};
use assured::model::{Action, Condition, DesiredState, Severity};
use assured::policy::{Cell, Exhausted, Layer, Matched, RuleKey};

/// Conditions (`state/*` is every reason of a state), and what is done about them where running,
/// paused and shutoff are desired: an action with what differs from a rule's defaults.
const TABLE: &[(&str, [&str; 3])] = &[
    ("running/* blocked/*", ["in sync", "pause", "shutdown, force_after 2m"]),
    ("paused/user paused/unknown", ["resume, grace 30s", "in sync", "destroy, grace 30s"]),
    ("paused/ioerror", ["resume, grace 30s, slow, warning", "alert", "destroy, grace 30s"]),
    (
        "paused/watchdog paused/crashed paused/postcopy_failed",
        ["restart, critical", "alert", "destroy"],
    ),
    (
        "paused/migration paused/save paused/dump paused/from_snapshot paused/shutting_down \
         paused/snapshot paused/starting_up paused/postcopy paused/api_error",
        ["alert, grace 10m"; 3],
    ),
    ("shutdown/*", ["alert, grace 5m"; 3]),
    ("shutoff/shutdown", ["accept, grace 2m, info", "alert", "in sync"]),
    ("shutoff/terminated", ["start", "alert", "in sync"]),
    ("shutoff/destroyed shutoff/unknown shutoff/daemon", ["start", "alert", "in sync"]),
    ("shutoff/crashed shutoff/failed", ["start, 5 attempts, warning", "alert", "in sync"]),
    ("shutoff/saved", ["start", "start_paused", "in sync"]),
    ("shutoff/migrated", ["alert, grace 1m, critical"; 3]),
    ("shutoff/from_snapshot", ["alert", "alert", "in sync"]),
    ("crashed/*", ["restart", "alert", "destroy"]),
    ("pmsuspended/*", ["wakeup", "alert", "destroy"]),
    ("missing", ["alert, critical", "alert, critical", "alert, warning"]),
    ("nostate/*", ["alert, grace 1m"; 3]),
];

#[test]
fn the_built_in_policy_is_the_documented_table() {
    let settings = settings("");
    let table = settings.policies.get("default").unwrap();
    let mut seen = BTreeSet::new();
    for (conditions, cells) in TABLE {
        for condition in conditions.split_whitespace().flat_map(conditions_of) {
            assert!(seen.insert(condition), "{condition} stands in two rows");
            for (desired, expected) in DesiredState::ALL.iter().zip(cells) {
                let told = told(table.cell(*desired, condition));
                assert_eq!(told, cell(expected), "{condition} where {desired} is desired");
            }
        }
    }
    assert_eq!(seen.len(), Condition::COUNT, "the table has a row for every condition");
}

#[test]
fn a_users_state_covers_the_built_in_reasons() {
    let settings = settings("[policies.default.running]\nshutoff = { action = 'alert' }");
    for reason in ["shutoff/destroyed", "shutoff/crashed", "shutoff/shutdown"] {
        let matched = matched(&settings, "default", reason);
        assert_eq!(matched.layer, Layer::Default, "{reason}");
        assert_eq!(matched.rule.action, Action::Alert, "{reason}");
    }
    assert_eq!(matched(&settings, "default", "crashed/panicked").layer, Layer::BuiltIn);
}

#[test]
fn within_a_layer_the_closer_rule_counts() {
    let settings = settings(
        "[policies.default.running]
         otherwise = { action = 'ignore' }
         shutoff = { action = 'alert' }
         'shutoff/crashed' = { action = 'start' }",
    );
    let key = |seen| matched(&settings, "default", seen).key;
    assert_eq!(key("shutoff/crashed"), RuleKey::Exact(Condition::ShutoffCrashed));
    assert_eq!(key("shutoff/failed").to_string(), "shutoff");
    assert_eq!(key("missing"), RuleKey::Otherwise);
}

#[test]
fn a_named_policy_lies_over_default_and_that_over_the_built_in_one() {
    let settings = settings(
        "[policies.default.running]
         'shutoff/crashed' = { action = 'alert' }
         'shutoff/failed' = { action = 'alert' }
         [policies.careful.running]
         'shutoff/crashed' = { action = 'ignore' }
         [policies.blunt.running]
         otherwise = { action = 'ignore' }",
    );
    let layer = |policy, seen| matched(&settings, policy, seen).layer;
    assert_eq!(layer("careful", "shutoff/crashed"), Layer::Named);
    assert_eq!(layer("careful", "shutoff/failed"), Layer::Default);
    assert_eq!(layer("careful", "shutoff/destroyed"), Layer::BuiltIn);
    assert_eq!(layer("default", "shutoff/crashed"), Layer::Default);
    // Even the last resort of a layer above comes before the closest rule of one below.
    assert_eq!(layer("blunt", "shutoff/crashed"), Layer::Named);
    assert_eq!(layer("blunt", "shutoff/destroyed"), Layer::Named);
}

#[test]
fn a_rule_is_taken_whole() {
    let settings = settings(
        "[policies.default.running]
         'paused/ioerror' = { action = 'resume' }
         'paused/user' = { action = 'resume', severity = 'critical' }
         [policies.mine.running]
         'paused/user' = { action = 'resume', grace = '5s' }",
    );
    let rule = matched(&settings, "default", "paused/ioerror").rule;
    assert_eq!((rule.grace, rule.severity), (Duration::ZERO, Severity::Info));
    let rule = matched(&settings, "mine", "paused/user").rule;
    assert_eq!((rule.grace, rule.severity), (Duration::from_secs(5), Severity::Info));
}

#[test]
fn redefine_is_for_what_is_missing_and_for_nothing_else() {
    let settings = settings(
        "[policies.default.running]
         missing = { action = 'redefine' }
         [policies.default.shutoff]
         missing = { action = 'redefine' }",
    );
    assert_eq!(matched(&settings, "default", "missing").rule.action, Action::Redefine);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    for key in ["shutoff", "'shutoff/destroyed'", "otherwise", "running"] {
        let rule = format!("[policies.default.paused]\n{key} = {{ action = 'redefine' }}");
        std::fs::write(&file, rule).unwrap();
        let error = load(std::slice::from_ref(&file), std::iter::empty()).unwrap_err().to_string();
        assert!(error.contains("`redefine` cannot lead from"), "{error}");
    }
}

/// What the tests compare of a cell; none where the condition is as desired.
#[derive(Debug, PartialEq)]
struct Told {
    action: Action,
    grace: Duration,
    attempts: u32,
    exhausted: Exhausted,
    force_after: Duration,
    severity: Severity,
}

fn told(cell: &Cell) -> Option<Told> {
    match cell {
        Cell::InSync => None,
        Cell::Rule(Matched { rule, .. }) => Some(Told {
            action: rule.action,
            grace: rule.grace,
            attempts: rule.retry.attempts,
            exhausted: rule.exhausted,
            force_after: rule.force_after,
            severity: rule.severity,
        }),
    }
}

/// Reads a cell of [`TABLE`].
fn cell(text: &str) -> Option<Told> {
    if text == "in sync" {
        return None;
    }
    let mut words = text.split(", ");
    let action = words.next().unwrap().parse().unwrap();
    let mut told = Told {
        action,
        grace: Duration::ZERO,
        attempts: 5,
        exhausted: Exhausted::Slow,
        force_after: Duration::from_secs(120),
        severity: if action == Action::Alert { Severity::Warning } else { Severity::Info },
    };
    for word in words {
        match word.split_once(' ') {
            Some(("grace", time)) => told.grace = humantime::parse_duration(time).unwrap(),
            Some(("force_after", time)) => {
                told.force_after = humantime::parse_duration(time).unwrap();
            }
            Some((number, "attempts")) => told.attempts = number.parse().unwrap(),
            None if word == "slow" => told.exhausted = Exhausted::Slow,
            None => told.severity = word.parse().unwrap(),
            Some(_) => panic!("{word:?} means nothing"),
        }
    }
    Some(told)
}

fn conditions_of(pattern: &str) -> Vec<Condition> {
    match pattern.strip_suffix("/*") {
        Some(state) => Condition::of_state(state.parse().unwrap()).collect(),
        None => vec![pattern.parse().unwrap()],
    }
}

fn matched(settings: &Settings, policy: &str, seen: &str) -> Matched {
    let table = settings.policies.get(policy).unwrap();
    match table.cell(DesiredState::Running, seen.parse().unwrap()) {
        Cell::InSync => panic!("{seen} is as desired"),
        Cell::Rule(matched) => *matched,
    }
}

fn settings(toml: &str) -> Settings {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    std::fs::write(&file, toml).unwrap();
    load(&[file], std::iter::empty()).unwrap()
}
