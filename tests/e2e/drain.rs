//! What becomes of those who ask while the service ends.

use std::fs;
use std::net::TcpStream;
use std::time::Duration;

use tokio::time::Instant;

use crate::certificates::Authority;
use crate::rig::Service;
use crate::site::Site;
use crate::wire::{Wire, by_tls, plain};

const BODY: &str = r#"{"desired": "running", "observed": "shutoff", "reason": "crashed"}"#;

/// Asks for something, and sends the first half of the body only. The service has begun to read it.
fn begin<S: std::io::Read + std::io::Write>(wire: &mut Wire<S>, site: &Site) {
    let headers = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n",
        BODY.len()
    );
    wire.ask("POST /api/v1/policies/explain", &headers, &site.host());
    wire.until("100 Continue\r\n\r\n").expect("the service to want the body");
    wire.send(&BODY[..BODY.len() / 2]);
}

fn refuses(service: &Service<'_>) {
    let address = service.site().host();
    service.until("nobody to listen", || TcpStream::connect(&address).is_err());
}

fn is_answered_whole<S: std::io::Read + std::io::Write>(
    mut connect: impl FnMut() -> Wire<S>,
    site: &Site,
) {
    let service = site.start();
    let (mut idle, mut unasked) = (connect(), connect());
    idle.ask("GET /healthz", "", &site.host());
    assert_eq!(idle.answer().header("connection"), None, "it is kept");
    let mut follower = connect();
    follower.ask("GET /api/v1/events/stream", "", &site.host());
    follower.until("\nid: ").expect("a stream");
    let mut slow = connect();
    begin(&mut slow, site);

    service.tell_to_end();
    let farewell = follower.until("event: ending\r\n").or(follower.until("event: ending\n"));
    farewell.expect("a last word");
    follower.end();
    assert_eq!((idle.end(), unasked.end()), (vec![], vec![]));
    refuses(&service);
    slow.send(&BODY[BODY.len() / 2..]);
    let answer = slow.answer();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap()["rule"].is_string());
    assert_eq!(slow.end(), b"");
    assert_eq!(service.ended().code(), Some(0));
}

#[test]
fn a_request_under_way_is_answered_whole() {
    let site = Site::new(&[]);
    is_answered_whole(|| plain(&site.url()), &site);
}

#[test]
fn a_request_under_way_by_tls_is_answered_whole() {
    let authority = Authority::new();
    let site = Site::by_tls(&authority, &["127.0.0.1"]);
    is_answered_whole(|| by_tls(&site.url(), &authority), &site);
}

#[test]
fn who_never_finishes_holds_up_the_end_no_longer_than_the_grace() {
    let site = Site::new(&[]);
    let text = fs::read_to_string(site.config()).unwrap();
    let short = text.replace("shutdown_grace = \"20s\"", "shutdown_grace = \"2s\"");
    assert_ne!(text, short);
    fs::write(site.config(), short).unwrap();
    let service = site.start();
    let mut never = plain(&site.url());
    begin(&mut never, &site);
    let asked = Instant::now();
    service.tell_to_end();
    assert_eq!(service.ended().code(), Some(0));
    let took = asked.elapsed();
    assert!(took >= Duration::from_millis(1900), "it was waited for: {took:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(never.end(), b"");
}

#[test]
fn a_service_that_nobody_asks_ends_at_once() {
    let site = Site::new(&[]);
    let service = site.start();
    let mut idle = plain(&site.url());
    idle.ask("GET /healthz", "", &site.host());
    idle.answer();
    let asked = Instant::now();
    assert_eq!(service.terminate().code(), Some(0));
    // Neither for the grace nor for as long as a connection is kept.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(idle.end(), b"");
}
