//! The limits of HTTP, and the headers of its answers, on real connections.

use std::fs::File;
use std::io::Read;
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use crate::rig::Service;
use crate::site::Site;
use crate::wire::{Came, plain};

const MIB: usize = 1 << 20;

fn get(site: &Site, path: &str, headers: &str) -> Came {
    let mut wire = plain(&site.url());
    wire.ask(&format!("GET {path}"), headers, &site.host());
    wire.answer()
}

#[test]
fn what_is_too_large_is_refused() {
    let site = Site::new(&[]);
    let service = site.start();
    let explain = "POST /api/v1/policies/explain";
    // By what is announced: nothing of it has to be sent.
    let mut wire = plain(&site.url());
    let json = "Content-Type: application/json\r\n";
    wire.ask(explain, &format!("{json}Content-Length: {}\r\n", MIB + 1), &site.host());
    assert_eq!(wire.answer().status, 413);
    // Unannounced, by what comes.
    let mut wire = plain(&site.url());
    wire.ask(explain, &format!("{json}Transfer-Encoding: chunked\r\n"), &site.host());
    let chunk = " ".repeat(MIB / 4);
    for _ in 0..5 {
        wire.send(format!("{:x}\r\n{chunk}\r\n", chunk.len()));
    }
    wire.send("0\r\n\r\n");
    assert_eq!(wire.answer().status, 413);
    let asked = r#"{"desired": "running", "observed": "running"}"#;
    let fair = " ".repeat(MIB - asked.len()) + asked;
    let mut wire = plain(&site.url());
    wire.ask(explain, &format!("{json}Content-Length: {MIB}\r\n"), &site.host());
    wire.send(fair);
    assert_eq!(wire.answer().status, 200, "a body of 1 MiB is taken");

    for (bytes, status) in [(8 << 10, 200), (16 << 10, 431), (256 << 10, 431)] {
        let mut wire = plain(&site.url());
        wire.ask("GET /healthz", &format!("X-Large: {}\r\n", "x".repeat(bytes)), &site.host());
        assert_eq!(wire.answer().status, status, "a head of {bytes} bytes");
    }
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
    let site = Site::new(&[]);
    let service = site.start();
    let begun = Instant::now();
    let mut wire = plain(&site.url());
    wire.send("GET /healthz HTTP/1.1\r\nHost: ");
    assert_eq!(wire.answer().status, 408);
    wire.end();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(service.terminate().code(), Some(0));
}

/// So many that the process has no descriptor left for another one.
#[test]
fn too_many_connections_do_not_stop_the_service_for_long() {
    let site = Site::new(&[]);
    let service = site.start();
    let pid = service.pid().to_string();
    let held = || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let most = held() + 100;
    let limit = format!("--nofile={most}:{most}");
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
    let flood: Vec<_> = (0..200).map(|_| plain(&site.url())).collect();
    service.until("all descriptors to be in use", || held() >= most);
    // They say nothing, and are let go; nobody has to end them.
    assert_eq!(get(&site, "/healthz", "").status, 200);
    assert_eq!(get(&site, "/readyz", "").status, 200);
    drop(flood);
    assert_eq!(service.terminate().code(), Some(0));
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    std::fs::write(&file, gzip).unwrap();
    let gunzip = Command::new("gzip").arg("-dc").stdin(File::open(file).unwrap()).output();
    let output = gunzip.unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn answers_are_packed_for_those_who_want_it_and_streams_are_not() {
    let site = Site::new(&[]);
    let service = site.start();
    let host = site.host();
    for path in ["/api/v1/policies", "/", "/assets/main.js"] {
        let plainly = get(&site, path, "");
        assert_eq!(plainly.header("content-encoding"), None, "{path}");
        for refused in ["identity", "gzip;q=0", "br"] {
            let same = get(&site, path, &format!("Accept-Encoding: {refused}\r\n"));
            assert_eq!(same.header("content-encoding"), None, "{path} {refused}");
            assert_eq!(same.body.len(), plainly.body.len(), "{path} {refused}");
        }
        // Its end is the end of the connection, so that no length has to be told.
        let mut wire = plain(&site.url());
        wire.ask(&format!("GET {path}"), "Accept-Encoding: gzip\r\nConnection: close\r\n", &host);
        let head = wire.until("\r\n\r\n").unwrap().to_lowercase();
        assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{path}: {head}");
        assert!(head.contains("\r\nvary: accept-encoding\r\n"), "{path}: {head}");
        let packed = without_chunks(&wire.end());
        assert!(packed.len() < plainly.body.len(), "{path}");
        assert_eq!(unpacked(&packed).len(), plainly.body.len(), "{path}");
    }
    let mut stream = plain(&site.url());
    stream.ask("GET /api/v1/events/stream", "Accept-Encoding: gzip\r\n", &host);
    let head = stream.until("\r\n\r\n").unwrap().to_lowercase();
    assert!(!head.contains("content-encoding: gzip"), "{head}");
    stream.until("\nid: ").expect("a text that can be read as it comes");
    assert_eq!(service.terminate().code(), Some(0));
}

fn without_chunks(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let at = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        let mut chunk = vec![0; size];
        bytes[at + 2..].as_ref().read_exact(&mut chunk).unwrap();
        whole.extend(chunk);
        bytes = &bytes[at + 2 + size + 2..];
    }
}

/// The head of an answer, whatever follows it.
fn head(service: &Service<'_>, line: &str, headers: &str) -> String {
    let mut wire = plain(&service.site().url());
    wire.ask(line, headers, &service.site().host());
    wire.until("\r\n\r\n").expect("an answer").to_lowercase()
}

#[test]
fn every_kind_of_answer_has_the_headers_that_keep_browsers_in() {
    let site = Site::new(&[]);
    let service = site.start();
    let cases = [
        ("GET /", "", 200),
        ("GET /assets/main.js", "", 200),
        ("GET /api/v1/status", "", 200),
        ("GET /api/v1/events/stream", "", 200),
        ("GET /metrics", "", 200),
        ("GET /nothing", "", 404),
        ("GET /api/v1/instances?limit=0", "", 400),
        ("PATCH /api/v1/status", "", 405),
        ("POST /api/v1/reload", "", 401),
        ("GET /healthz", "Origin: http://evil.example\r\n", 403),
        ("POST /api/v1/policies/explain", "Content-Length: 9999999\r\n", 413),
    ];
    for (line, headers, status) in cases {
        let head = head(&service, line, headers);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{line}: {head}");
        for wanted in [
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
            "content-security-policy: default-src 'none';",
            "x-request-id: ",
        ] {
            assert!(head.contains(&format!("\r\n{wanted}")), "{line} {wanted}: {head}");
        }
        assert!(!head.contains("strict-transport-security"), "{line}: {head}");
        assert!(!head.contains("\r\nserver:"), "{line}: {head}");
    }
    assert_eq!(service.terminate().code(), Some(0));
}
