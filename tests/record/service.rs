//! The real program, killed at the points of its record while orders come in over HTTP.
//!
//! Its host is libvirt's own test driver, which lives in the process: what is tried here is the record.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use assured_lab::{ChildGuard, wait_until};
use serde_json::{Value, json};

use crate::asking::Agent;
use crate::place::{Place, url};

/// Bound of a wait for what takes a moment on an idle machine.
const SOON: Duration = Duration::from_secs(60);
const KILL: i32 = 9;

/// Where the process is killed. The passes are those of commits, of which each order is at least one; a
/// start has some of its own.
const POINTS: [&str; 7] = [
    "store.begun/writing",
    "store.written/writing",
    "store.kept/writing",
    "store.answer",
    "arbiter.turn_ends",
    "arbiter.committed",
    "arbiter.followed",
];
const PASSES: [usize; 3] = [2, 5, 12];

/// A service, and the orders that it has acknowledged.
struct Service {
    place: Place,
    port: u16,
    /// The greatest generation that was acknowledged, and its state.
    acknowledged: (i64, &'static str),
}

impl Service {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = Place::new();
        let config = format!(
            "[service]\ndata_dir = {:?}\n[http]\nlisten = \"127.0.0.1:{port}\"\n[poll]\ninterval = \"1s\"\n\
             [[hosts]]\nid = \"kvm-1\"\nuri = \"test:///default\"\nunmanaged = \"ignore\"\n",
            place.dir.path()
        );
        fs::write(place.dir.path().join("assured.toml"), config).unwrap();
        Self { place, port, acknowledged: (1, "running") }
    }

    fn start(&self, faults: &str) -> (ChildGuard, Agent) {
        let log = self.place.dir.path().join("service.log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_assured"), "run", "--config"])
            .arg(self.place.dir.path().join("assured.toml"))
            .env("ASSURED_FAULTS", faults)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let token = self.place.dir.path().join("operator.token");
        (child.into(), Agent::new(format!("http://127.0.0.1:{}", self.port), token))
    }

    /// Gives one order after the other until nobody answers any more.
    fn order_until_killed(&mut self, mut running: ChildGuard, agent: &Agent, domain: &str) {
        let path = format!("/api/v1/instances/{domain}/desired");
        let ended = wait_until(SOON, "the process to be killed", || {
            if running.try_wait().unwrap().is_some() {
                return true;
            }
            if agent.try_get("/readyz").is_none_or(|answer| answer.status != 200) {
                return false;
            }
            let next = if self.acknowledged.1 == "running" { "paused" } else { "running" };
            let headers = [("authorization", agent.bearer())];
            let headers = [(headers[0].0, headers[0].1.as_str())];
            let order = json!({ "state": next });
            if let Ok(answer) = agent.ask("PUT", &path, Some(&order), &headers) {
                assert_eq!(answer.status, 200, "{}", answer.body);
                let generation = answer.body["desired"]["generation"].as_i64().unwrap();
                assert!(generation > self.acknowledged.0, "{}", answer.body);
                self.acknowledged = (generation, next);
            }
            false
        });
        ended.unwrap();
        assert_eq!(running.wait().unwrap().signal(), Some(KILL));
    }
}

#[test]
fn an_order_that_was_acknowledged_outlives_the_process_wherever_it_is_killed() {
    let mut service = Service::new();
    let (running, agent) = service.start("");
    let ready = || agent.try_get("/readyz").is_some_and(|answer| answer.status == 200);
    wait_until(SOON, "the service to be ready", ready).unwrap();
    let bearer = agent.bearer();
    let headers = [("authorization", bearer.as_str())];
    let instance = json!({ "name": "test", "host": "kvm-1", "desired": "running" });
    let added = agent.ask("POST", "/api/v1/instances", Some(&instance), &headers).unwrap();
    assert!(added.status < 300, "{}", added.body);
    let domain = added.body["id"].as_str().unwrap().to_owned();
    drop(running);

    for point in POINTS {
        for passes in PASSES {
            let (running, agent) = service.start(&format!("{point}=kill@{passes}"));
            service.order_until_killed(running, &agent, &domain);
            let report =
                assured::store::Store::check(&crate::place::location(&service.place.database()))
                    .unwrap();
            assert_eq!(report.problems, Vec::<String>::new());
            let store = assured::store::Store::open(&url(&service.place.database())).unwrap();
            let loaded = store.load().unwrap();
            let desired = &loaded.instances[0].desired;
            let (generation, state) = service.acknowledged;
            let found = desired.generation.0;
            eprintln!("{point}@{passes}: generation {generation} acknowledged, {found} found");
            assert!(found == generation || found == generation + 1, "{found}, {generation}");
            if found == generation {
                assert_eq!(desired.state.as_str(), state);
            }
            service.acknowledged = (found, desired.state.as_str());
            drop(store);
        }
    }
    let (_running, agent) = service.start("");
    let path = format!("/api/v1/instances/{domain}");
    wait_until(SOON, "the last order to be carried out", || {
        let answer = agent.try_get(&path).map(|answer| answer.body).unwrap_or(Value::Null);
        answer["status"] == "in_sync"
    })
    .unwrap();
}
