//! Reading the configuration again.

use actix_web::http::Method;
use serde_json::json;

use super::fake::{Says, fleet, state};
use super::{ask, order, send};

const PATH: &str = "/api/v1/reload";

#[actix_web::test]
async fn it_says_what_has_changed() {
    let state = state(fleet(1), Says::Yes);
    let got = send(&state, order(Method::POST, PATH)).await;
    assert_eq!(got.status.as_u16(), 200);
    let none: [&str; 0] = [];
    let expected = json!({
        "hosts_added": ["api:local"], "hosts_removed": none, "hosts_relinked": none,
        "policies_changed": none, "needs_restart": ["http"],
    });
    assert_eq!(got.json(), expected);
    let got = send(&state, order(Method::POST, PATH).set_json(json!({}))).await;
    assert_eq!(got.status.as_u16(), 200);
    let got = send(&state, order(Method::POST, PATH).set_json(json!({ "file": "x" }))).await;
    assert_eq!(got.problem().status, 400);
}

#[actix_web::test]
async fn a_bad_configuration_is_a_problem_with_every_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.toml");
    std::fs::write(&file, "[poll]\ninterval = \"soon\"\nodd = 1\n").unwrap();
    let errors = crate::config::load(&[file], std::iter::empty()).unwrap_err();
    let state = state(fleet(1), Says::Wrong(errors));
    let problem = send(&state, order(Method::POST, PATH)).await.problem();
    assert_eq!(problem.status, 422);
    let keys: Vec<_> = problem.errors.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["poll.interval", "poll.odd"]);
    assert!(problem.errors.iter().all(|e| e.file.as_ref().unwrap().ends_with("bad.toml")));
    assert!(problem.detail.contains("stays in force"), "{}", problem.detail);
}

#[actix_web::test]
async fn it_is_an_operators_to_do() {
    let state = state(fleet(1), Says::Yes);
    assert_eq!(send(&state, ask(Method::POST, PATH)).await.problem().status, 401);
    let got = send(&state, order(Method::GET, PATH)).await;
    assert_eq!((got.problem().status, got.header("allow")), (405, Some("POST")));
}

#[actix_web::test]
async fn a_service_that_ends_says_so() {
    let state = state(fleet(1), Says::Nothing);
    assert_eq!(send(&state, order(Method::POST, PATH)).await.problem().status, 503);
}
