//! What is told of an incident.

use serde_json::{Value, json};

use super::rendering::incident;
use crate::cli::incidents::show::story;
use crate::cli::paint::Paint;
use crate::http::body::{IncidentBody, TimelineEntry, TimelineKind};
use crate::http::tests::fake::at;
use crate::model::{Incident, Resolution};

fn entry(time: &str, kind: TimelineKind, text: &str, detail: Value) -> TimelineEntry {
    TimelineEntry { at: at(time), kind, text: text.into(), by: None, detail }
}

#[test]
fn a_story_is_told_from_its_begin_with_what_each_line_rests_on() {
    let closed = Incident {
        closed_at: Some(at("2026-11-23T07:01:50.5Z")),
        resolution: Some(Resolution::Repaired),
        attempts: 2,
        ..incident()
    };
    let looked = |time: &str, source: &str| json!({ "looked_at": time, "source": source });
    let verdict = |time: &str| {
        json!({
            "observed": "shutoff/crashed", "desired": "running", "generation": 3, "looked_at": time,
            "layer": "built-in", "rule": "shutoff/crashed",
        })
    };
    let hold = TimelineEntry {
        by: Some("api:local".into()),
        ..entry(
            "2026-11-23T05:59:49.9Z",
            TimelineKind::Note,
            "held until 2026-11-23T06:59:49.9Z: new disk",
            Value::Null,
        )
    };
    let mut body = IncidentBody::from(&closed);
    body.timeline = Some(vec![
        entry(
            "2026-11-23T05:59:48.009Z",
            TimelineKind::Observed,
            "shutoff/crashed (before: running/booted)",
            looked("2026-11-23T05:59:48Z", "event"),
        ),
        entry(
            "2026-11-23T05:59:48.009Z",
            TimelineKind::Verdict,
            "start: rule `shutoff/crashed` (built-in) says start",
            verdict("2026-11-23T05:59:48Z"),
        ),
        entry(
            "2026-11-23T05:59:48.01Z",
            TimelineKind::Attempt,
            "start, attempt 1",
            json!({ "attempt": 1, "command": "start", "generation": 3 }),
        ),
        entry(
            "2026-11-23T05:59:48.7Z",
            TimelineKind::Outcome,
            "start: failed (no such device)",
            json!({ "attempt": 1, "command": "start", "outcome": "failed" }),
        ),
        hold,
        entry(
            "2026-11-23T05:59:49.9Z",
            TimelineKind::Verdict,
            "wait until 2026-11-23T06:59:49.9Z: held by api:local: new disk: rule \
             `shutoff/crashed` (built-in) says start",
            verdict("2026-11-23T05:59:49.7Z"),
        ),
        entry(
            "2026-11-23T07:01:50.5Z",
            TimelineKind::Note,
            "repaired after 3722.500 s, 2 attempts",
            Value::Null,
        ),
    ]);
    assert_eq!(
        story(&body, Paint::Plain),
        "\
Incident 17 on kvm-1: web-00001 is shutoff/crashed, running is desired
warning, repaired after 1h 02m, 2 attempts, since 2026-11-23T05:59:48Z
   +0.0 s  observed  shutoff/crashed (before: running/booted), looked at +0.0 s by event
   +0.0 s  verdict   start: rule `shutoff/crashed` (built-in) says start; from the look at +0.0 s: shutoff/crashed where running is desired (generation 3)
   +0.0 s  attempt   start, attempt 1
   +0.7 s  outcome   start: failed (no such device)
   +1.9 s  note      held until +1h 00m (2026-11-23 06:59:49Z): new disk (api:local)
   +1.9 s  verdict   wait until +1h 00m (2026-11-23 06:59:49Z): held by api:local: new disk: rule `shutoff/crashed` (built-in) says start; from the look at +1.7 s: shutoff/crashed where running is desired (generation 3)
  +1h 02m  note      repaired after 3722.500 s, 2 attempts"
    );
}

#[test]
fn a_line_without_details_is_told_as_it_is() {
    let mut body = IncidentBody::from(&incident());
    let odd = [Value::Null, json!([]), json!({ "looked_at": "soon", "observed": 7 }), json!({})];
    let line = |detail| entry("2026-11-23T05:59:48Z", TimelineKind::Verdict, "wait: x", detail);
    body.timeline = Some(odd.into_iter().map(line).collect());
    let told = story(&body, Paint::Plain);
    assert!(told.lines().nth(1).unwrap().starts_with("warning, open, 1 attempt, since "), "{told}");
    let lines: Vec<_> = told.lines().skip(2).collect();
    assert_eq!(lines, ["  +0.0 s  verdict   wait: x"; 4]);
}

#[test]
fn only_an_end_of_waiting_is_told_relatively() {
    let mut body = IncidentBody::from(&incident());
    let line = |text| entry("2026-11-23T05:59:48Z", TimelineKind::Note, text, Value::Null);
    body.timeline = Some(vec![
        line("the disk of 2026-11-23T06:00:00Z, until then"),
        line("it is held by api:x until 2026-11-23T06:00:00Z, still"),
    ]);
    let told = story(&body, Paint::Plain);
    let lines: Vec<_> = told.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "  +0.0 s  note      the disk of 2026-11-23T06:00:00Z, until then",
            "  +0.0 s  note      it is held by api:x until +12.0 s (2026-11-23 06:00:00Z), still",
        ]
    );
}
