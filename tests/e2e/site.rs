//! Where one service lives: a folder with its configuration and its data. It outlives the processes that run in it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assured_lab::{Host, wait_until};
use tempfile::TempDir;
use ureq::tls::Certificate;

use crate::asking::Agent;
use crate::certificates::Authority;
use crate::disk::{Disk, Kind};
use crate::rig::SOON;

/// Graces that a test can wait for, and for what is destroyed again and again a budget that lasts. `once` has a budget of
/// one, so that its end can be seen; `keep` defines again what is gone.
const SETTINGS: &str = r#"
[poll]
interval = "1s"

[policies.default.running]
"shutoff/destroyed" = { action = "start", retry = { attempts = 100, initial = "100ms", max = "100ms" } }
"shutoff/shutdown" = { action = "accept", grace = "3s" }
"paused/user" = { action = "resume", grace = "2s" }

[policies.default.shutoff]
"running" = { action = "shutdown", force_after = "3s" }

[policies.keep.running]
"missing" = { action = "redefine" }

[policies.keep.shutoff]
"missing" = { action = "redefine" }

[policies.once.running]
"crashed" = { action = "restart", retry = { attempts = 1 }, exhausted = "stop" }
"#;

/// A folder for a service, and the port that it listens on.
pub struct Site {
    folder: TempDir,
    port: u16,
    disk: Option<Disk>,
    /// Whom to trust who asks; none without TLS.
    authority: Option<String>,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Site {
    /// A service for these hosts.
    pub fn new(hosts: &[Host]) -> Self {
        Self::saying(hosts, |_| String::new())
    }

    /// A service for these hosts, with something more in the section of each.
    pub fn saying(hosts: &[Host], more: impl Fn(&Host) -> String) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let site = Self { folder, port, disk: None, authority: None };
        let mut text = format!(
            "[service]\ndata_dir = {:?}\nshutdown_grace = \"20s\"\n[http]\nlisten = \"127.0.0.1:{}\"\n{SETTINGS}",
            site.data_dir(),
            site.port,
        );
        for host in hosts {
            let (id, uri) = (host.id(), host.uri());
            text.push_str(&format!(
                "[[hosts]]\nid = {id:?}\nuri = {uri:?}\nunmanaged = \"ignore\"\n{}\n",
                more(host)
            ));
        }
        fs::write(site.config(), text).unwrap();
        site
    }

    /// A service without hosts that is asked by TLS, with a certificate for these names.
    pub fn by_tls(authority: &Authority, names: &[&str]) -> Self {
        let mut site = Self::new(&[]);
        authority.issue(names).put(site.folder());
        let (cert, key) = (site.folder().join("tls.crt"), site.folder().join("tls.key"));
        let tls = format!("[http]\ntls = {{ cert = {cert:?}, key = {key:?} }}\n");
        let text = fs::read_to_string(site.config()).unwrap().replace("[http]\n", &tls);
        fs::write(site.config(), text).unwrap();
        site.authority = Some(authority.pem().to_owned());
        site
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn config(&self) -> PathBuf {
        self.folder().join("assured.toml")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder().join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir().join("assured.db")
    }

    /// Puts the data on a small disk of its own, from now on.
    pub fn on_a_small_disk(&mut self, kind: Kind) {
        self.disk = Some(Disk::new(kind, &self.data_dir()));
    }

    /// The small disk that the data is on.
    pub fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("a test that asks has put it there")
    }

    /// Where a test finds what the service has at this path.
    pub fn seen(&self, path: PathBuf) -> PathBuf {
        self.disk.as_ref().map_or_else(|| path.clone(), |disk| disk.seen(&path))
    }

    /// What all processes in this folder have said so far.
    pub fn log(&self) -> PathBuf {
        self.folder().join("service.log")
    }

    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.host())
    }

    /// The address that it is asked by.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Asks as somebody who trusts it.
    pub fn agent(&self) -> Agent {
        let token = self.seen(self.data_dir().join("operator.token"));
        match &self.authority {
            None => Agent::new(self.url(), token),
            Some(pem) => {
                let root = Certificate::from_pem(pem.as_bytes()).unwrap();
                Agent::who_trusts(vec![root], self.url(), token)
            }
        }
    }

    /// The program with these words and this configuration; no variable of whoever runs the tests reaches it.
    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = match &self.disk {
            None => program(words),
            Some(disk) => program_after(&disk.entering(), words),
        };
        command.arg("--config").arg(self.config());
        command
    }

    /// Runs the program to its end.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Said {
        run(&mut self.program(words))
    }
}

/// The program with these words. It dies with the test, whatever ends that.
pub fn program(words: &[&str]) -> Command {
    program_after(&[], words)
}

/// The program with these words, started by a command that becomes it.
fn program_after(before: &[String], words: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).args(before).arg(env!("CARGO_BIN_EXE_assured"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("ASSURED__")) {
        command.env_remove(name);
    }
    command.args(words).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs a command to its end, which must come: a service that should not have started would run for ever.
#[track_caller]
pub fn run(command: &mut Command) -> Said {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended =
        wait_until(SOON, format!("the end of {command:?}"), || child.try_wait().unwrap().is_some());
    if let Err(error) = ended {
        child.kill().unwrap();
        panic!("{error}\n{:?}", child.wait_with_output());
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Said {
    /// Asserts how it ended, and that its error says each of these.
    #[track_caller]
    pub fn failed_with(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not said:\n{}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    /// Asserts that it is done; gives what it printed.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out
    }
}

/// A port that nobody listens on. Those that the kernel gives to clients are left out: one of them could be taken while a
/// service is down between two lives.
fn free_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| fastrand::u16(10_000..32_768));
    ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).unwrap()
}
