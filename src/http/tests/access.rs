//! Who may ask, and who may change.

use std::os::unix::fs::PermissionsExt;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;

use super::fake::{Says, TOKEN, fleet, id, state};
use super::{ask, order, send};
use crate::http::access::Names;
use crate::http::{OperatorToken, Scheme, TOKEN_FILE, TokenError};

#[actix_web::test]
async fn requests_come_by_the_services_own_names() {
    let state = state(fleet(1), Says::Yes);
    let cases: [(&[(&str, &str)], u16); 13] = [
        (&[("host", "127.0.0.1:8420")], 200),
        (&[("host", "localhost:8420")], 200),
        (&[("host", "LocalHost:8420")], 200),
        (&[("host", "[::1]:8420")], 200),
        (&[("host", "localhost:8420"), ("origin", "http://127.0.0.1:8420")], 200),
        (&[("host", "evil.example:8420")], 403),
        (&[("host", "localhost")], 403),
        (&[("host", "localhost:8421")], 403),
        (&[("host", "localhost.evil.example:8420")], 403),
        (&[], 403),
        (&[("host", "localhost:8420"), ("origin", "http://evil.example")], 403),
        (&[("host", "localhost:8420"), ("origin", "null")], 403),
        (&[("host", "localhost:8420"), ("origin", "https://localhost:8420")], 403),
    ];
    for (headers, expected) in cases {
        for path in ["/api/v1/status", "/healthz", "/metrics"] {
            let mut request = TestRequest::with_uri(path);
            for header in headers {
                request = request.append_header(*header);
            }
            let got = send(&state, request).await;
            assert_eq!(got.status.as_u16(), expected, "{path} {headers:?}");
            if expected == 403 {
                got.problem();
            }
        }
    }
    let twice = ask(Method::GET, "/healthz").append_header(("host", "evil.example"));
    assert_eq!(send(&state, twice).await.problem().status, 403);
    let elsewhere = ask(Method::GET, "http://evil.example/healthz");
    assert_eq!(send(&state, elsewhere).await.problem().status, 403);
}

#[test]
fn names_are_those_of_the_address() {
    let names = |listen: &str| format!("{:?}", Names::of(listen.parse().unwrap(), Scheme::Http));
    assert!(names("127.0.0.5:9000").contains("\"127.0.0.5:9000\""));
    assert!(names("[::1]:80").contains("\"localhost\""));
    assert!(!names("[::1]:8420").contains("\"localhost\""));
}

#[test]
fn by_tls_the_usual_port_is_another_one_and_so_is_the_origin() {
    let names = |listen: &str, scheme| Names::of(listen.parse().unwrap(), scheme);
    let of = |listen: &str, scheme| format!("{:?}", names(listen, scheme));
    assert!(of("[::1]:443", Scheme::Https).contains("\"localhost\""));
    assert!(!of("[::1]:443", Scheme::Http).contains("\"localhost\""));
    assert!(!of("[::1]:80", Scheme::Https).contains("\"localhost\""));
    let from = |origin: &str| {
        let request = TestRequest::with_uri("/").insert_header(("host", "localhost:8420"));
        let request = request.insert_header(("origin", origin)).to_request();
        names("127.0.0.1:8420", Scheme::Https).check(request.head()).is_ok()
    };
    assert!(from("https://localhost:8420"));
    assert!(!from("http://localhost:8420") && !from("https://localhost") && !from("https://"));
}

#[actix_web::test]
async fn changes_need_the_token() {
    let state = state(fleet(2), Says::Yes);
    let path = format!("/api/v1/instances/{}", id(1));
    let all = [
        (Method::POST, "/api/v1/instances".to_owned()),
        (Method::POST, "/api/v1/hosts/kvm-1/adopt".to_owned()),
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PUT, format!("{path}/desired")),
        (Method::POST, format!("{path}/retry")),
        (Method::PUT, format!("{path}/hold")),
        (Method::DELETE, format!("{path}/hold")),
    ];
    let wrong = [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(TOKEN.to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {TOKEN}0")),
        Some(format!("Bearer {}", &TOKEN[1..])),
    ];
    for (method, path) in all {
        for value in &wrong {
            let mut request = ask(method.clone(), &path).set_json(json!({ "nonsense": 1 }));
            if let Some(value) = value {
                request = request.insert_header(("authorization", value.as_str()));
            }
            let got = send(&state, request).await;
            assert_eq!(got.problem().status, 401, "{method} {path} {value:?}");
            assert_eq!(got.header("www-authenticate"), Some("Bearer realm=\"assured\""));
            assert!(!got.text.contains(TOKEN));
        }
        let twice = order(method.clone(), &path).append_header(("authorization", "Bearer x"));
        assert_eq!(send(&state, twice).await.problem().status, 401);
    }
    let lower = ask(Method::POST, &format!("{path}/retry"))
        .insert_header(("authorization", format!("bearer {TOKEN}")));
    assert_eq!(send(&state, lower).await.status, 200);
}

#[test]
fn the_token_is_made_once_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("new").join("data");
    let token = OperatorToken::in_dir(&data_dir).unwrap();
    assert_eq!(token.reveal().len(), 64);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = data_dir.join(TOKEN_FILE);
    assert_eq!((mode(data_dir.clone()), mode(file.clone())), (0o700, 0o600));
    assert_eq!(OperatorToken::in_dir(&data_dir).unwrap().reveal(), token.reveal());
    assert_eq!(std::fs::read_dir(&data_dir).unwrap().count(), 1);
    let other = OperatorToken::in_dir(&dir.path().join("other")).unwrap();
    assert_ne!(other.reveal(), token.reveal());
    assert!(token.is(token.reveal()) && !token.is(other.reveal()) && !token.is(""));
    assert!(!format!("{token:?}").contains(token.reveal()));
}

#[test]
fn a_token_that_others_can_read_or_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(TOKEN_FILE);
    std::fs::write(&file, TOKEN).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = OperatorToken::in_dir(dir.path()).unwrap_err();
    assert!(matches!(error, TokenError::Open { .. }));
    assert!(error.to_string().contains("mode 0644"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(OperatorToken::in_dir(dir.path()).is_ok());
    for nothing in ["", "\n", "short", "with a space in it, and long enough to be one"] {
        std::fs::write(&file, nothing).unwrap();
        let error = OperatorToken::in_dir(dir.path()).unwrap_err();
        assert!(matches!(error, TokenError::NoToken { .. }), "{nothing}");
    }
}
