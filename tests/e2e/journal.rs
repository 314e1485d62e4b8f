//! The log to systemd's journal: what arrives at its socket, in the journal's own protocol, and what is said where
//! there is none. The socket is the test's, in a mount namespace that ends with the service.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use assured_lab::is_left_out;

use crate::rig::SOON;
use crate::site::{Site, run};

/// An entry of the journal: its fields by their names.
type Entry = BTreeMap<String, String>;

/// The journal's end of the socket.
struct Journal(UnixDatagram);

impl Journal {
    fn new(site: &Site) -> Self {
        let socket = UnixDatagram::bind(site.folder().join("journal")).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self(socket)
    }

    /// The next entry whose message begins so.
    fn entry(&self, message: &str) -> Entry {
        let mut buffer = [0; 1 << 16];
        loop {
            let size = self.0.recv(&mut buffer).unwrap_or_else(|e| panic!("no {message:?}: {e}"));
            let entry = fields(&buffer[..size]);
            if entry.get("MESSAGE").is_some_and(|said| said.starts_with(message)) {
                return entry;
            }
        }
    }
}

/// The fields of a datagram: `NAME=value` in a line, or a line `NAME`, the length of the value as a little-endian
/// number of 64 bits, the value, and a line's end.
fn fields(mut datagram: &[u8]) -> Entry {
    let mut entry = Entry::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    while !datagram.is_empty() {
        let (line, rest) = cut(datagram, datagram.iter().position(|&b| b == b'\n').unwrap());
        match line.iter().position(|&b| b == b'=') {
            Some(equals) => {
                entry.insert(text(&line[..equals]), text(&line[equals + 1..]));
                datagram = rest;
            }
            None => {
                let (length, value) = rest.split_first_chunk().unwrap();
                let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
                assert_eq!(value[length], b'\n');
                let (value, rest) = cut(value, length);
                entry.insert(text(line), text(value));
                datagram = rest;
            }
        }
    }
    entry
}

/// What is before this byte, and what is after it.
fn cut(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    (&bytes[..at], &bytes[at + 1..])
}

/// A service whose log goes to the journal.
fn site() -> Site {
    let site = Site::new(&[]);
    say(&site, "[log]\nformat = \"journald\"");
    site
}

fn say(site: &Site, text: &str) {
    let mut config = File::options().append(true).open(site.config()).unwrap();
    writeln!(config, "{text}").unwrap();
}

/// The service, in a namespace of its own with a `/run` where this was done before.
fn with_a_run(site: &Site, prepare: &str) -> Command {
    let program = site.program(&["run"]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-ec"]);
    command.arg(format!("mount -t tmpfs run /run\n{prepare}\nexec \"$@\"")).arg(site.folder());
    command.arg(program.get_program()).args(program.get_args()).env("NO_COLOR", "1");
    command
}

#[track_caller]
fn has(entry: &Entry, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        assert_eq!(entry.get(*name).map(String::as_str), Some(*value), "{name} of {entry:#?}");
    }
}

#[test]
fn entries_have_fields_and_the_priorities_of_syslog() {
    if is_left_out() {
        return;
    }
    let site = site();
    let journal = Journal::new(&site);
    let to_it = "mkdir -p /run/systemd/journal && ln -s \"$0/journal\" /run/systemd/journal/socket";
    let service = site.spawn_as(with_a_run(&site, to_it));

    let starts = journal.entry("assured starts");
    let version = env!("CARGO_PKG_VERSION");
    has(
        &starts,
        &[
            ("SYSLOG_IDENTIFIER", "assured"),
            ("PRIORITY", "6"),
            ("TARGET", "assured::service"),
            ("CODE_FILE", "src/service.rs"),
            ("ASSURED_VERSION", version),
            ("ASSURED_HOSTS", "0"),
        ],
    );
    service.until("the service to be ready", || {
        site.agent().try_get("/readyz").is_some_and(|answer| answer.status == 200)
    });
    say(&site, "nonsense = 1");
    let pid = service.pid().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    has(&journal.entry("SIGHUP: reading"), &[("PRIORITY", "6")]);
    has(&journal.entry("the configuration"), &[("PRIORITY", "3")]);

    assert_eq!(service.terminate().code(), Some(0));
    has(&journal.entry("assured has ended"), &[("SYSLOG_IDENTIFIER", "assured")]);
    assert_eq!(std::fs::read_to_string(site.log()).unwrap(), "", "nothing is said twice");
}

#[test]
fn without_a_journal_it_does_not_start_and_says_what_to_do() {
    if is_left_out() {
        return;
    }
    let site = site();
    let said = run(&mut with_a_run(&site, ""));
    let what = ["log.format = \"journald\"", "/run/systemd/journal/socket", "\"text\" or \"json\""];
    said.failed_with(78, &what);
    assert!(!site.database().exists());
}
