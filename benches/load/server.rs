//! This program again, as a server in a process of its own, on a core of its own.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Who runs where: servers on the first core, whoever loads them on all others.
pub(crate) struct Cores {
    server: String,
    load: Vec<String>,
}

impl Cores {
    pub(crate) fn shared_out() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let mut cores: Vec<String> = Vec::new();
        for range in allowed.unwrap().trim().split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
            cores.extend((first..=last).map(|core| core.to_string()));
        }
        assert!(cores.len() > 1, "a server and its load need a core each");
        let server = cores.remove(0);
        Self { server, load: cores }
    }

    /// This program as a server on the servers' core, as nice as that.
    pub(crate) fn server(&self, nice: i32, words: &[&str]) -> Server {
        let mut command = Command::new("setpriv");
        // Should this program be killed, the server goes too.
        command.args(["--pdeathsig", "KILL", "--", "nice", "-n", &nice.to_string()]);
        command.args(["taskset", "-c", &self.server]);
        command.arg(std::env::current_exe().unwrap()).args(words);
        Server::start(&mut command)
    }

    /// A program on the other cores.
    pub(crate) fn loader(&self, program: &str) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", &self.load.join(","), program]);
        command
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "servers on core {}, wrk on {}", self.server, self.load.join(","))
    }
}

/// A server. It ends when this is dropped, and with this process.
pub(crate) struct Server {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self { process, stdin, stdout, url: String::new() };
        server.url = format!("http://{}", server.line());
        server
    }

    /// The address of one of its pages.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The CPU time that its HTTP threads have taken so far, in hundredths of a second.
    pub(crate) fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let stats = threads.map(|t| std::fs::read_to_string(t.unwrap().path().join("stat")));
        // One that has ended meanwhile was no worker.
        stats.filter_map(Result::ok).map(|stat| worker_time(&stat)).sum()
    }

    /// How large the answer is, in bytes.
    pub(crate) fn size(&self, path: &str) -> usize {
        let mut answer = ureq::get(self.url(path)).call().expect("it answers");
        answer.body_mut().read_to_vec().unwrap().len()
    }

    /// Says a line.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").expect("it listens");
    }

    /// Its next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it speaks text");
        assert!(!line.is_empty(), "the server has ended");
        line.trim_end().to_owned()
    }
}

/// What a thread has taken, if it is one of actix's workers.
fn worker_time(stat: &str) -> Duration {
    let (name, numbers) = stat.rsplit_once(')').unwrap();
    if !name.contains("(actix-rt|") {
        return Duration::ZERO;
    }
    // After the name, which may have spaces in it: the 12th and the 13th number.
    let ticks = numbers.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| Duration::from_millis(10) * ticks.parse::<u32>().unwrap()).sum()
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
