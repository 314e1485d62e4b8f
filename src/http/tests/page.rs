//! The files of the dashboard.

use std::collections::BTreeSet;
use std::path::Path;

use actix_web::http::{Method, StatusCode};

use super::fake::{Says, fleet, state};
use super::{ask, get, send};

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");

#[actix_web::test]
async fn the_page_may_run_nothing_but_what_the_service_gives_it() {
    let state = state(fleet(1), Says::Yes);
    let got = get(&state, "/").await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = got.header("content-security-policy").unwrap();
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // With this policy none of these would work.
    for inline in
        ["<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"]
    {
        assert!(!got.text.contains(inline), "{inline}");
    }
    assert!(!got.text.contains("<script>"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
}

#[actix_web::test]
async fn every_file_of_the_folder_is_served_and_nothing_else() {
    let state = state(fleet(1), Says::Yes);
    let files = std::fs::read_dir(ASSETS).unwrap();
    let names: BTreeSet<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for name in &names {
        let got = get(&state, &format!("/assets/{name}")).await;
        assert_eq!(got.status, StatusCode::OK, "{name}");
        assert_eq!(got.text, std::fs::read_to_string(Path::new(ASSETS).join(name)).unwrap());
        let kind = got.header("content-type").unwrap();
        let expected = match name.rsplit_once('.').unwrap().1 {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other}"),
        };
        assert_eq!(kind, expected, "{name}");
        for wanted in imports(&got.text) {
            assert!(names.contains(&wanted), "{name} wants {wanted}");
        }
    }
    for nothing in ["/assets/", "/assets/other.js", "/assets/..%2fCargo.toml", "/assets/x/main.js"]
    {
        assert_eq!(get(&state, nothing).await.problem().status, 404, "{nothing}");
    }
    let posted = send(&state, ask(Method::POST, "/assets/main.js")).await;
    assert_eq!(posted.problem().status, 405);
}

/// The modules that a script imports, and the files that the page links to.
fn imports(text: &str) -> Vec<String> {
    let quoted = text.split('"').skip(1).step_by(2);
    let files = quoted.filter_map(|q| q.strip_prefix("./").or(q.strip_prefix("/assets/")));
    files.map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let state = state(fleet(1), Says::Yes);
    let first = get(&state, "/assets/main.js").await;
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let tag = first.header("etag").unwrap();
    let with = |tag: &str| {
        ask(Method::GET, "/assets/main.js").insert_header(("if-none-match", tag.to_owned()))
    };
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let got = send(&state, with(&known)).await;
        assert_eq!((got.status, got.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(got.header("etag"), Some(tag));
    }
    let got = send(&state, with("\"other\"")).await;
    assert_eq!((got.status, got.text == first.text), (StatusCode::OK, true));
    assert_ne!(get(&state, "/assets/api.js").await.header("etag"), Some(tag));
    let head = send(&state, ask(Method::HEAD, "/assets/main.js")).await;
    assert_eq!((head.status, head.header("etag")), (StatusCode::OK, Some(tag)));
}
