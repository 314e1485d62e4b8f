//! What a policy says before it happens.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, fleet, state};
use super::{Got, ask, get, send};
use crate::http::State;
use crate::model::{Condition, DesiredState};

async fn explain(state: &State, body: Value) -> Got {
    send(state, ask(Method::POST, "/api/v1/policies/explain").set_json(body)).await
}

#[actix_web::test]
async fn each_answer_is_the_cell_of_the_table_in_force() {
    let state = state(fleet(0), Says::Yes);
    let policies = get(&state, "/api/v1/policies").await.json();
    for policy in policies["items"].as_array().unwrap() {
        for &desired in DesiredState::ALL {
            for &seen in Condition::ALL {
                let question = json!({
                    "desired": desired, "observed": seen.to_string(), "policy": policy["name"],
                });
                let mut said = explain(&state, question.clone()).await.json();
                let said = said.as_object_mut().unwrap();
                assert_eq!(said["in_sync"], json!(desired.is_met_by(seen)), "{question}");
                assert_eq!(said["action"].is_null(), desired.is_met_by(seen), "{question}");
                let text = said.remove("text").unwrap();
                assert!(text.as_str().unwrap().starts_with(&seen.to_string()), "{text}");
                for (name, asked) in question.as_object().unwrap() {
                    assert_eq!(said.remove(name).as_ref(), Some(asked));
                }
                let cell = &policy[desired.as_str()][seen.to_string()];
                assert_eq!(Some(&*said), cell.as_object(), "{question}");
            }
        }
    }
}

#[actix_web::test]
async fn a_state_alone_is_its_unknown_and_tells_what_is_not_the_same() {
    let state = state(fleet(0), Says::Yes);
    let said = explain(&state, json!({ "desired": "running", "observed": "shutoff" })).await.json();
    assert_eq!(said["observed"], "shutoff/unknown");
    let text = said["text"].as_str().unwrap();
    let others = text.split_once(" A state without a reason is read as shutoff/unknown. ");
    assert_eq!(
        others.expect(text).1,
        "Not the same: shutoff/shutdown (accept after 2m, info), shutoff/crashed (start, warning), \
         shutoff/migrated (alert after 1m, critical), shutoff/failed (start, warning), \
         shutoff/from_snapshot (alert, warning)."
    );
    // Being as desired does not go without saying.
    let said = explain(&state, json!({ "desired": "shutoff", "observed": "shutoff" })).await.json();
    assert_eq!(said["in_sync"], true);
    let text = said["text"].as_str().unwrap();
    assert!(text.ends_with("Not the same: shutoff/migrated (alert after 1m, critical)."), "{text}");
    let said = explain(&state, json!({ "desired": "paused", "observed": "paused" })).await.json();
    assert!(said["text"].as_str().unwrap().contains("paused/ioerror (alert, warning)"), "{said}");
    // With a reason, or where all reasons are alike, there is nothing to add.
    for body in [
        json!({ "desired": "running", "observed": "shutoff", "reason": "unknown" }),
        json!({ "desired": "running", "observed": "shutoff/unknown" }),
        json!({ "desired": "running", "observed": "running" }),
        json!({ "desired": "running", "observed": "missing" }),
    ] {
        let said = explain(&state, body.clone()).await.json();
        assert!(!said["text"].as_str().unwrap().contains("Not the same"), "{body}: {said}");
    }
}

#[actix_web::test]
async fn what_is_missing_has_no_reason() {
    let state = state(fleet(0), Says::Yes);
    let said = explain(&state, json!({ "desired": "running", "observed": "missing" })).await.json();
    let (action, severity) = (&said["action"], &said["severity"]);
    assert_eq!((&said["observed"], action), (&json!("missing"), &json!("alert")));
    assert_eq!((severity, &said["retry"]), (&json!("critical"), &Value::Null));
    let body = json!({ "desired": "running", "observed": "missing", "reason": "unknown" });
    let problem = explain(&state, body).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (400, Some("reason")));
    for (body, field) in [
        (json!({ "desired": "running", "observed": "off" }), "observed"),
        (json!({ "desired": "running", "observed": "off", "reason": "user" }), "observed"),
        (json!({ "desired": "running", "observed": "paused", "reason": "none" }), "reason"),
        (json!({ "desired": "running", "observed": "paused/user", "reason": "user" }), "reason"),
        (json!({ "desired": "crashed", "observed": "paused" }), "desired"),
    ] {
        let problem = explain(&state, body.clone()).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)), "{body}");
    }
}
