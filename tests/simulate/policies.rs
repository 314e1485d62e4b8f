//! Random policies that are valid.

use std::fmt::Write as _;

use fastrand::Rng;

use super::draw::pick;

/// What can be said of a condition that is not the desired one.
type Cell = (&'static str, &'static [&'static str]);

const RUNNING: &[Cell] = &[
    ("shutoff/destroyed", &["start", "start", "accept", "alert"]),
    ("shutoff/crashed", &["start", "start", "alert"]),
    ("shutoff/shutdown", &["accept", "start", "ignore"]),
    ("shutoff/terminated", &["start", "accept"]),
    ("shutoff/unknown", &["start", "alert"]),
    ("shutoff/failed", &["start", "start", "accept"]),
    ("shutoff/saved", &["start", "alert"]),
    ("shutoff", &["start"]),
    ("paused/user", &["resume", "accept", "restart", "ignore"]),
    ("paused/ioerror", &["resume", "restart"]),
    ("paused/watchdog", &["restart", "alert"]),
    ("crashed", &["restart", "alert"]),
    ("pmsuspended", &["wakeup", "ignore"]),
    ("missing", &["redefine", "redefine", "alert"]),
];

const PAUSED: &[Cell] = &[
    ("running", &["pause", "accept", "alert"]),
    ("shutoff/destroyed", &["start_paused", "accept", "alert"]),
    ("shutoff/crashed", &["start_paused", "alert"]),
    ("shutoff/saved", &["start_paused", "accept"]),
    ("missing", &["redefine", "alert"]),
];

const SHUTOFF: &[Cell] = &[
    ("running", &["shutdown", "shutdown", "destroy", "accept"]),
    ("paused/user", &["destroy", "accept"]),
    ("paused/ioerror", &["destroy", "alert"]),
    ("crashed", &["destroy", "ignore"]),
];

/// The names of all policies, and the two or three that are drawn, as TOML.
pub fn draw(rng: &mut Rng) -> (Vec<String>, String) {
    let mut names = vec!["default".to_owned()];
    let mut text = String::new();
    if rng.bool() {
        table(rng, "default", &mut text);
    }
    for number in 1..=rng.usize(2..=3) {
        let name = format!("p{number}");
        table(rng, &name, &mut text);
        names.push(name);
    }
    (names, text)
}

fn table(rng: &mut Rng, name: &str, text: &mut String) {
    for (desired, cells) in [("running", RUNNING), ("paused", PAUSED), ("shutoff", SHUTOFF)] {
        let _ = writeln!(text, "[policies.{name}.{desired}]");
        for (key, actions) in cells {
            if rng.u8(0..3) > 0 {
                let action = *pick(rng, actions);
                let _ = writeln!(text, "\"{key}\" = {}", rule(rng, key, action));
            }
        }
    }
}

fn rule(rng: &mut Rng, key: &str, action: &str) -> String {
    let mut text = format!("{{ action = \"{action}\"");
    if rng.bool() {
        let _ = write!(text, ", grace = \"{}s\"", pick(rng, &[1, 5, 30, 120]));
    }
    if !matches!(action, "accept" | "alert" | "ignore") {
        let least = if action == "shutdown" { 2 } else { 1 };
        let _ = write!(
            text,
            ", retry = {{ attempts = {}, initial = \"{}ms\", factor = {}.0, max = \"30s\", \
             window = \"{}s\" }}",
            rng.u8(least..=4),
            pick(rng, &[100, 1000, 5000]),
            pick(rng, &[1, 2, 3]),
            pick(rng, &[120, 300, 600]),
        );
        // Only what is a state that can be desired can be accepted.
        let all = matches!(key, "running" | "paused/user") || key.starts_with("shutoff/");
        let exhausted = if all { &["slow", "stop", "accept"][..] } else { &["slow", "stop"] };
        let _ = write!(text, ", exhausted = \"{}\"", pick(rng, exhausted));
        let _ = write!(text, ", slow_interval = \"{}s\"", pick(rng, &[60, 300]));
        if rng.u8(0..8) == 0 && action.starts_with("start") {
            let _ = write!(text, ", max_downtime = \"{}s\"", pick(rng, &[60, 600]));
        }
    }
    if action == "shutdown" {
        let _ = write!(text, ", force_after = \"{}s\"", pick(rng, &[1, 20, 120]));
    }
    text + " }"
}
