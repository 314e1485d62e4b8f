//! Putting a host into maintenance, and ending it.

use std::sync::Arc;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, at, fleet, host, state};
use super::{Got, ask, get, order, send};
use crate::actors::messages::Refusal;
use crate::http::State;
use crate::model::{HostId, Maintenance};
use crate::snapshot::HostView;

const PATH: &str = "/api/v1/hosts/kvm-1/maintenance";

/// A service whose kvm-1 is in maintenance.
fn maintained() -> State {
    let (by, reason) = ("api:ann".to_owned(), "new disks".to_owned());
    let maintenance = Some(Maintenance { by, reason, since: at("2026-11-23T05:00:00Z") });
    let mut fleet = fleet(2);
    let view = HostView { maintenance, ..host("kvm-1") };
    fleet.hosts.insert(HostId::from("kvm-1"), Arc::new(view));
    state(fleet, Says::Yes)
}

async fn put(state: &State, body: Value) -> Got {
    send(state, order(Method::PUT, PATH).set_json(body)).await
}

#[actix_web::test]
async fn who_maintains_a_host_is_told_and_why() {
    let state = state(fleet(2), Says::Yes);
    let got = put(&state, json!({ "reason": "firmware" })).await;
    assert_eq!(got.status.as_u16(), 200, "{}", got.text);
    let body = got.json();
    assert_eq!((&body["id"], &body["state"]), (&json!("kvm-1"), &json!("up")));
    let now = &body["maintenance"];
    assert_eq!((&now["by"], &now["reason"]), (&json!("api:local"), &json!("firmware")));
    assert!(now["since"].as_str().unwrap().starts_with("2026-11-23T06:00:01"), "{now}");
    let got = send(&state, order(Method::DELETE, PATH)).await;
    assert_eq!((got.status.as_u16(), got.json()["maintenance"].clone()), (200, Value::Null));
}

#[actix_web::test]
async fn it_is_shown_with_the_host_and_counted() {
    let state = maintained();
    let expected = json!({
        "by": "api:ann", "reason": "new disks", "since": "2026-11-23T05:00:00Z",
    });
    assert_eq!(get(&state, "/api/v1/hosts/kvm-1").await.json()["maintenance"], expected);
    let hosts = get(&state, "/api/v1/hosts").await.json();
    assert_eq!(hosts["items"][0]["maintenance"], expected);
    assert_eq!(hosts["items"][1]["maintenance"], Value::Null);
    let counts = &get(&state, "/api/v1/status").await.json()["hosts"];
    assert_eq!((&counts["maintenance"], &counts["up"]), (&json!(1), &json!(2)));
}

#[actix_web::test]
async fn what_a_maintenance_lacks_is_told() {
    let state = maintained();
    let (long, longest) = ("ä".repeat(501), "ä".repeat(500));
    for (body, expected) in [
        (json!({ "reason": longest }), None),
        (json!({ "reason": "" }), Some((422, "reason"))),
        (json!({ "reason": "  " }), Some((422, "reason"))),
        (json!({ "reason": "a\u{7}b" }), Some((422, "reason"))),
        (json!({ "reason": "two\nlines" }), Some((422, "reason"))),
        (json!({ "reason": long }), Some((422, "reason"))),
        (json!({ "reason": 7 }), Some((400, "reason"))),
        (json!({ "reason": null }), Some((400, "reason"))),
        (json!({}), Some((400, "reason"))),
        (json!({ "reason": "x", "until": "noon" }), Some((400, "until"))),
    ] {
        let got = put(&state, body.clone()).await;
        let Some((status, field)) = expected else {
            assert_eq!(got.status.as_u16(), 200, "{body}: {}", got.text);
            continue;
        };
        let problem = got.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (status, Some(field)), "{body}");
    }
    let empty = send(&state, order(Method::PUT, PATH)).await;
    assert_eq!(empty.problem().status, 400);
    let query = send(&state, order(Method::DELETE, &format!("{PATH}?by=api:ann"))).await.problem();
    assert_eq!((query.status, query.field.as_deref()), (400, Some("by")));
}

#[actix_web::test]
async fn only_an_operator_maintains_and_only_what_is_there() {
    let state = maintained();
    let body = json!({ "reason": "x" });
    let nobody = send(&state, ask(Method::PUT, PATH).set_json(&body)).await;
    assert_eq!(nobody.problem().status, 401);
    assert_eq!(send(&state, ask(Method::DELETE, PATH)).await.problem().status, 401);
    let ghost = "/api/v1/hosts/kvm-9/maintenance";
    let put_ghost = send(&state, order(Method::PUT, ghost).set_json(&body)).await;
    assert_eq!(put_ghost.problem().status, 404);
    assert_eq!(send(&state, order(Method::DELETE, ghost)).await.problem().status, 404);
    let full = super::fake::state(fleet(2), Says::No(Refusal::Database("full".into())));
    assert_eq!(put(&full, body).await.problem().status, 503);
    assert_eq!(send(&full, order(Method::DELETE, PATH)).await.problem().status, 503);
}
