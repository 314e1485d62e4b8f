//! The alerts and the dashboard that come with the service ask for metrics that it really has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use assured_lab::GuestKind;

use crate::world::World;

fn deployed(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

/// The metrics of an answer, with the labels and values that they have.
fn exported(text: &str) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let mut metrics = BTreeMap::<String, BTreeMap<_, BTreeSet<_>>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name: String = line.chars().take_while(|&c| is_of_a_name(c)).collect();
        let labels = metrics.entry(name).or_default();
        let inside = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        for pair in inside.map_or("", |(inside, _)| inside).split("\",") {
            if let Some((label, value)) = pair.split_once("=\"") {
                let value = value.trim_end_matches('"').to_owned();
                labels.entry(label.to_owned()).or_default().insert(value);
            }
        }
    }
    metrics
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Everything in a text that is the name of a metric, with what is asked of its labels.
fn asked_for(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("assured_").chain(text.match_indices("process_")) {
        if text[..at].chars().next_back().is_some_and(is_of_a_name) {
            continue;
        }
        let name: String = text[at..].chars().take_while(|&c| is_of_a_name(c)).collect();
        let rest = &text[at + name.len()..];
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        found.push((name, inside.map_or(String::new(), |(inside, _)| inside.to_owned())));
    }
    found
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let guest = world.running(0, "web-1", GuestKind::Idle);
    let service = world.site.start();
    service.adopt(&[&guest]);
    guest.host().virsh(&["destroy", guest.name()]).unwrap();
    let mut text = String::new();
    service.until("a repair is counted", || {
        text = service.get("/metrics").as_str().unwrap().to_owned();
        text.contains("assured_repair_seconds_count 1")
    });
    let metrics = exported(&text);
    for path in ["prometheus/alerts.yml", "grafana/assured.json"] {
        let asked = std::fs::read_to_string(deployed(path)).unwrap().replace("\\\"", "\"");
        let asked = asked_for(&asked);
        assert!(asked.len() > 10, "{path}: {asked:?}");
        for (name, matchers) in asked {
            let labels = metrics.get(&name).unwrap_or_else(|| panic!("{path}: there is no {name}"));
            for matcher in matchers.split(',').filter(|m| !m.is_empty()) {
                let (label, wanted) = matcher.split_once('=').unwrap();
                let wanted = wanted.trim_start_matches('~').trim_matches('"');
                // Prometheus itself adds the job; the host is the reader's choice.
                if label == "job" || wanted.starts_with('$') {
                    continue;
                }
                let values = labels.get(label);
                for one in wanted.split('|') {
                    assert!(
                        values.is_some_and(|values| values.contains(one)),
                        "{path}: {name} has no {label} {one}: {labels:?}"
                    );
                }
            }
        }
    }
    service.kill();
    world.end();
}

#[test]
fn promtool_finds_the_alerts_correct_and_they_fire_when_they_should() {
    for (words, file) in
        [(["check", "rules"], "alerts.yml"), (["test", "rules"], "alerts.test.yml")]
    {
        let folder = deployed("prometheus");
        let said =
            Command::new("promtool").args(words).arg(file).current_dir(folder).output().unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&said.stdout),
            String::from_utf8_lossy(&said.stderr)
        );
        assert!(said.status.success(), "{words:?} {file}: {told}");
    }
}
