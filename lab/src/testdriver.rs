//! Hosts with thousands of domains: libvirt's own test driver inside a private libvirtd.
//!
//! Its domains are entries in the daemon's memory that start and stop in microseconds and send events as real ones do. The
//! node is shared by all connections of one daemon and forgotten when the last one closes, so a [`TestHost`] holds one
//! open. For the same reason a daemon that is restarted has lost them.

use crate::command;
use crate::error::{LabError, Result};
use crate::host::Host;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use uuid::Uuid;

/// How long filling a node may take: ten times what 10,000 domains take on a busy machine.
const FILL_LIMIT: Duration = Duration::from_secs(120);

/// A host of the test driver. Dropping it closes the connection that keeps its node alive.
///
/// Besides the domains that the lab defines, the node has one of its own: it is called `test` and runs.
#[derive(Debug)]
pub struct TestHost {
    host: Host,
    domains: Vec<TestDomain>,
    connection: Child,
    /// Held because virsh prints a prompt now and then, and would end, and with it the node, if nobody could read it.
    _prompts: BufReader<ChildStdout>,
}

/// A domain of the test driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestDomain {
    /// `vm-00000` and on.
    pub name: String,
    /// Its UUID, different on every host.
    pub uuid: Uuid,
}

impl TestHost {
    /// Defines and starts `count` domains on a host.
    pub(crate) fn fill(host: Host, count: usize) -> Result<Self> {
        let domains = (0..count)
            .map(|number| TestDomain { name: format!("vm-{number:05}"), uuid: Uuid::new_v4() });
        let domains: Vec<_> = domains.collect();
        let mut script = String::new();
        for domain in &domains {
            let path = host.folder().join("guests").join(format!("{}.xml", domain.name));
            fs::write(&path, domain.xml()).map_err(LabError::file("write", &path))?;
            // Writing to a string cannot fail.
            let _ = writeln!(script, "define {}\nstart {}", path.display(), domain.name);
        }
        // Its answer shows that all is done, and it has virsh connect, which it does only for a command that needs it.
        script += "uri
";
        let (connection, prompts) = feed(&host, script)?;
        Ok(Self { host, domains, connection, _prompts: prompts })
    }

    /// The host's name.
    pub fn id(&self) -> &str {
        self.host.id()
    }

    /// The URI of the test node.
    pub fn uri(&self) -> String {
        uri(&self.host)
    }

    /// The host below, for faults of its daemon.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The domains that the lab defined; the node's own, `test`, is not among them.
    pub fn domains(&self) -> &[TestDomain] {
        &self.domains
    }

    /// Runs `virsh` on the test node, behind the back of whatever else is connected to it.
    pub fn virsh(&self, words: &[&str]) -> Result<String> {
        self.host.virsh_at(&self.uri(), words, command::LIMIT)
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        drop(self.connection.stdin.take());
        let _ = command::wait(&mut self.connection, Duration::from_secs(2));
    }
}

impl TestDomain {
    fn xml(&self) -> String {
        let Self { name, uuid } = self;
        format!(
            "<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>1</memory>\
             <os><type>hvm</type></os></domain>\n"
        )
    }
}

fn uri(host: &Host) -> String {
    format!("test+unix:///default?socket={}", host.socket().display())
}

/// One `virsh` for all commands (a process each would take minutes), which then stays for the sake of its connection.
fn feed(host: &Host, script: String) -> Result<(Child, BufReader<ChildStdout>)> {
    let complaints = host.folder().join("log/testdriver.log");
    let log = fs::File::create(&complaints).map_err(LabError::file("create", &complaints))?;
    let mut command = Command::new("virsh");
    command.env("LC_ALL", "C").args(["-q", "-c", &uri(host)]);
    let mut virsh = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|source| LabError::Spawn { program: "virsh".into(), source })?;
    let (stdin, stdout) = (virsh.stdin.take(), virsh.stdout.take());
    // Fed from a thread, as virsh answers while it is being fed and would stop reading once nobody reads its answers.
    let feeder = std::thread::spawn(move || {
        let mut stdin = stdin?;
        stdin.write_all(script.as_bytes()).ok()?;
        Some(stdin)
    });
    // It repeats after its prompt what it is fed; a line that is the URI and nothing else is the answer to the last command.
    let last = uri(host);
    let (tell, told) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut stdout = stdout.map(BufReader::new);
        let mut answers = stdout.iter_mut().flat_map(BufRead::lines).map_while(std::io::Result::ok);
        let done = answers.any(|line| line.trim() == last);
        // Nobody listens any more if it came too late.
        let _ = tell.send(done);
        stdout
    });
    let done = told.recv_timeout(FILL_LIMIT).unwrap_or(false);
    if !done {
        // Its end is that of both threads. It may have ended by itself, and then there is nothing to kill.
        let _ = virsh.kill();
    }
    let stdout = reader.join().unwrap_or_default();
    virsh.stdin = feeder.join().unwrap_or_default();
    let said = fs::read_to_string(&complaints).unwrap_or_default();
    if let (Some(stdout), true, "") = (stdout, done, said.trim()) {
        return Ok((virsh, stdout));
    }
    drop(virsh.stdin.take());
    let status =
        command::wait(&mut virsh, Duration::from_secs(2)).ok().flatten().unwrap_or_default();
    let stderr = said.lines().next().unwrap_or("it ended early, or took too long").to_owned();
    Err(LabError::Failed { command: format!("virsh -c {}", uri(host)), status, stderr })
}
