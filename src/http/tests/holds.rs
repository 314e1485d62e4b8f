//! Holding an instance, and releasing it.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, fleet, hold, id, instance, put, state};
use super::{Got, get, order, send};
use crate::actors::messages::Refusal;
use crate::http::State;
use crate::model::Hold;
use crate::snapshot::InstanceView;

fn path() -> String {
    format!("/api/v1/instances/{}/hold", id(1))
}

/// A service at 06:00:01, with an instance that these hold.
fn held(holds: Vec<Hold>) -> State {
    let mut fleet = fleet(2);
    put(&mut fleet, InstanceView { holds, ..instance(1) });
    state(fleet, Says::Yes)
}

async fn put_hold(state: &State, body: Value) -> Got {
    send(state, order(Method::PUT, &path()).set_json(body)).await
}

async fn release(state: &State, query: &str) -> Got {
    send(state, order(Method::DELETE, &format!("{}{query}", path()))).await
}

/// Who holds it still, in order.
fn holders(got: &Got) -> Vec<String> {
    let body = got.json();
    let by = |hold: &Value| hold["by"].as_str().unwrap().to_owned();
    body["holds"].as_array().unwrap().iter().map(by).collect()
}

#[actix_web::test]
async fn a_hold_stands_beside_those_that_are_there() {
    let state = held(vec![hold("api:backup", "2026-11-23T07:00:00Z")]);
    let got = put_hold(&state, json!({ "ttl": "10m", "reason": "new disk" })).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, Some("\"3\"")));
    let body = got.json();
    assert_eq!(
        body["hold"],
        json!({
            "by": "api:backup", "reason": "api:backup works on it", "until": "2026-11-23T07:00:00Z",
        }),
        "the one that ends last"
    );
    let own = &body["holds"][0];
    assert_eq!((&own["by"], &own["reason"]), (&json!("api:local"), &json!("new disk")));
    assert!(own["since"].as_str().unwrap().starts_with("2026-11-23T06:00:01"), "{own}");
    assert!(own["until"].as_str().unwrap().starts_with("2026-11-23T06:10:01"), "{own}");
    assert_eq!(holders(&got), ["api:local", "api:backup"]);
}

#[actix_web::test]
async fn a_hold_whose_time_is_over_is_not_shown() {
    let over = hold("api:early", "2026-11-23T06:00:01Z");
    let lasts = hold("api:late", "2026-11-23T06:00:09Z");
    let path = format!("/api/v1/instances/{}", id(1));
    let state_of_both = held(vec![over.clone(), lasts]);
    let got = get(&state_of_both, &path).await;
    assert_eq!(holders(&got), ["api:late"]);
    assert_eq!(got.json()["hold"]["by"], "api:late");
    let body = get(&held(vec![over]), &path).await.json();
    assert_eq!((&body["hold"], &body["holds"]), (&Value::Null, &json!([])));
    let page = get(&state_of_both, "/api/v1/instances?q=web-00001").await.json();
    assert_eq!(page["items"][0]["holds"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn ones_own_hold_is_released_or_that_of_one_who_is_named() {
    let both = || {
        vec![
            hold("api:local", "2026-11-23T06:10:00Z"),
            hold("api:backup", "2026-11-23T06:20:00Z"),
            hold("api:local", "2026-11-23T06:30:00Z"),
        ]
    };
    let state = held(both());
    let got = release(&state, "").await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, Some("\"3\"")));
    assert_eq!(holders(&got), ["api:backup", "api:local"]);
    assert_eq!(got.json()["hold"]["until"], "2026-11-23T06:30:00Z");
    assert_eq!(holders(&release(&state, "?by=api:backup").await), ["api:local", "api:local"]);
    assert_eq!(holders(&release(&state, "?by=api:local").await), ["api:backup", "api:local"]);
    let nobody = release(&held(Vec::new()), "").await;
    assert_eq!((nobody.status.as_u16(), nobody.json()["hold"].clone()), (200, Value::Null));

    let others = held(vec![hold("api:backup", "2026-11-23T06:20:00Z")]);
    let problem = release(&others, "").await.problem();
    assert_eq!(problem.status, 409);
    assert!(problem.detail.contains("not held by api:local, but by api:backup"), "{problem:?}");
}

#[actix_web::test]
async fn what_a_hold_lacks_is_told() {
    let state = held(Vec::new());
    let (long, longest) = ("ä".repeat(501), "ä".repeat(500));
    for (ttl, reason, expected, field) in [
        (json!("1s"), json!("x"), 200, None),
        (json!("30d"), json!("x"), 200, None),
        (json!("1h 30m"), json!(longest), 200, None),
        (json!(""), json!("x"), 400, Some("ttl")),
        (json!("10"), json!("x"), 400, Some("ttl")),
        (json!("-10m"), json!("x"), 400, Some("ttl")),
        (json!("for ever"), json!("x"), 400, Some("ttl")),
        (json!(600), json!("x"), 400, Some("ttl")),
        (Value::Null, json!("x"), 400, Some("ttl")),
        (json!("999ms"), json!("x"), 422, Some("ttl")),
        (json!("0s"), json!("x"), 422, Some("ttl")),
        (json!("30d 1ns"), json!("x"), 422, Some("ttl")),
        (json!("99999999999999999999d"), json!("x"), 422, Some("ttl")),
        (json!("10m"), json!(""), 422, Some("reason")),
        (json!("10m"), json!(" \t\n"), 422, Some("reason")),
        (json!("10m"), json!("two\nlines"), 422, Some("reason")),
        (json!("10m"), json!("\u{1b}[31mred"), 422, Some("reason")),
        (json!("10m"), json!(7), 400, Some("reason")),
        (json!("10m"), json!(long), 422, Some("reason")),
    ] {
        let body = json!({ "ttl": ttl, "reason": reason });
        let got = put_hold(&state, body.clone()).await;
        assert_eq!(got.status.as_u16(), expected, "{body}: {}", got.text);
        if expected != 200 {
            assert_eq!(got.problem().field.as_deref(), field, "{body}");
        }
    }
    for (body, field) in [
        (json!({ "ttl": "10m" }), "reason"),
        (json!({ "reason": "x" }), "ttl"),
        (json!({ "ttl": "10m", "reason": "x", "by": "api:backup" }), "by"),
    ] {
        let problem = put_hold(&state, body).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)));
    }
}

#[actix_web::test]
async fn a_query_names_one_who_can_hold() {
    let state = held(vec![hold("api:local", "2026-11-23T06:10:00Z")]);
    for (query, field) in [
        ("?by=somebody", "by"),
        ("?by=", "by"),
        ("?by=api:local&by=api:local", "by"),
        ("?of=api:local", "of"),
    ] {
        let problem = release(&state, query).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)), "{query}");
    }
    let asked = order(Method::PUT, &format!("{}?by=api:local", path()));
    let problem = send(&state, asked.set_json(json!({ "ttl": "1m", "reason": "x" }))).await;
    assert_eq!(problem.problem().field.as_deref(), Some("by"));
}

#[actix_web::test]
async fn what_is_not_there_cannot_be_held() {
    let state = held(Vec::new());
    let body = json!({ "ttl": "10m", "reason": "x" });
    for id in ["web-00001".to_owned(), id(9).to_string()] {
        let path = format!("/api/v1/instances/{id}/hold");
        let put = order(Method::PUT, &path).set_json(&body);
        assert_eq!(send(&state, put).await.problem().status, 404, "{id}");
        let gone = order(Method::DELETE, &path);
        assert_eq!(send(&state, gone).await.problem().status, 404, "{id}");
    }
    let full = super::fake::state(fleet(2), Says::No(Refusal::Database("full".into())));
    assert_eq!(put_hold(&full, body).await.problem().status, 503);
    assert_eq!(release(&full, "").await.problem().status, 503);
}
