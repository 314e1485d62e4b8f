//! A service that is asked by TLS.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::certificates::Authority;
use crate::rig::Service;
use crate::site::Site;
use crate::wire::{by_tls, plain};

const HERE: &[&str] = &["127.0.0.1"];

fn hang_up(service: &Service<'_>) {
    let pid = service.pid().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
}

fn config_error(service: &Service<'_>) -> Value {
    service.get("/api/v1/status")["service"]["config_error"].clone()
}

#[test]
fn the_command_line_asks_by_tls_those_whom_it_is_told_to_trust() {
    let authority = Authority::new();
    let site = Site::by_tls(&authority, HERE);
    let service = site.start();
    let ca = authority.file(site.folder());
    let ca = ca.to_str().unwrap();
    let out = site.run(&["status", "--ca", ca]).done();
    assert!(out.contains("ready"), "{out}");
    // A change, with the token that is found on this machine.
    let out = site.run(&["events", "--ca", ca, "-o", "json"]).done();
    assert!(out.contains("items"), "{out}");

    let nobody =
        "signed by nobody whom this machine trusts; name its certificate authority by --ca";
    site.run(&["status"]).failed_with(69, &[&site.url(), nobody]);
    let other = tempfile::tempdir().unwrap();
    let other_ca = Authority::new().file(other.path());
    let said = site.run(&["status", "--ca", other_ca.to_str().unwrap()]);
    said.failed_with(69, &["signed by nobody in --ca"]);
    site.run(&["status", "--ca", "/nothing"]).failed_with(64, &["--ca /nothing", "cannot be read"]);
    let config = site.config();
    let said = site.run(&["status", "--ca", config.to_str().unwrap()]);
    said.failed_with(64, &["has no certificate in it"]);

    // Those whom the machine trusts, and so the command line.
    let mut program = site.program(&["status"]);
    crate::site::run(program.env("SSL_CERT_FILE", ca)).done();

    let by_name = site.url().replace("127.0.0.1", "localhost");
    let said = site.run(&["status", "--ca", ca, "--url", &by_name]);
    said.failed_with(69, &["its certificate is for 127.0.0.1, and not for localhost"]);
    let plainly = site.url().replace("https", "http");
    let said = site.run(&["status", "--url", &plainly]);
    said.failed_with(69, &["what it says is no HTTP; if it speaks TLS, ask it by", &site.url()]);
    // A follower that is refused does not wait for it to be back.
    site.run(&["events", "--follow"]).failed_with(69, &[nobody]);
    for (other, words) in [
        (authority.itself(), "a certificate authority's, not a server's"),
        (authority.expired(HERE), "its certificate has expired"),
    ] {
        other.put(site.folder());
        hang_up(&service);
        service.until(words, || site.run(&["status", "--ca", ca]).err.contains(words));
    }
    assert_eq!(service.terminate().code(), Some(0));
    let log = fs::read_to_string(site.log()).unwrap();
    assert!(log.contains(&format!("HTTP on {}/", site.url())), "{log}");
}

#[test]
fn a_service_without_tls_is_not_asked_by_it() {
    let site = Site::new(&[]);
    let service = site.start();
    let url = site.url().replace("http", "https");
    site.run(&["status", "--url", &url])
        .failed_with(69, &["it does not speak TLS", &format!("ask it by {}", site.url())]);
    let mut wire = plain(&site.url());
    wire.ask("GET /healthz", "", &site.host());
    assert_eq!(wire.answer().header("strict-transport-security"), None);
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_renewed_certificate_is_served_and_a_broken_one_is_refused() {
    let authority = Authority::new();
    let site = Site::by_tls(&authority, HERE);
    let service = site.start();
    let shown = || by_tls(&site.url(), &authority).certificate();
    let first = shown();
    let mut stream = by_tls(&site.url(), &authority);
    stream.ask("GET /api/v1/events/stream", "", &site.host());
    stream.until("\nid: ").expect("a stream");

    authority.issue(HERE).put(site.folder());
    assert_eq!(shown(), first, "not before it is told to read it");
    hang_up(&service);
    service.until("another certificate", || shown() != first);
    let second = shown();
    stream.until("HTTP is served with another certificate").expect("the stream goes on");

    // Each of these is wrong in its own way, and nothing of it is taken over.
    let good = authority.issue(HERE);
    let mut broken = 0;
    let mut refused = |key: &str, words: &str| {
        let answer = service.as_operator("POST", "/api/v1/reload", &json!({}), &[]);
        assert_eq!(answer.status, 422, "{answer:?}");
        let error = &answer.body["errors"][0];
        assert_eq!(error["key"], key, "{answer:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{answer:?}");
        assert_eq!(shown(), second);
        broken += 1;
    };
    let cert = site.folder().join("tls.crt");
    fs::write(&cert, &good.cert).unwrap();
    refused("http.tls.key", "is not the key of the certificate");
    fs::write(&cert, "nothing\n").unwrap();
    refused("http.tls.cert", "has no certificate in it");
    fs::remove_file(&cert).unwrap();
    refused("http.tls.cert", "cannot be read");
    good.put(site.folder());
    let key = site.folder().join("tls.key");
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    refused("http.tls.key", "chmod 600");
    assert_eq!(broken, 4);
    hang_up(&service);
    service.until("the refusal to be shown", || config_error(&service).is_string());
    assert_eq!(shown(), second);

    good.put(site.folder());
    let answer = service.order("POST", "/api/v1/reload", &json!({}));
    assert_eq!(answer["needs_restart"], json!([]), "{answer}");
    assert!(shown() != second && config_error(&service).is_null());
    stream.until("HTTP is served with another certificate").expect("the stream goes on");
    // TLS itself does not go without a restart.
    let text = fs::read_to_string(site.config()).unwrap();
    let without: Vec<_> = text.lines().filter(|line| !line.starts_with("tls = ")).collect();
    fs::write(site.config(), without.join("\n")).unwrap();
    let answer = service.order("POST", "/api/v1/reload", &json!({}));
    assert_eq!(answer["needs_restart"], json!(["http.tls"]), "{answer}");
    assert_eq!(by_tls(&site.url(), &authority).certificate(), shown());
    assert_eq!(service.terminate().code(), Some(0));
    stream.until("event: ending").expect("the stream ends politely");
}

#[test]
fn who_does_not_finish_the_handshake_is_let_go() {
    let authority = Authority::new();
    let site = Site::by_tls(&authority, HERE);
    let service = site.start();
    // Says nothing, and says what is no TLS.
    let mut silent = plain(&site.url());
    let mut wrong = plain(&site.url());
    wrong.ask("GET /healthz", "", &site.host());
    let alert = wrong.end();
    assert!(!alert.starts_with(b"HTTP"), "{alert:?}");
    assert_eq!(alert.first(), Some(&0x15), "an alert of TLS: {alert:?}");
    assert_eq!(silent.end(), b"");
    let mut good = by_tls(&site.url(), &authority);
    good.ask("GET /healthz", "", &site.host());
    let answer = good.answer();
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    // Browsers do not heed the port of a name: other programs of this machine are not to suffer.
    good.ask("GET /healthz", "", &site.host().replace("127.0.0.1", "localhost"));
    let answer = good.answer();
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, None));
    // A page of the service itself sends its own origin, by https.
    let origin = |scheme: &str| format!("Origin: {scheme}://{}\r\n", &site.host());
    for (scheme, status) in [("https", 200), ("http", 403)] {
        good.ask("GET /healthz", &origin(scheme), &site.host());
        assert_eq!(good.answer().status, status, "{scheme}");
    }
    assert_eq!(service.terminate().code(), Some(0));
}
