//! The process that is killed: it opens a database and commits one batch after another.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use assured::store::Store;
use assured_lab::{ChildGuard, wait_until};

use crate::batches::{Size, batch, batches_in, run};
use crate::place::url;

const DATABASE: &str = "ASSURED_RECORD_DATABASE";
const SIZE: &str = "ASSURED_RECORD_SIZE";
const KILL: i32 = 9;
/// Bound of a wait for what takes a moment on an idle machine.
const SOON: Duration = Duration::from_secs(60);

/// Not a test by itself: what a victim does.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(DATABASE).map(PathBuf::from) else { return };
    let large = std::env::var(SIZE).is_ok_and(|size| size == Size::Large.as_str());
    let size = if large { Size::Large } else { Size::Small };
    assured::faults::from_environment().unwrap();
    let store = Store::open(&url(&path)).unwrap();
    println!("\nopened");
    let begun = batches_in(&store.load().unwrap());
    for number in begun + 1.. {
        run(store.commit(batch(number, size))).unwrap();
        println!("\nacknowledged {number}");
    }
}

/// A victim that runs. Dropping it is `kill -9`.
pub struct Victim {
    child: ChildGuard,
    said: Lines<BufReader<ChildStdout>>,
    last: Option<i64>,
}

impl Victim {
    /// Starts it on a database, with these faults armed.
    pub fn start(database: &Path, size: Size, faults: &str) -> Self {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "victim::victim", "--nocapture"])
            .env(DATABASE, database)
            .env(SIZE, size.as_str())
            .env("ASSURED_FAULTS", faults)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child: child.into(), said, last: None }
    }

    /// The next batch that was acknowledged; none at its end.
    pub fn acknowledged(&mut self) -> Option<i64> {
        let mut lines = self.said.by_ref().map_while(Result::ok);
        let next = lines.find_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
        self.last = next.or(self.last);
        next
    }

    /// Does something while the process stands still, all its threads, as at a power cut.
    #[track_caller]
    pub fn frozen<T>(&self, then: impl FnOnce() -> T) -> T {
        self.signal("STOP");
        wait_until(SOON, "the victim to stand still", || {
            let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
            threads.flatten().all(|thread| {
                fs::read_to_string(thread.path().join("stat"))
                    .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|s| s.starts_with('T')))
            })
        })
        .unwrap();
        let done = then();
        self.signal("CONT");
        done
    }

    #[track_caller]
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it is gone, by a signal that nothing is tidied up at; gives the last batch that was
    /// acknowledged, if one was.
    #[track_caller]
    pub fn killed(mut self) -> Option<i64> {
        while self.acknowledged().is_some() {}
        let ended = self.child.wait().unwrap();
        assert_eq!(ended.signal(), Some(KILL), "{ended:?}");
        self.last
    }

    /// `kill -9`, now.
    #[track_caller]
    pub fn kill(mut self) -> Option<i64> {
        self.child.kill().unwrap();
        self.killed()
    }
}
