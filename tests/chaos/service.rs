//! The program as a process of its own, and bounded waits for what its interface says.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assured_lab::{Host, wait_until};
use serde_json::{Value, json};

use crate::asking::Agent;
use crate::world::PATIENCE;

/// How much of the log a failed test shows.
const SHOWN_LINES: usize = 100;

/// A service that is alive or dead, with its folder, its port and its database. Dropping it is `kill -9`.
pub struct Service {
    folder: PathBuf,
    child: Option<Child>,
    agent: Agent,
}

impl Service {
    /// A service for these hosts, alive. What it needs lies in a folder that goes with the lab.
    pub fn start(lab: &Path, hosts: &[&Host], settings: &str) -> Self {
        let (folder, port) = (lab.join("service"), free_port());
        fs::create_dir_all(&folder).unwrap();
        let data = folder.join("data");
        let mut text = format!(
            "{settings}\n[http]\nlisten = \"127.0.0.1:{port}\"\n[service]\ndata_dir = {data:?}\n"
        );
        for host in hosts {
            let (id, uri) = (host.id(), host.uri());
            text += &format!("[[hosts]]\nid = {id:?}\nuri = {uri:?}\nunmanaged = \"ignore\"\n");
        }
        fs::write(folder.join("assured.toml"), text).unwrap();
        let agent = Agent::new(format!("http://127.0.0.1:{port}"), data.join("operator.token"));
        let mut service = Self { folder, child: None, agent };
        service.revive();
        service.until_ready();
        service
    }

    /// Starts it; whether it was dead. It dies with the thread that has started it, whatever ends that.
    pub fn revive(&mut self) -> bool {
        if self.child.is_some() {
            return false;
        }
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = program();
        command.args(["run", "--config"]).arg(self.folder.join("assured.toml"));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        true
    }

    /// `kill -9`; whether it was alive.
    pub fn kill(&mut self) -> bool {
        let Some(mut child) = self.child.take() else { return false };
        // One that has ended by itself cannot be killed; that it has, is what is told of then.
        let ended = child.try_wait().unwrap();
        assert!(
            ended.is_none(),
            "the service has ended by itself: {ended:?}\n{}",
            self.end_of_log()
        );
        child.kill().unwrap();
        child.wait().unwrap();
        true
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub fn database(&self) -> PathBuf {
        self.folder.join("data/assured.db")
    }

    /// Runs another command of the program on the same configuration, which must succeed.
    pub fn run(&self, words: &[&str]) {
        let mut command = program();
        command.args(words).arg("--config").arg(self.folder.join("assured.toml"));
        let said = command.output().unwrap();
        assert!(said.status.success(), "{words:?}: {said:?}");
    }

    pub fn until_ready(&self) {
        self.until("the service to be ready", PATIENCE, || {
            self.agent.try_get("/readyz").is_some_and(|answer| answer.status == 200)
        });
    }

    /// Waits for a condition; fails the test if it does not come.
    #[track_caller]
    pub fn until(&self, what: &str, limit: Duration, condition: impl FnMut() -> bool) {
        if let Err(error) = wait_until(limit, what, condition) {
            panic!("{error}\n{}", self.describe());
        }
    }

    /// Reads something; null where nobody answers.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.agent.try_get(path).filter(|answer| answer.status == 200);
        answer.map_or(Value::Null, |answer| answer.body)
    }

    /// All items of a list, page by page.
    #[track_caller]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let mut page = self.get(&format!("{path}{join}limit=1000{cursor}"));
            let Value::Array(more) = page["items"].take() else { panic!("no list: {page}") };
            items.extend(more);
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Puts all domains of these hosts under the service's care, desired as they are.
    pub fn adopt(&self, hosts: &[&Host]) {
        let bearer = self.agent.bearer();
        let headers = [("authorization", bearer.as_str())];
        for host in hosts {
            let path = format!("/api/v1/hosts/{}/adopt", host.id());
            let answer = self.agent.ask("POST", &path, Some(&json!({})), &headers).unwrap();
            assert!(answer.status < 300, "{path}: {answer:?}");
        }
    }

    /// Whether so many instances are known, all hosts are up, all is as desired, and nothing is left to do.
    pub fn is_at_rest(&self, instances: usize) -> bool {
        let status = self.get("/api/v1/status");
        let (all, hosts) = (&status["instances"], &status["hosts"]);
        let still = status["actions"]["in_flight"] == 0 && status["actions"]["waiting"] == 0;
        all["total"] == instances
            && all["in_sync"] == instances
            && hosts["up"] == hosts["total"]
            && still
    }

    /// How a host is: `up`, `unreachable`; empty where nobody answers.
    pub fn host_state(&self, host: &Host) -> String {
        let host = self.get(&format!("/api/v1/hosts/{}", host.id()));
        host["state"].as_str().unwrap_or_default().to_owned()
    }

    /// Hosts and instances that are not as they should be, and the end of the log.
    pub fn describe(&self) -> String {
        let all = self.get("/api/v1/instances?limit=1000");
        let out: Vec<_> = all["items"].as_array().into_iter().flatten().collect();
        let out: Vec<_> = out.into_iter().filter(|i| i["status"] != "in_sync").collect();
        let (hosts, status) = (self.get("/api/v1/hosts"), self.get("/api/v1/status"));
        let log = self.end_of_log();
        format!("hosts {hosts:#}\nstatus {status:#}\nnot in sync {out:#?}\n{log}")
    }

    pub fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let from = lines.len().saturating_sub(SHOWN_LINES);
        format!("--- the service's log, its end:\n{}\n---", lines[from..].join("\n"))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("service.log")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The program, without any setting of whoever runs the tests.
fn program() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_assured")]);
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("ASSURED__")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1");
    command
}

/// A port that nobody listens on, and none of those that the kernel gives to clients: one of them could be taken while the
/// service is dead.
fn free_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| fastrand::u16(10_000..32_768));
    ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).unwrap()
}
