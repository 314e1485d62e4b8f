//! What a service manager sees of the service: its words on the notify socket, and its exit codes.

use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use assured_lab::wait_until;
use tempfile::TempDir;

use crate::rig::{SOON, Service};
use crate::site::Site;

/// The service manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self { socket, folder }
    }

    /// Starts the service under this manager, which waits for its word for so long.
    fn start<'a>(&self, site: &'a Site, watchdog_usec: &str) -> Service<'a> {
        let mut program = site.program(&["run"]);
        program.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        program.env("WATCHDOG_USEC", watchdog_usec);
        site.spawn_as(program)
    }

    /// The next word that is not a watchdog's.
    fn hears(&self) -> String {
        loop {
            let word = self.next();
            if word != "WATCHDOG=1" {
                return word;
            }
        }
    }

    fn next(&self) -> String {
        let mut buffer = [0; 4096];
        let size = self.socket.recv(&mut buffer).expect("a word of the service's");
        String::from_utf8_lossy(&buffer[..size]).trim_end().to_owned()
    }
}

fn say(site: &Site, text: &str) {
    let mut config = File::options().append(true).open(site.config()).unwrap();
    writeln!(config, "{text}").unwrap();
}

fn hang_up(service: &Service<'_>) {
    let pid = service.pid().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
}

#[test]
fn it_says_when_it_is_ready_reloads_and_stops_and_that_it_lives() {
    let site = Site::new(&[]);
    let manager = Manager::new();
    let service = manager.start(&site, "200000");
    let ready = format!("READY=1\nSTATUS=serving on {}/", site.url());
    assert_eq!(manager.hears(), ready);
    // Ready means that whoever comes now is answered.
    assert_eq!(service.get("/api/v1/supervision")["kind"], "root");
    for _ in 0..3 {
        assert_eq!(manager.next(), "WATCHDOG=1");
    }
    for config in ["", "nonsense = 1"] {
        say(&site, config);
        hang_up(&service);
        let reloads = manager.hears();
        assert!(reloads.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloads}");
        assert_eq!(manager.hears(), ready, "taken over or refused, it serves");
    }
    assert_eq!(service.terminate().code(), Some(0));
    assert_eq!(manager.hears(), "STOPPING=1\nSTATUS=actions under way may end");
}

#[test]
fn without_a_patience_it_says_nothing_of_its_life() {
    let site = Site::new(&[]);
    let manager = Manager::new();
    let service = manager.start(&site, "");
    assert!(manager.next().starts_with("READY=1"));
    assert_eq!(service.terminate().code(), Some(0));
    assert!(manager.next().starts_with("STOPPING=1"));
}

/// Nobody reads its log, and there is no room for a line: its thread hangs at the first one.
#[test]
fn a_thread_that_hangs_ends_the_process_with_70_even_if_nothing_can_be_said() {
    const ROOM: usize = 1 << 16;
    let site = Site::new(&[]);
    say(&site, "[supervision]\nheartbeat = \"1s\"");
    let (_reader, mut log) = std::io::pipe().unwrap();
    log.write_all(&[b' '; ROOM]).unwrap();
    let mut child = site.program(&["run"]).stderr(log).spawn().unwrap();
    let mut code = None;
    let ended = wait_until(SOON, "the end of the service", || {
        code = child.try_wait().unwrap();
        code.is_some()
    });
    if ended.is_err() {
        child.kill().unwrap();
    }
    ended.unwrap();
    assert_eq!(code.and_then(|status| status.code()), Some(70));
}

/// A budget that is spent, in the real program.
#[cfg(feature = "faults")]
#[test]
fn a_spent_budget_of_the_arbiter_s_ends_the_process_with_70() {
    let site = Site::new(&[]);
    say(&site, "[supervision]\narbiter = { restarts = 1, window = \"1m\" }");
    let mut program = site.program(&["run"]);
    program.env("ASSURED_FAULTS", "arbiter.read=panic;arbiter.read=panic");
    let said = crate::site::run(&mut program);
    assert_eq!(said.code, Some(70), "{said:#?}");
    let why = "supervision gave up: arbiter: more than 0 restarts";
    assert!(said.err.contains(why), "{}", said.err);
    assert!(said.err.contains("a service manager is to start the service again"), "{}", said.err);
    assert!(site.database().exists());
}
