//! The program as a child process, with a service manager's socket that only listens.

use std::cell::RefCell;
use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use assured_lab::wait_until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(20);

/// A configuration, for as many processes as are wanted, each with a `data_dir` of its own.
pub struct Site {
    dir: TempDir,
    url: String,
    more: String,
    processes: AtomicU32,
}

impl Site {
    pub fn new(url: &str) -> Self {
        Self::with(url, "")
    }

    /// The same with more in the configuration.
    pub fn with(url: &str, more: &str) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            url: url.to_owned(),
            more: more.to_owned(),
            processes: AtomicU32::new(0),
        }
    }

    fn configure(&self) -> (PathBuf, PathBuf) {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let data = self.dir.path().join(number.to_string());
        fs::create_dir(&data).unwrap();
        let config = data.join("assured.toml");
        let text = format!(
            "[service]\ndata_dir = '{}'\n[http]\nlisten = '127.0.0.1:0'\n[database]\nurl = '{}'\n{}",
            data.display(),
            self.url,
            self.more
        );
        fs::write(&config, text).unwrap();
        (data, config)
    }

    /// Starts `assured run`.
    pub fn start(&self) -> Service {
        let (data, config) = self.configure();
        let (log, socket) = (data.join("log"), data.join("notify"));
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_nonblocking(true).unwrap();
        let out = File::create(&log).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_assured"), "run", "--config"])
            .arg(&config)
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", "1000000")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        Service { child, log, manager, told: RefCell::default() }
    }

    /// Runs another command to its end; gives what it said.
    pub fn run(&self, words: &[&str]) -> String {
        let (_, config) = self.configure();
        let mut command = Command::new(env!("CARGO_BIN_EXE_assured"));
        let done = command.args(words).arg("--config").arg(config).output().unwrap();
        [done.stdout, done.stderr].map(|said| String::from_utf8(said).unwrap()).concat()
    }
}

/// A process. Its drop kills it.
pub struct Service {
    child: Child,
    log: PathBuf,
    manager: UnixDatagram,
    told: RefCell<Vec<String>>,
}

impl Service {
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    #[track_caller]
    pub fn until_logged(&self, words: &str) {
        let logged = wait_until(SOON, words, || self.log().contains(words));
        logged.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()));
    }

    /// What the service manager was told so far.
    pub fn told(&self) -> Vec<String> {
        let mut told = self.told.borrow_mut();
        let mut buffer = [0; 4096];
        while let Ok(length) = self.manager.recv(&mut buffer) {
            told.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        told.clone()
    }

    /// Where it serves, once it does.
    pub fn address(&self) -> Option<String> {
        let log = self.log();
        let rest = log.split("HTTP on ").nth(1)?;
        Some(rest.split('/').nth(2)?.to_owned())
    }

    /// Waits until it serves, and says how long that took.
    #[track_caller]
    pub fn until_serving(&mut self) -> Duration {
        let begun = Instant::now();
        let serves = wait_until(SOON, "it to serve", || self.address().is_some());
        serves.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()));
        begun.elapsed()
    }

    pub fn get(&self, path: &str) -> Value {
        let address = self.address().unwrap();
        let mut answer = ureq::get(format!("http://{address}{path}")).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    pub fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end; gives its exit code.
    #[track_caller]
    pub fn wait(&mut self) -> Option<i32> {
        let mut ended = None;
        let waited = wait_until(SOON, "it to end", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        waited.unwrap_or_else(|error| panic!("{error}:\n{}", self.log()));
        ended.unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
