//! Headers, compression and limits.

use actix_web::http::Method;

use super::fake::{Says, fleet, state};
use super::{ask, get, send};

#[actix_web::test]
async fn every_answer_has_the_headers_that_keep_browsers_in() {
    let state = state(fleet(1), Says::Yes);
    for path in ["/healthz", "/api/v1/status", "/nothing", "/api/v1/events/stream?x=1"] {
        let got = get(&state, path).await;
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(got.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(got.header("referrer-policy"), Some("no-referrer"), "{path}");
        let policy = got.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
    }
}

#[actix_web::test]
async fn an_id_is_taken_over_if_it_is_fit_for_a_log() {
    let state = state(fleet(1), Says::Yes);
    let with = |id: &str| ask(Method::GET, "/healthz").insert_header(("x-request-id", id));
    assert_eq!(send(&state, with("abc-123")).await.header("x-request-id"), Some("abc-123"));
    let long = "x".repeat(65);
    for odd in ["with space", "", &long] {
        let got = send(&state, with(odd)).await;
        let own = got.header("x-request-id").unwrap();
        assert!(own.len() == 32 && own.bytes().all(|b| b.is_ascii_hexdigit()), "{own}");
    }
}

#[actix_web::test]
async fn heads_have_a_limit() {
    let state = state(fleet(1), Says::Yes);
    let large = ask(Method::GET, "/healthz").insert_header(("x-large", "x".repeat(16 << 10)));
    let problem = send(&state, large).await.problem();
    assert_eq!(problem.status, 431);
    let fair = ask(Method::GET, "/healthz").insert_header(("x-large", "x".repeat(8 << 10)));
    assert_eq!(send(&state, fair).await.status, 200);
}
