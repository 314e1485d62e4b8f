//! Incidents and events, from the database.

use serde_json::{Value, json};

use super::fake::{Says, at, fleet, id, state};
use super::get;
use crate::http::State;
use crate::model::{
    Condition, DesiredState, Event, EventId, EventKind, Incident, IncidentId, Resolution, Severity,
};
use crate::store::Batch;

fn incident(number: i64) -> Incident {
    let closed = number % 2 == 0;
    Incident {
        id: IncidentId(number),
        instance: (number != 3).then(|| id(1)),
        host: "kvm-1".into(),
        severity: Severity::Warning,
        opened_at: at("2026-11-23T05:00:00Z"),
        closed_at: closed.then(|| at("2026-11-23T05:00:02Z")),
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: closed.then_some(Resolution::Repaired),
        attempts: 1,
        summary: "web-1 is shutoff/crashed, running is desired".into(),
        instances: if number == 3 { vec![id(1), id(2)] } else { Vec::new() },
    }
}

pub(super) fn event(number: i64, kind: EventKind) -> Event {
    Event {
        id: EventId(number),
        at: at("2026-11-23T05:00:00Z"),
        kind,
        host: Some("kvm-1".into()),
        instance: Some(id(1)),
        incident: Some(IncidentId(2)),
        by: None,
        text: format!("event {number}"),
        detail: Value::Null,
    }
}

async fn with_records() -> State {
    let state = state(fleet(2), Says::Yes);
    let events = (0..).zip(EventKind::ALL).map(|(n, &kind)| event(n + 1, kind)).collect();
    let incidents = (1..=5).map(incident).collect();
    let batch = Batch { incidents, events, ..Batch::default() };
    state.store.commit(batch).await.unwrap();
    state
}

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|i| i["id"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn incidents_are_filtered_the_newest_first() {
    let state = with_records().await;
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("?state=open", vec![5, 3, 1]),
        ("?state=closed", vec![4, 2]),
        ("?severity=warning&host=kvm-1", vec![5, 4, 3, 2, 1]),
        ("?severity=critical", vec![]),
        ("?since=2026-11-23T05:00:01Z", vec![]),
        ("?host=kvm-9", vec![]),
        ("?limit=2", vec![5, 4]),
    ] {
        let got = get(&state, &format!("/api/v1/incidents{query}")).await;
        assert_eq!(numbers(&got.json()), expected, "{query}");
    }
    let of_one = get(&state, &format!("/api/v1/incidents?instance={}", id(1))).await.json();
    assert_eq!(numbers(&of_one), [5, 4, 2, 1]);
    let page = get(&state, "/api/v1/incidents?limit=2").await.json();
    let next = page["next"].as_str().unwrap();
    let page = get(&state, &format!("/api/v1/incidents?limit=3&cursor={next}")).await.json();
    assert_eq!((numbers(&page), &page["next"]), (vec![3, 2, 1], &Value::Null));
}

#[actix_web::test]
async fn an_incident_has_its_story() {
    let state = with_records().await;
    let got = get(&state, "/api/v1/incidents/2").await.json();
    let mut bare = got.clone();
    bare.as_object_mut().unwrap().remove("timeline");
    assert_eq!(
        bare,
        json!({
            "id": 2, "instance": id(1), "name": "web-00001", "host": "kvm-1", "severity": "warning",
            "state": "closed", "opened_at": "2026-11-23T05:00:00Z",
            "closed_at": "2026-11-23T05:00:02Z", "desired": "running",
            "observed": { "state": "shutoff", "reason": "crashed" }, "resolution": "repaired",
            "attempts": 1, "summary": "web-1 is shutoff/crashed, running is desired",
        })
    );
    let kinds: Vec<_> =
        got["timeline"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..6], ["observed", "verdict", "attempt", "outcome", "delivery", "note"]);
    assert!(kinds[6..].iter().all(|kind| *kind == "note"), "{kinds:?}");

    let hosts_own = get(&state, "/api/v1/incidents/3").await.json();
    assert_eq!(hosts_own["instance"], Value::Null);
    assert_eq!(hosts_own["instances"].as_array().unwrap().len(), 2);
    for nothing in ["77", "x", "-1", "9223372036854775808"] {
        let got = get(&state, &format!("/api/v1/incidents/{nothing}")).await;
        assert_eq!(got.problem().status, 404, "{nothing}");
    }
}

#[actix_web::test]
async fn events_are_walked_in_both_directions() {
    let state = with_records().await;
    let all: Vec<i64> = (1..=13).collect();
    for (order, expected) in [("asc", all.clone()), ("desc", all.iter().rev().copied().collect())] {
        let mut walked = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/events?limit=5&order={order}{cursor}");
            let page = get(&state, &path).await.json();
            walked.extend(numbers(&page));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, expected, "{order}");
    }
    let page = get(&state, "/api/v1/events?kind=attempt").await.json();
    assert_eq!(
        page["items"],
        json!([{
            "id": 3, "at": "2026-11-23T05:00:00Z", "kind": "attempt", "host": "kvm-1",
            "instance": id(1), "incident": 2, "by": null, "text": "event 3", "detail": null,
        }])
    );
    let page = get(&state, "/api/v1/events?incident=9").await.json();
    assert_eq!(page, json!({ "items": [], "next": null }));
}
