//! A running service: the child process, and bounded waits for what it does.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use assured_lab::wait_until;
use serde_json::Value;

use crate::asking::{Agent, Answer};
use crate::site::Site;

/// Bound of a wait for what takes a few seconds on an idle machine.
pub const SOON: Duration = Duration::from_secs(60);

/// How much of the log a failed test shows.
const SHOWN_LINES: usize = 80;

/// A service that runs. Dropping it is `kill -9`, and waits until it is gone.
pub struct Service<'a> {
    site: &'a Site,
    child: Child,
    agent: Agent,
}

impl Site {
    /// Starts the service and waits until it is ready.
    pub fn start(&self) -> Service<'_> {
        let service = self.spawn();
        service.until("the service to be ready", || {
            service.agent.try_get("/readyz").is_some_and(|answer| answer.status == 200)
        });
        service
    }

    /// Starts the service.
    pub fn spawn(&self) -> Service<'_> {
        self.spawn_as(self.program(&["run"]))
    }

    /// Starts the service by this command.
    pub fn spawn_as(&self, mut program: Command) -> Service<'_> {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let child = program.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Service { site: self, child, agent: self.agent() }
    }
}

impl Service<'_> {
    /// Waits for a condition; fails the test if it does not come.
    #[track_caller]
    pub fn until(&self, what: &str, condition: impl FnMut() -> bool) {
        if let Err(error) = wait_until(SOON, what, condition) {
            let fleet = self.agent.try_get("/api/v1/instances").map(|a| format!("{:#}", a.body));
            panic!("{error}\n{}", fleet.unwrap_or_default());
        }
    }

    /// Reads something that is there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None, &[]);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    /// Reads a list that fits on one page.
    #[track_caller]
    pub fn list(&self, path: &str, query: &str) -> Vec<Value> {
        let mut page = self.get(&format!("{path}?limit=1000&{query}"));
        assert!(page["next"].is_null(), "one page is enough for a test");
        let Value::Array(items) = page["items"].take() else { panic!("no list: {page}") };
        items
    }

    /// Changes something, as the operator, and expects that it is done.
    #[track_caller]
    pub fn order(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.as_operator(method, path, body, &[]);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// Asks for a change, as the operator.
    pub fn as_operator(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Answer {
        let bearer = self.agent.bearer();
        let headers = [&[("authorization", bearer.as_str())], more].concat();
        self.agent.ask(method, path, Some(body), &headers).expect("the service answers")
    }

    /// Asks, as nobody in particular.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.agent.ask(method, path, body, headers).expect("the service answers")
    }

    /// Where it lives.
    pub fn site(&self) -> &Site {
        self.site
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM; gives how it ended.
    pub fn terminate(self) -> ExitStatus {
        self.tell_to_end();
        self.ended()
    }

    /// SIGTERM.
    pub fn tell_to_end(&self) {
        let pid = self.child.id();
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended; gives how.
    pub fn ended(mut self) -> ExitStatus {
        let mut ended = None;
        let waited = wait_until(SOON, "the service to end", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        waited.unwrap();
        ended.unwrap()
    }

    /// `kill -9`.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.site.log()).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let from = lines.len().saturating_sub(SHOWN_LINES);
            eprintln!("--- the service's log, its end:\n{}\n---", lines[from..].join("\n"));
        }
    }
}
