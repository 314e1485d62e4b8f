//! Commands against a service: a real server with a fake fleet behind it.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use serde_json::{Value, json};

use super::{Files, Ran, run};
use crate::actors::messages::Refusal;
use crate::http::tests::fake::{self, Says, TOKEN, at, fleet, id, instance, put};
use crate::http::{HttpSettings, Scheme, serve};
use crate::model::{
    Condition, DesiredState, Event, EventId, EventKind, Incident, IncidentId, Severity, Status,
};
use crate::snapshot::{Fleet, InstanceView};
use crate::store::Batch;

/// A service that ends with this value, and a configuration by which it is found.
pub(super) struct Service {
    files: Files,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    pub(super) fn start(fleet: Fleet, says: Says) -> Self {
        let (tell, told) = mpsc::channel::<(SocketAddr, ServerHandle)>();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let state = fake::state(fleet, says);
                state.store.commit(records()).await.unwrap();
                let listen = "127.0.0.1:0".parse().unwrap();
                let settings = HttpSettings {
                    listen,
                    scheme: Scheme::Http,
                    workers: 1,
                    drain: Duration::from_secs(1),
                };
                let (server, address) = serve(settings, state).unwrap();
                tell.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = told.recv_timeout(Duration::from_secs(20)).unwrap();
        let files = Files::with(&format!("[http]\nlisten = \"{address}\"\n"));
        std::fs::write(files.dir.path().join("operator.token"), TOKEN).unwrap();
        Self { files, handle, thread: Some(thread) }
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.files.run(arguments)
    }

    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let all = [arguments, &["-o", "json"]].concat();
        serde_json::from_str(&self.run(&all).done()).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn records() -> Batch {
    let incident = Incident {
        id: IncidentId(17),
        instance: Some(id(1)),
        host: "kvm-1".into(),
        severity: Severity::Warning,
        opened_at: at("2026-11-23T05:00:00Z"),
        closed_at: None,
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: None,
        attempts: 1,
        summary: "web-00001 is shutoff/crashed, running is desired".into(),
        instances: Vec::new(),
    };
    let event = |number: i64| Event {
        id: EventId(number),
        at: at("2026-11-23T05:00:00.213Z"),
        kind: EventKind::Observed,
        host: Some("kvm-1".into()),
        instance: Some(id(1)),
        incident: Some(IncidentId(17)),
        by: None,
        text: format!("look {number}"),
        detail: Value::Null,
    };
    let events = (1..=60).map(event).collect();
    Batch { incidents: vec![incident], events, ..Batch::default() }
}

#[test]
fn a_fleet_is_read() {
    let mut all = fleet(2500);
    put(&mut all, InstanceView { status: Status::GivenUp, ..instance(1) });
    let service = Service::start(all, Says::Yes);
    let drawn = service.run(&["status"]).done();
    for part in ["2499 in sync, 1 given up", "✗ given_up", "Open incidents: 0", "kvm-2  ✓ up"] {
        assert!(drawn.contains(part), "{part:?} is not in:\n{drawn}");
    }
    assert_eq!(service.json(&["status"])["instances"]["given_up"], 1);
    // More than one page.
    let listed = service.json(&["instances", "list"]);
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["next"]), (2500, &Value::Null));
    let some = service.run(&["instances", "list", "web-0000", "-n", "3", "--sort", "-name"]).done();
    assert_eq!(some.lines().count(), 4);
    assert!(some.lines().nth(1).unwrap().starts_with("web-00009 "), "{some}");
    assert_eq!(service.run(&["instances", "list", "--host", "kvm-2"]).done(), "no instances\n");
    let shown = service.run(&["instances", "show", "web-00001"]).done();
    assert!(shown.contains("status    ✗ given_up\n"), "{shown}");
    assert!(shown.contains("generation 3, by api:local"), "{shown}");
    assert_eq!(service.json(&["instances", "show", &id(7).to_string()])["name"], "web-00007");
    assert!(service.run(&["hosts", "list"]).done().contains("kvm-1  ✓ up"));
    let host = service.run(&["hosts", "show", "kvm-1"]).done();
    assert!(host.contains("pending   web-9 (configured") && host.contains("stray"), "{host}");
}

#[test]
fn the_records_are_read() {
    let service = Service::start(fleet(2), Says::Yes);
    let listed = service.run(&["incidents", "list", "--instance", "web-00001"]).done();
    assert!(listed.contains("17  warning   web-00001  kvm-1"), "{listed}");
    let none = service.run(&["incidents", "list", "--state", "closed"]).done();
    assert_eq!(none, "no incidents\n");
    let story = service.run(&["incidents", "show", "17"]).done();
    assert!(story.contains("  +0.2 s  observed  look 1\n"), "{story}");
    let log = service.run(&["events", "-n", "5"]).done();
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("60  2026-11-23 05:00:00Z  observed  kvm-1"), "{log}");
    assert_eq!(log.lines().count(), 6);
    let words = ["there is no incident `18`; look with `assured incidents list`"];
    service.run(&["incidents", "show", "18"]).failed(1, &words);
}

#[test]
fn changes_are_ordered() {
    let service = Service::start(fleet(3), Says::Yes);
    let set = service.run(&["instances", "desire", "web-00001", "shutoff"]).done();
    assert_eq!(set, "web-00001 on kvm-1: shutoff is desired (generation 4); it is in_sync now\n");
    let set = ["instances", "desire", "web-00001", "paused", "--if-generation", "2"];
    service.run(&set).failed(1, &["has generation 3, not 2"]);
    let add = ["instances", "add", "db-1", "--host", "kvm-2", "--desired", "running"];
    assert!(service.run(&add).done().starts_with("db-1 on kvm-2 is an instance now"));
    let moved = service.json(&["instances", "move", "web-00002", "kvm-2"]);
    assert_eq!(moved["host"], "kvm-2");
    assert!(service.run(&["instances", "retry", "web-00002"]).done().contains("fresh budget"));
    let forgotten = service.json(&["instances", "forget", "web-00002"]);
    assert_eq!(forgotten, json!({ "forgotten": id(2) }));
    let adopted = service.json(&["hosts", "adopt", "kvm-1", "stray"]);
    assert_eq!(adopted["items"][0]["id"], json!(id(1_000_000)));
    service.run(&["hosts", "adopt", "kvm-1", "nobody"]).failed(1, &["no domain nobody"]);
    let stray = ["no domain stary", "did you mean `stray`? Look with `assured hosts show kvm-1`"];
    service.run(&["hosts", "adopt", "kvm-1", "stary"]).failed(1, &stray);
}

#[test]
fn of_a_name_that_there_is_not_those_that_are_like_it_are_proposed() {
    let service = Service::start(fleet(3), Says::Yes);
    let near = ["there is no instance called web-0001; did you mean `web-00001`", "Look with"];
    service.run(&["instances", "retry", "web-0001"]).failed(1, &near);
    let far = ["there is no instance called db; look with `assured instances list`"];
    service.run(&["instances", "show", "db"]).failed(1, &far);
    let list = "? Look with `assured hosts list`";
    for arguments in [
        &["hosts", "show", "kvm-7"][..],
        &["hosts", "adopt", "kvm-7"],
        &["hosts", "maintenance", "kvm-7", "--reason", "x"],
        &["hosts", "resume", "kvm-7"],
    ] {
        service.run(arguments).failed(1, &["kvm-7", "did you mean `kvm-1` or `kvm-2`", list]);
    }
    for (list, nothing) in [("instances", "no instances"), ("incidents", "no incidents")] {
        let none = service.run(&[list, "list", "--host", "storage"]).done();
        let why = ": there is no host `storage`; look with `assured hosts list`\n";
        assert_eq!(none, format!("{nothing}{why}"));
    }
    assert_eq!(service.run(&["instances", "list", "--host", "kvm-2"]).done(), "no instances\n");
}

#[test]
fn what_a_terminal_would_do_and_not_show_is_written_out() {
    let mut all = fleet(2);
    let name = "evil\u{1b}[31m\nkvm-9\u{202e}";
    put(&mut all, InstanceView { name: name.into(), ..instance(1) });
    let service = Service::start(all, Says::Yes);
    let shown = "evil\\u{1b}[31m\\nkvm-9\\u{202e}";
    for arguments in [&["instances", "list"][..], &["instances", "show", &id(1).to_string()]] {
        let out = service.run(arguments).done();
        assert!(out.contains(shown) && !out.contains('\u{1b}'), "{out:?}");
    }
    let listed = service.json(&["instances", "show", &id(1).to_string()]);
    assert_eq!(listed["name"], name, "programs get what the API gives");
    service.run(&["instances", "show", name]).done();
}

#[test]
fn a_name_on_two_hosts_needs_the_uuid() {
    let mut fleet = fleet(2);
    put(&mut fleet, InstanceView { name: "web-00001".into(), host: "kvm-2".into(), ..instance(9) });
    let service = Service::start(fleet, Says::Yes);
    let words = ["several are called web-00001", &id(1).to_string(), &id(9).to_string()];
    service.run(&["instances", "retry", "web-00001"]).failed(1, &words);
    service.run(&["instances", "retry", &id(9).to_string()]).done();
}

#[test]
fn refusals_are_said_in_their_own_words() {
    let refusal = Refusal::NotNow("it is starting".into());
    let service = Service::start(fleet(2), Says::No(refusal));
    let set = ["instances", "desire", "web-00001", "shutoff"];
    service.run(&set).failed(1, &["the service cannot take this now: it is starting"]);
}

#[test]
fn a_token_does_not_leave_this_machine_in_clear_text() {
    let files = Files::with("");
    let token = files.dir.path().join("named.token");
    std::fs::write(&token, TOKEN).unwrap();
    let token = token.to_str().unwrap();
    // Nobody is asked: nobody would answer.
    for host in ["assured.invalid", "192.0.2.1", "[2001:db8::1]", "localhost.invalid"] {
        let url = format!("http://{host}:1");
        let ran = files.run(&["status", "--url", &url, "--token-file", token]);
        ran.failed(64, &["the token is not sent to", "by http://", "https://"]);
    }
    for url in ["http://127.0.0.1:1", "http://[::1]:1", "https://127.0.0.1:1"] {
        files
            .run(&["status", "--url", url, "--token-file", token])
            .failed(69, &["cannot be reached"]);
    }
    files.run(&["status", "--url", "ftp://127.0.0.1"]).failed(64, &["it must look like http://"]);
}

#[test]
fn a_change_without_a_token_says_where_to_get_one() {
    let service = Service::start(fleet(2), Says::Yes);
    let token = service.files.dir.path().join("operator.token");
    std::fs::remove_file(&token).unwrap();
    let retry = ["instances", "retry", "web-00001"];
    service.run(&retry).failed(1, &["operator token", "operator.token", "--token-file"]);
    service.run(&["status"]).done();
    let named = service.files.dir.path().join("mine");
    let with = |file: &str| service.run(&[&retry[..], &["--token-file", file]].concat());
    with(named.to_str().unwrap()).failed(1, &["mine cannot be read"]);
    std::fs::write(&named, format!("{TOKEN}\n")).unwrap();
    with(named.to_str().unwrap()).done();
    std::fs::write(&named, "another-token").unwrap();
    with(named.to_str().unwrap()).failed(1, &["this is not the operator token"]);
}

#[test]
fn a_service_that_is_not_there_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    for arguments in [&["status"][..], &["instances", "list"], &["instances", "retry", "web-1"]] {
        let all = [arguments, &["--url", &url]].concat();
        run(&all).failed(69, &[&url, "Connection refused", "Is it running?"]);
    }
}
