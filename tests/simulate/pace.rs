//! Playing many seeds, and counting what happened in them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use assured::faults::{Bug, Done};

use super::plan::Plan;
use super::run::{Failure, Outcome, run};

/// A run that takes longer than this in real time goes round in circles.
const TOO_LONG: Duration = Duration::from_secs(120);
/// The name of that failure.
pub const ENDLESS: &str = "does_not_end";
/// Progress is told after so many.
const EACH: u64 = 2_000;

/// What happened in many runs.
#[derive(Default)]
pub struct Tally {
    pub failed: Vec<(u64, Failure)>,
    runs: u64,
    lived: Duration,
    steps: usize,
    deeds: usize,
    gave_up: usize,
    faults: Done,
}

/// Plays all of them, on as many threads as there are processors.
pub fn play_all(seeds: &[u64], bug: Option<Bug>) -> Tally {
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    quiet_panics();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let outcome = watched(seed, bug);
                    tally.lock().unwrap().take(seed, outcome);
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    tally.failed.sort_by_key(|(seed, _)| *seed);
    tally
}

/// Plays one, on a thread of its own that may hang.
pub fn watched(seed: u64, bug: Option<Bug>) -> Outcome {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(run(&Plan::new(seed), bug)));
    told.recv_timeout(TOO_LONG).unwrap_or_else(|_| {
        let laws = vec![ENDLESS.to_owned()];
        let failure = Some(Failure { laws, text: String::new(), after: usize::MAX });
        Outcome { failure, ..Outcome::default() }
    })
}

/// Panics that a test has put there are not printed.
pub fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let said = panic.payload_as_str().unwrap_or_default();
            if !said.starts_with("a fault at ") {
                before(panic);
            }
        }));
    });
}

impl Tally {
    fn take(&mut self, seed: u64, outcome: Outcome) {
        self.runs += 1;
        self.lived += outcome.lived;
        self.steps += outcome.steps;
        self.deeds += outcome.deeds;
        self.gave_up += outcome.gave_up;
        for (of, times) in outcome.faults {
            *self.faults.entry(of).or_default() += times;
        }
        if let Some(failure) = outcome.failure {
            println!("seed {seed}: {}", failure.laws.join(", "));
            self.failed.push((seed, failure));
        }
        if self.runs.is_multiple_of(EACH) {
            println!("{} seeds, {} failed", self.runs, self.failed.len());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.lived.as_secs() / 3600;
        writeln!(
            f,
            "{} seeds, {hours} simulated hours, {} steps, {} actions, {} times given up and begun anew",
            self.runs, self.steps, self.deeds, self.gave_up
        )?;
        let mut by_kind = BTreeMap::<&str, u64>::new();
        for ((_, kind), times) in &self.faults {
            *by_kind.entry(kind).or_default() += times;
        }
        writeln!(f, "faults inside, by kind: {by_kind:?}")?;
        for ((point, kind), times) in &self.faults {
            writeln!(f, "  {point:<24} {kind:<6} {times:>8}")?;
        }
        write!(f, "{} failed", self.failed.len())
    }
}
