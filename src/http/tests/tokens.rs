//! With access tokens: who may read, who may change, and as whom.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::fake::{Says, TOKEN, fleet, id, state};
use super::{ask, order, send};
use crate::http::{HttpSettings, NewToken, Scheme, State, serve};
use crate::model::{AccessToken, Role};
use crate::snapshot::ConfigView;

fn token(name: &str, role: Role) -> AccessToken {
    let sha256 = Sha256::digest(secret(name).as_bytes()).into();
    AccessToken { name: name.to_owned(), role, sha256 }
}

fn secret(name: &str) -> String {
    format!("the-token-of-{name}")
}

pub(super) fn with_tokens() -> State {
    let mut state = state(fleet(2), Says::Yes);
    let tokens = [token("grafana", Role::Viewer), token("anna", Role::Operator)];
    state.board = state.board.with_tokens(Arc::new(tokens));
    state
}

fn with(method: Method, path: &str, token: &str) -> TestRequest {
    ask(method, path).insert_header(("authorization", format!("Bearer {token}")))
}

#[actix_web::test]
async fn reads_need_a_token_too_but_for_the_probes() {
    let state = with_tokens();
    for path in ["/api/v1/status", "/api/v1/events/stream", "/metrics", "/nothing", "/api/v1/x"] {
        for request in [
            ask(Method::GET, path),
            with(Method::GET, path, "wrong"),
            with(Method::GET, path, &secret("grafana"))
                .append_header(("authorization", "Bearer x")),
            ask(Method::GET, path).insert_header(("authorization", secret("grafana"))),
        ] {
            let got = send(&state, request).await;
            assert_eq!(got.problem().status, 401, "{path}");
            assert!(!got.text.contains("the-token-of"), "{}", got.text);
        }
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(send(&state, ask(Method::GET, path)).await.status, 200, "{path}");
    }
    for name in ["grafana", "anna"] {
        let got = send(&state, with(Method::GET, "/api/v1/status", &secret(name))).await;
        assert_eq!(got.status, 200, "{name}");
    }
    // On the same machine the operator token goes on to count.
    assert_eq!(send(&state, order(Method::GET, "/api/v1/status")).await.status, 200);
    // Behind a proxy the service has another name.
    let elsewhere = TestRequest::with_uri("/api/v1/status")
        .insert_header(("host", "assured.example.net"))
        .insert_header(("authorization", format!("Bearer {}", secret("grafana"))));
    assert_eq!(send(&state, elsewhere).await.status, 200);
}

#[actix_web::test]
async fn only_operators_change_things_and_by_their_names() {
    let state = with_tokens();
    let path = format!("/api/v1/instances/{}", id(1));
    let desired = format!("{path}/desired");
    let body = json!({ "state": "shutoff" });
    let viewer = with(Method::PUT, &desired, &secret("grafana")).set_json(&body);
    let got = send(&state, viewer).await;
    let problem = got.problem();
    assert_eq!((problem.status, problem.kind.as_str()), (403, "urn:assured:problem:not-allowed"));
    assert!(problem.detail.contains("api:grafana") && problem.detail.contains("viewer"));
    let nobody = ask(Method::PUT, &desired).set_json(&body);
    assert_eq!(send(&state, nobody).await.problem().status, 401);
    for (token, by) in [(secret("anna"), "api:anna"), (TOKEN.to_owned(), "api:local")] {
        let state_of = if by == "api:anna" { "shutoff" } else { "paused" };
        let request = with(Method::PUT, &desired, &token).set_json(json!({ "state": state_of }));
        let got = send(&state, request).await;
        assert_eq!((got.status.as_u16(), &got.json()["desired"]["by"]), (200, &json!(by)));
    }
}

#[actix_web::test]
async fn tokens_are_those_of_the_configuration_in_force() {
    let state = with_tokens();
    let shown = ConfigView::clone(&state.board.config());
    let tokens: Arc<[_]> = Arc::new([token("bert", Role::Viewer)]);
    state.board.show_config(ConfigView { tokens, ..shown });
    for (name, status) in [("grafana", 401), ("anna", 401), ("bert", 200)] {
        let got = send(&state, with(Method::GET, "/api/v1/hosts", &secret(name))).await;
        assert_eq!(got.status, status, "{name}");
    }
}

#[actix_web::test]
async fn with_tokens_any_address_can_be_listened_on() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let settings = HttpSettings {
        listen,
        scheme: Scheme::Http,
        workers: 1,
        drain: std::time::Duration::from_secs(1),
    };
    let (server, _) = serve(settings, with_tokens()).unwrap();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    handle.stop(false).await;
    running.await.unwrap().unwrap();
}

#[test]
fn a_new_token_is_not_like_the_last_and_not_shown_by_mistake() {
    let (one, other) = (NewToken::make().unwrap(), NewToken::make().unwrap());
    assert_ne!(one, other);
    assert_eq!((one.token.len(), one.sha256.len()), (64, 64));
    assert!(!format!("{one:?}").contains(&one.token));
    assert!(!format!("{:?}", token("anna", Role::Viewer)).contains(&one.sha256[..4]));
}
