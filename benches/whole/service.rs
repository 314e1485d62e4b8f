//! The service as a process: configured, started, asked, and ended.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use assured_lab::wait_until;
use jiff::Timestamp;
use serde_json::Value;

use crate::floor::{PATIENCE, lines_of, output};

/// A running service. It ends when this is dropped, and with this process.
pub(crate) struct Service {
    process: Child,
    address: String,
    log: Receiver<String>,
}

impl Service {
    /// Starts the release binary with a database of its own in `folder`. `config` is the rest of its
    /// configuration.
    pub(crate) fn start(folder: &Path, config: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        std::fs::create_dir_all(folder).unwrap();
        let (file, data) = (folder.join("assured.toml"), folder.join("data"));
        let head = format!(
            "[service]\ndata_dir = {data:?}\n[http]\nlisten = \"{address}\"\n\
             [log]\nformat = \"json\"\n"
        );
        std::fs::write(&file, head + config).unwrap();
        // Should this program be killed, the service goes too.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_assured"), "run"]);
        command.arg("--config").arg(file).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the service starts");
        let log = lines_of(process.stderr.take().unwrap());
        Self { process, address, log }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.process.id().cast_signed()
    }

    /// Waits until so many instances are known, all of them in sync.
    pub(crate) fn wait_in_sync(&self, count: u64) {
        let mut last = String::new();
        let waited = wait_until(PATIENCE, "all in sync", || {
            last = self.get("/api/v1/status").unwrap_or_default();
            let status: Value = serde_json::from_str(&last).unwrap_or_default();
            let instances = &status["instances"];
            instances["total"] == count && instances["in_sync"] == count
        });
        assert!(waited.is_ok(), "not {count} in sync in time: {last}");
    }

    /// The sum of a metric's values over all labels that begin so.
    pub(crate) fn metric(&self, start: &str) -> f64 {
        let page = self.get("/metrics").expect("it answers");
        let lines = page.lines().filter(|line| line.starts_with(start));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
    }

    /// All events of a kind, the oldest first.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                self.get(&format!("/api/v1/events?kind={kind}{cursor}")).expect("it answers");
            let page: Value = serde_json::from_str(&page).unwrap();
            events.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }

    /// Waits for the next line of the log with a message like this. Its time is in µs since the
    /// epoch.
    pub(crate) fn logged(&self, wanted: impl Fn(&str) -> bool) -> i64 {
        let mut last = String::from("nothing");
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("what was awaited is not logged in time; the last line is {last}");
            };
            last.clone_from(&line);
            let line: Value = serde_json::from_str(&line).unwrap();
            if wanted(line["fields"]["message"].as_str().unwrap_or_default()) {
                return micros(&line["timestamp"]);
            }
        }
    }

    /// Lets it work for a while; it must not end meanwhile. What it logs is lost.
    pub(crate) fn work(&self, time: Duration) {
        let end = std::time::Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            match self.log.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("the service has ended"),
            }
        }
    }

    /// Does something while it stands still.
    pub(crate) fn while_stopped<T>(&self, act: impl FnOnce() -> T) -> T {
        let pid = self.pid().to_string();
        let signal = |name: &str| drop(output(Command::new("kill").args([name, &pid])));
        signal("-STOP");
        let answer = act();
        signal("-CONT");
        answer
    }

    fn get(&self, path: &str) -> Result<String, ureq::Error> {
        ureq::get(format!("http://{}{path}", self.address)).call()?.body_mut().read_to_string()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A time of day as JSON has it, in µs since the epoch.
pub(crate) fn micros(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<Timestamp>().unwrap().as_microsecond()
}
