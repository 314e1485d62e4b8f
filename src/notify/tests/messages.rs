//! What messages say.

use std::time::Duration;

use serde_json::{Value, json};

use super::sample::*;
use crate::model::*;
use crate::notify::{Letter, Way, alerts, cloud_event, compose, mail, test_letter};

const ONE: &str = "00000000-0000-0000-0000-000000000001";
const TWO: &str = "00000000-0000-0000-0000-000000000002";

#[test]
fn a_cloud_event() {
    let expected = json!({
        "specversion": "1.0",
        "id": "11",
        "source": "/assured/mon-1",
        "type": "assured.incident.ended",
        "subject": "kvm-1",
        "time": at(2),
        "datacontenttype": "application/json",
        "data": {
            "host": "kvm-1",
            "phase": "ended",
            "incidents": [{
                "id": 7, "instance": ONE, "name": "web-1", "host": "kvm-1",
                "severity": "warning", "state": "closed",
                "opened_at": at(1), "closed_at": at(30),
                "desired": "running", "observed": { "state": "shutoff", "reason": "crashed" },
                "resolution": "repaired", "attempts": 1,
                "summary": "web-1 is shutoff/crashed, running is desired",
                "instances": [],
                "actions": [
                    { "action": "start", "at": at(5), "outcome": "failed", "detail": "no memory" },
                ],
            }],
        },
    });
    assert_eq!(cloud_event::of(&[crashed(Phase::Ended)], &sender()), expected);
    let host = cloud_event::of(&[lost(Phase::Begun)], &sender());
    let incident = &host["data"]["incidents"][0];
    assert_eq!(
        incident["instances"],
        json!([{ "id": ONE, "name": "web-1" }, { "id": TWO, "name": null }])
    );
    for nothing in ["instance", "name", "closed_at", "desired", "observed", "resolution"] {
        assert_eq!(incident[nothing], Value::Null, "{nothing}");
    }
}

#[test]
fn an_alert() {
    let of = |story: Story, least| alerts::of(&[story], least, &sender());
    let labels = json!({
        "alertname": "AssuredInstance", "service": "assured", "machine": "mon-1",
        "severity": "warning", "host": "kvm-1", "incident": "7", "instance": ONE,
    });
    let week = 7 * 24 * 3600;
    assert_eq!(
        of(crashed(Phase::Begun), Severity::Info),
        json!([{
            "labels": labels,
            "annotations": {
                "summary": "web-1 is shutoff/crashed, running is desired",
                "description": "start: failed (no memory)",
            },
            "startsAt": at(1), "endsAt": at(60 + week),
        }])
    );
    let over = of(crashed(Phase::Ended), Severity::Warning);
    assert_eq!((&over[0]["labels"], &over[0]["endsAt"]), (&labels, &json!(at(30))));
    assert_eq!(over.as_array().unwrap().len(), 1);
}

/// Each severity is an alert of its own, and only the last one fires.
#[test]
fn an_alert_that_is_raised_resolves_those_of_before() {
    let raised = alerts::of(&[lost(Phase::Raised)], Severity::Info, &sender());
    let ends: Vec<_> = raised
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["labels"]["severity"].clone(), a["endsAt"] == json!(at(2))))
        .collect();
    assert_eq!(ends, [(json!("info"), true), (json!("warning"), true), (json!("critical"), false)]);
    let over = alerts::of(&[lost(Phase::Ended)], Severity::Warning, &sender());
    let all = over.as_array().unwrap();
    assert_eq!((all.len(), all.iter().all(|a| a["endsAt"] == json!(at(30)))), (2, true));
    assert_eq!(over[0]["labels"]["alertname"], "AssuredHost");
}

#[test]
fn a_mail() {
    let stories = [crashed(Phase::Ended)];
    assert_eq!(
        mail::subject(&stories),
        "[assured] warning, kvm-1: over: web-1 is shutoff/crashed, running is desired"
    );
    assert_eq!(
        mail::text(&stories, &sender()),
        format!(
            "web-1 is shutoff/crashed, running is desired\n\n\
             \x20 incident   7, warning: it is over\n\
             \x20 host       kvm-1\n\
             \x20 instance   web-1 {ONE}\n\
             \x20 since      {}\n\
             \x20 until      {}\n\
             \x20 done       start: failed (no memory); repaired\n\n\
             -- \nassured on mon-1\n",
            at(1),
            at(30)
        )
    );
    // A header is one line, whatever a host has said.
    assert_eq!(
        mail::subject(&[lost(Phase::Begun)]),
        "[assured] critical, kvm-1: kvm-1 is unreachable: no route"
    );
    let text = mail::text(&[lost(Phase::Begun)], &sender());
    assert!(text.contains(&format!("instances  web-1, {TWO}\n")), "{text}");
    let many = [crashed(Phase::Begun), lost(Phase::Begun)];
    assert_eq!(mail::subject(&many), "[assured] critical, kvm-1: 2 incidents");
}

#[test]
fn where_letters_go() {
    let hook = receiver(Way::Webhook { url: endpoint("http://a/x?y=z"), secret_file: None });
    let posted = |letter: Letter| match letter {
        Letter::Post { url, .. } => url,
        Letter::Mail { .. } => panic!("it is no mail"),
    };
    let stories = [crashed(Phase::Begun)];
    assert_eq!(posted(compose(&hook, &stories, &sender()).unwrap()), "http://a/x?y=z");
    assert_eq!(compose(&hook, &[], &sender()), None);
    for (url, expected) in [
        ("http://a:9093", "http://a:9093/api/v2/alerts"),
        ("http://a/b/", "http://a/b/api/v2/alerts"),
    ] {
        let alertmanager =
            receiver(Way::Alertmanager { url: endpoint(url), repeat: Duration::MAX });
        assert_eq!(posted(compose(&alertmanager, &stories, &sender()).unwrap()), expected);
        assert_eq!(posted(test_letter(&alertmanager, 1, &sender())), expected);
    }
}
