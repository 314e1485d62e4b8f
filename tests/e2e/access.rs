//! Who may use a service, and who follows its audit log.

use std::fs::{self, File};
use std::process::Stdio;

use assured_lab::ChildGuard;
use serde_json::{Value, json};

use crate::rig::Service;
use crate::site::Site;

#[test]
fn the_audit_log_is_followed_across_restarts_without_a_gap() {
    let site = Site::new(&[]);
    let mut service = site.start();
    let seen = site.folder().join("followed");
    let follow = ["events", "--follow", "--after", "0", "-o", "json"];
    let mut follower = site.program(&follow);
    let follower = follower.stdout(File::create(&seen).unwrap()).stderr(Stdio::null());
    let _follower = ChildGuard::from(follower.spawn().unwrap());
    for round in 0..3 {
        for _ in 0..5 {
            service.order("POST", "/api/v1/reload", &json!({}));
        }
        until_followed(&service, &seen);
        if round % 2 == 0 {
            service.kill();
        } else {
            assert!(service.terminate().success());
        }
        service = site.start();
    }
    service.order("POST", "/api/v1/reload", &json!({}));
    until_followed(&service, &seen);
}

/// Waits until what was followed is the whole audit log, each once and in its order.
fn until_followed(service: &Service<'_>, seen: &std::path::Path) {
    let id = |event: &Value| event["id"].as_i64().unwrap();
    service.until("the follower to have the whole log", || {
        let text = fs::read_to_string(seen).unwrap();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let followed: Vec<_> = lines.map(|event| id(&event)).collect();
        let all: Vec<_> = service.list("/api/v1/events", "").iter().map(id).collect();
        assert!(all.starts_with(&followed), "{followed:?} of {all:?}");
        all.len() == followed.len()
    });
}

#[test]
fn tokens_have_roles_and_names_and_are_taken_over_by_a_reload() {
    let site = Site::new(&[]);
    let make = |name: &str, role: &str| -> Value {
        let made = site.run(&["token", name, "--role", role, "-o", "json"]).done();
        serde_json::from_str(&made).unwrap()
    };
    let section = |made: &Value| {
        format!(
            "\n[[http.tokens]]\nname = {}\nrole = {}\nsha256 = {}\n",
            made["name"], made["role"], made["sha256"]
        )
    };
    let (viewer, operator) = (make("grafana", "viewer"), make("anna", "operator"));
    let bare = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), format!("{bare}{}{}", section(&viewer), section(&operator))).unwrap();
    let service = site.start();
    let bearer = |made: &Value| format!("Bearer {}", made["token"].as_str().unwrap());
    let agent = site.agent();
    let status = |method: &str, path: &str, bearer: Option<&str>| {
        let headers: Vec<_> = bearer.iter().map(|value| ("authorization", *value)).collect();
        let body = json!({});
        let body = (method == "POST").then_some(&body);
        agent.ask(method, path, body, &headers).unwrap().status
    };
    let (viewers, operators) = (bearer(&viewer), bearer(&operator));
    assert_eq!(status("GET", "/healthz", None), 200);
    assert_eq!(status("GET", "/api/v1/status", None), 401);
    assert_eq!(status("GET", "/api/v1/status", Some(&viewers)), 200);
    assert_eq!(status("POST", "/api/v1/reload", Some(&viewers)), 403);
    assert_eq!(status("POST", "/api/v1/reload", Some(&operators)), 200);
    let file = site.folder().join("grafana.token");
    fs::write(&file, viewer["token"].as_str().unwrap()).unwrap();
    let words = ["events", "-o", "json", "--token-file", file.to_str().unwrap()];
    let events: Value = serde_json::from_str(&site.run(&words).done()).unwrap();
    let by = events["items"].as_array().unwrap().iter().any(|event| event["by"] == "api:anna");
    assert!(by, "{events:#}");

    // Who is no longer there is refused, without a restart.
    fs::write(site.config(), format!("{bare}{}", section(&operator))).unwrap();
    assert_eq!(status("POST", "/api/v1/reload", Some(&operators)), 200);
    assert_eq!(status("GET", "/api/v1/status", Some(&viewers)), 401);
    assert_eq!(status("GET", "/api/v1/status", Some(&operators)), 200);
    assert!(service.terminate().success());
    let log = fs::read_to_string(site.log()).unwrap();
    for made in [&viewer, &operator] {
        for secret in ["token", "sha256"] {
            assert!(!log.contains(made[secret].as_str().unwrap()), "{log}");
        }
    }
}
