//! Whatever is wrong is a problem document, and never the service's fault.

use actix_web::http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fake::{Says, fleet, id, state};
use super::{ask, get, order, send};
use crate::http::MAX_BODY;

#[actix_web::test]
async fn what_is_not_there_is_not_found() {
    let state = state(fleet(2), Says::Yes);
    let nothing = ["/api", "/api/v1", "/api/v1/", "/api/v1/status/", "/nothing", "/openapi"];
    for path in nothing {
        for method in [Method::GET, Method::PUT, Method::POST] {
            assert_eq!(send(&state, order(method, path)).await.problem().status, 404, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let state = state(fleet(2), Says::Yes);
    for (method, path, allowed) in [
        (Method::POST, "/healthz", "GET, HEAD"),
        (Method::DELETE, "/api/v1/instances", "GET, HEAD, POST"),
        (Method::PUT, "/api/v1/instances/x", "GET, HEAD, PATCH, DELETE"),
        (Method::GET, "/api/v1/instances/x/desired", "PUT"),
        (Method::GET, "/api/v1/instances/x/hold", "PUT, DELETE"),
        (Method::GET, "/api/v1/hosts/kvm-1/maintenance", "PUT, DELETE"),
        (Method::GET, "/api/v1/policies/explain", "POST"),
        (Method::OPTIONS, "/api/v1/status", "GET, HEAD"),
    ] {
        let got = send(&state, ask(method, path)).await;
        assert_eq!(got.problem().status, 405, "{path}");
        assert_eq!(got.header("allow"), Some(allowed), "{path}");
    }
}

#[actix_web::test]
async fn wrong_queries_are_told_what_is_wrong() {
    let state = state(fleet(2), Says::Yes);
    for (path, field) in [
        ("instances?limit=0", "limit"),
        ("instances?limit=1001", "limit"),
        ("instances?limit=ten", "limit"),
        ("instances?limit=", "limit"),
        ("instances?limit=-1", "limit"),
        ("instances?status=broken", "status"),
        ("instances?status=", "status"),
        ("instances?desired=crashed", "desired"),
        ("instances?observed=shutoff/none", "observed"),
        ("instances?observed=on", "observed"),
        ("instances?sort=age", "sort"),
        ("instances?colour=red", "colour"),
        ("instances?limit=5&limit=6", "limit"),
        ("instances?cursor=zz", "cursor"),
        ("instances?cursor=7b7d", "cursor"),
        ("instances?cursor=", "cursor"),
        ("hosts?cursor=123", "cursor"),
        ("hosts?state=up", "state"),
        ("hosts/kvm-1?full=1", "full"),
        ("status?x", "x"),
        ("incidents?state=ajar", "state"),
        ("incidents?since=yesterday", "since"),
        ("incidents?severity=mild", "severity"),
        ("incidents?instance=web-1", "instance"),
        ("incidents/1?x=1", "x"),
        ("events?kind=party", "kind"),
        ("events?order=up", "order"),
        ("events?incident=x", "incident"),
        ("policies?name=default", "name"),
        ("supervision?depth=1", "depth"),
    ] {
        let problem = get(&state, &format!("/api/v1/{path}")).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)), "{path}");
    }
    let page = get(&state, "/api/v1/instances?limit=1").await.json();
    let cursor = page["next"].as_str().unwrap();
    let other = get(&state, &format!("/api/v1/instances?sort=-name&cursor={cursor}")).await;
    assert_eq!(other.problem().field.as_deref(), Some("cursor"));
}

#[actix_web::test]
async fn wrong_bodies_are_told_the_field() {
    let state = state(fleet(2), Says::Yes);
    let add = |changes: Value| {
        let mut body = json!({ "name": "db-1", "host": "kvm-1", "desired": "running" });
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    for (body, field) in [
        (add(json!({ "colour": "red" })), Some("colour")),
        (add(json!({ "desired": "crashed" })), Some("desired")),
        (add(json!({ "priority": "high" })), Some("priority")),
        (add(json!({ "priority": 1e12 })), Some("priority")),
        (add(json!({ "id": "x" })), Some("id")),
        (add(json!({ "id": id(1) })), Some("name")),
        (add(json!({ "name": "" })), Some("name")),
        (json!({ "host": "kvm-1", "desired": "running" }), Some("name")),
        (json!({ "name": "db-1", "desired": "running" }), Some("host")),
        (json!([]), None),
        (json!("x"), None),
    ] {
        let request = order(Method::POST, "/api/v1/instances").set_json(&body);
        let problem = send(&state, request).await.problem();
        assert_eq!((problem.status, problem.field.as_deref()), (400, field), "{body} {problem:?}");
    }
    let patch = format!("/api/v1/instances/{}", id(1));
    let request = order(Method::PATCH, &patch).set_json(json!({ "policy": null }));
    assert_eq!(send(&state, request).await.problem().field.as_deref(), Some("policy"));
    // A list is no object, though its items could be the fields in their order.
    for text in [
        "[\"running\"]",
        " [\"running\"]",
        "",
        "{",
        "{}{}",
        "{\"state\":\"running\"",
        "\u{feff}{}",
        "{\"state\":1,\"state\":2}",
    ] {
        let request = order(Method::PUT, &format!("{patch}/desired")).set_payload(text);
        assert_eq!(send(&state, request).await.problem().status, 400, "{text}");
    }
    let adopt =
        order(Method::POST, "/api/v1/hosts/kvm-1/adopt").set_json(json!({ "domains": ["x"] }));
    let problem = send(&state, adopt).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (400, Some("domains[0]")));
}

#[actix_web::test]
async fn an_encoding_that_there_is_not_is_refused() {
    let state = state(fleet(0), Says::Yes);
    let request =
        ask(Method::GET, "/api/v1/status").insert_header(("accept-encoding", "identity;q=0, zstd"));
    let problem = send(&state, request).await.problem();
    assert_eq!((problem.status, &*problem.kind), (406, "urn:assured:problem:not-acceptable"));
}

#[actix_web::test]
async fn a_body_has_its_limit() {
    let state = state(fleet(2), Says::Yes);
    let path = format!("/api/v1/instances/{}/desired", id(1));
    let padded = |length: usize| {
        let body = "{\"state\":\"running\"}";
        body.to_owned() + &" ".repeat(length - body.len())
    };
    let fits = order(Method::PUT, &path).set_payload(padded(MAX_BODY));
    assert_eq!(send(&state, fits).await.status, 200);
    let over = order(Method::PUT, &path).set_payload(padded(MAX_BODY + 1));
    assert_eq!(send(&state, over).await.problem().status, 413);
    let declared = ask(Method::GET, "/healthz").insert_header(("content-length", "1048577"));
    assert_eq!(send(&state, declared).await.problem().status, 413);
}

#[actix_web::test]
async fn a_request_keeps_its_id() {
    let state = state(fleet(0), Says::Yes);
    let own = ask(Method::GET, "/healthz").insert_header(("x-request-id", "abc-1"));
    assert_eq!(send(&state, own).await.header("x-request-id"), Some("abc-1"));
    let odd = ask(Method::GET, "/healthz").insert_header(("x-request-id", "a b"));
    assert_eq!(send(&state, odd).await.header("x-request-id").map(str::len), Some(32));
}

fn routes() -> Vec<(Method, String)> {
    let instance = format!("/api/v1/instances/{}", id(1));
    vec![
        (Method::POST, "/api/v1/instances".to_owned()),
        (Method::PATCH, instance.clone()),
        (Method::PUT, format!("{instance}/desired")),
        (Method::PUT, format!("{instance}/hold")),
        (Method::POST, "/api/v1/hosts/kvm-1/adopt".to_owned()),
        (Method::POST, "/api/v1/policies/explain".to_owned()),
    ]
}

/// JSON that comes near to what is understood, or any bytes.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let key = prop_oneof!["[a-z]{1,8}", Just("state".to_owned()), Just("host".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop_oneof![
        tree.prop_map(|value| value.to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..300),
        (1_usize..20_000).prop_map(|depth| "[".repeat(depth).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_is_the_senders_fault(body in garbage(), query in "[ -~]{0,40}") {
        let query: String = query.chars().filter(|c| !" \"<>#?`{}|\\^".contains(*c)).collect();
        actix_web::rt::System::new().block_on(async {
            let state = state(fleet(2), Says::Yes);
            for (method, path) in routes() {
                let got = send(&state, order(method, &path).set_payload(body.clone())).await;
                // An empty object asks nothing of PATCH, and an empty body all of adopt.
                if !got.status.is_success() {
                    let status = got.problem().status;
                    assert!((400..500).contains(&status), "{path}: {}", got.text);
                }
            }
            for list in ["instances", "hosts", "incidents", "events", "policies", "status"] {
                let got = get(&state, &format!("/api/v1/{list}?{query}")).await;
                assert!(!got.status.is_server_error(), "{list}?{query}: {}", got.text);
            }
        });
    }
}
