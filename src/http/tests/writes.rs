//! What is asked of the arbiter, and what becomes of its answers.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, fleet, id, state};
use super::{Got, order, send};
use crate::actors::messages::{Refusal, Which};
use crate::http::State;
use crate::model::{Condition, Generation};

async fn ordered(state: &State, method: Method, path: &str, body: Value) -> Got {
    send(state, order(method, path).set_json(body)).await
}

fn path(rest: &str) -> String {
    format!("/api/v1/instances/{}{rest}", id(1))
}

#[actix_web::test]
async fn a_desired_state_is_set_and_the_new_generation_told() {
    let state = state(fleet(2), Says::Yes);
    let got = ordered(&state, Method::PUT, &path("/desired"), json!({ "state": "shutoff" })).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, Some("\"4\"")));
    assert_eq!(got.json()["desired"]["state"], "shutoff");
    assert_eq!(got.json()["desired"]["by"], "api:local");
    let got = ordered(&state, Method::PUT, &path("/desired"), json!({ "state": "running" })).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, Some("\"3\"")));
}

#[actix_web::test]
async fn if_match_guards_the_generation() {
    let state = state(fleet(2), Says::Yes);
    for (tag, expected) in [
        ("\"3\"", 200),
        ("3", 200),
        ("*", 200),
        ("\"1\", \"3\"", 200),
        ("\"2\"", 412),
        ("\"1\",\"2\"", 412),
        ("W/\"3\"", 412),
        ("\"abc\"", 412),
        ("\"a,b\", \"3\"", 200),
        ("W/\",\" , \"2\"", 412),
        ("\"3\" \"2\"", 400),
        ("\"3\",", 400),
        ("\"3", 400),
        ("W/3", 400),
        ("abc", 400),
        ("", 400),
    ] {
        let request = order(Method::PUT, &path("/desired"))
            .insert_header(("if-match", tag))
            .set_json(json!({ "state": "paused" }));
        let got = send(&state, request).await;
        assert_eq!(got.status.as_u16(), expected, "{tag}: {}", got.text);
        if expected >= 400 {
            got.problem();
        }
    }
}

#[actix_web::test]
async fn instances_are_added_changed_retried_and_forgotten() {
    let state = state(fleet(2), Says::Yes);
    let new = json!({ "name": "db-1", "host": "kvm-2", "desired": "running", "priority": 9 });
    let got = ordered(&state, Method::POST, "/api/v1/instances", new).await;
    assert_eq!(got.status.as_u16(), 201);
    let place = format!("/api/v1/instances/{}", id(7));
    assert_eq!((got.header("location"), got.header("etag")), (Some(&*place), Some("\"3\"")));
    assert_eq!((&got.json()["name"], &got.json()["priority"]), (&json!("db-1"), &json!(9)));
    // JSON has one kind of number.
    for (priority, shown) in
        [("-3.0", Some(-3)), ("2e3", Some(2000)), ("1.5", None), ("2147483648", None)]
    {
        let body: serde_json::Value =
            serde_json::from_str(&format!("{{\"priority\": {priority}}}")).unwrap();
        let got = ordered(&state, Method::PATCH, &path(""), body).await;
        match shown {
            Some(shown) => assert_eq!(got.json()["priority"], shown),
            None => assert_eq!(got.problem().field.as_deref(), Some("priority")),
        }
    }

    let body = json!({ "policy": "gold", "priority": -1, "host": "kvm-2" });
    let got = ordered(&state, Method::PATCH, &path(""), body).await.json();
    let changed = (&got["policy"], &got["priority"], &got["host"]);
    assert_eq!(changed, (&json!("gold"), &json!(-1), &json!("kvm-2")));
    let got = ordered(&state, Method::PATCH, &path(""), json!({})).await;
    assert_eq!((got.status.as_u16(), got.json()["policy"].clone()), (200, json!("default")));
    let got = send(&state, order(Method::POST, &path("/retry"))).await;
    assert_eq!((got.status.as_u16(), got.json()["id"].clone()), (200, json!(id(1))));
    let got = send(&state, order(Method::DELETE, &path(""))).await;
    assert_eq!((got.status.as_u16(), got.text.as_str()), (204, ""));
}

#[actix_web::test]
async fn domains_are_adopted_all_or_some() {
    let state = state(fleet(2), Says::Yes);
    let all = send(&state, order(Method::POST, "/api/v1/hosts/kvm-1/adopt")).await.json();
    assert_eq!(all["items"][0]["id"], json!(id(1_000_000)));
    assert_eq!(all["next"], Value::Null);
    let some = json!({ "domains": [id(5), id(6)] });
    let some = ordered(&state, Method::POST, "/api/v1/hosts/kvm-1/adopt", some).await.json();
    assert_eq!(some["items"].as_array().unwrap().len(), 2);
    let got = send(&state, order(Method::POST, "/api/v1/hosts/kvm-7/adopt")).await;
    assert_eq!(got.problem().status, 404);
}

#[actix_web::test]
async fn each_refusal_is_its_own_problem() {
    let (host, which) = ("kvm-1".into(), Which::Name("db-1".into()));
    let add = ("POST", "/api/v1/instances".to_owned());
    let desire = ("PUT", path("/desired"));
    let cases = [
        (&desire, Refusal::NoSuchInstance(id(1)), 404),
        (&add, Refusal::NoSuchHost("kvm-1".into()), 422),
        (&add, Refusal::UnknownDomain { host, which: which.clone() }, 422),
        (
            &add,
            Refusal::NotAdoptable {
                host: "kvm-1".into(),
                name: "db-1".into(),
                condition: Condition::Missing,
            },
            422,
        ),
        (
            &add,
            Refusal::ActiveElsewhere {
                host: "kvm-1".into(),
                name: "db-1".into(),
                active_on: "kvm-2".into(),
            },
            422,
        ),
        (&add, Refusal::NoSuchPolicy { name: "x".into(), known: "default".into() }, 422),
        (&add, Refusal::AlreadyThere { which, host: "kvm-1".into(), id: id(1) }, 409),
        (&desire, Refusal::Generation { asked: Generation(1), current: Generation(2) }, 412),
        (&add, Refusal::HostUnavailable { host: "kvm-1".into(), why: "down".into() }, 503),
        (&desire, Refusal::Database("full".into()), 503),
        (&desire, Refusal::NotNow("it is starting".into()), 503),
    ];
    for ((method, path), refusal, expected) in cases {
        let state = state(fleet(2), Says::No(refusal.clone()));
        let body = if *method == "PUT" {
            json!({ "state": "paused" })
        } else {
            json!({ "name": "db-1", "host": "kvm-1", "desired": "running" })
        };
        let got = ordered(&state, method.parse().unwrap(), path, body).await;
        let problem = got.problem();
        assert_eq!((problem.status, &problem.detail), (expected, &refusal.to_string()));
        assert_eq!(got.header("retry-after").is_some(), expected == 503);
    }
}

#[actix_web::test]
async fn an_arbiter_that_fails_is_a_503() {
    let state = state(fleet(2), Says::Panic);
    let got = send(&state, order(Method::POST, &path("/retry"))).await;
    assert_eq!(got.problem().status, 503);
}

#[actix_web::test]
async fn an_arbiter_that_is_silent_is_a_504() {
    tokio::time::pause();
    let state = state(fleet(2), Says::Nothing);
    let got = send(&state, order(Method::POST, &path("/retry"))).await;
    assert_eq!(got.problem().status, 504);
}
