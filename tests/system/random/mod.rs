//! Random worlds, random scripts, and the rules that hold in all of them.
//!
//! A seed makes a world of one to three hosts with 4 to 24 domains, random policies and limits, and a
//! script of 30 to 80 steps: what operators, guests and hosts do behind the service's back, orders by
//! the API, ends and starts of the service, outages of the database. Then everything is healed, and
//! quiet time passes. What was done, said and recorded is checked against the rules of the project
//! (N1 to N14); a law is a function of its own, and names the rule that it is for.
//!
//! `cargo test --test system` runs [`FIXED`] seeds that are always the same and [`FRESH`] new ones.
//! `ASSURED_RANDOM="RUNS"` or `ASSURED_RANDOM="RUNS FIRST_SEED"` in the environment runs so many, from
//! that seed on, and tells of all that fail. A failure prints its seed, the configuration, the script
//! (cut to what is needed), and the story of the machine that it is about; one seed is played again
//! with `ASSURED_RANDOM="1 SEED"`.
#![allow(clippy::wildcard_enum_match_arm)]

mod budgets;
mod deeds;
mod deeds_sent;
mod draw;
mod ending;
mod facts;
mod incidents;
mod laws;
mod log;
mod long;
mod looks;
mod numbers;
mod orders;
mod orders_kept;
mod places;
mod plan;
mod policies;
mod run;
mod stage;
mod steady;
mod steps;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use self::plan::Plan;
use self::run::{Failure, run, shrunk};

/// How many runs with seeds that are always the same.
const FIXED: u64 = 40;
/// How many with new ones: none in an ordinary run, which is to say the same each time.
const FRESH: u64 = 0;
/// The fixed seeds begin here.
const FIRST: u64 = 0x00a5_5000;
/// A run that takes longer than this in real time goes round in circles.
const TOO_LONG: Duration = Duration::from_secs(120);

#[test]
fn the_rules_hold_in_random_worlds() {
    let fresh = fastrand::u64(0..1 << 40);
    let asked = std::env::var("ASSURED_RANDOM").ok();
    let numbers: Vec<u64> =
        asked.iter().flat_map(|text| text.split_whitespace().map(|n| n.parse().unwrap())).collect();
    let seeds: Vec<u64> = match *numbers {
        [] => (FIRST..FIRST + FIXED).chain(fresh..fresh + FRESH).collect(),
        [runs] => (fresh..fresh + runs).collect(),
        [runs, first, ..] => (first..first + runs).collect(),
    };
    let failed = run_all(&seeds);
    let summary: Vec<_> =
        failed.iter().map(|(seed, f)| format!("seed {seed}: {}", f.laws.join(", "))).collect();
    println!("{}", summary.join("\n"));
    // Of each kind of failure a few are told of.
    let mut shown = std::collections::BTreeMap::<&str, usize>::new();
    for (seed, failure) in &failed {
        let count = shown.entry(failure.laws[0].as_str()).or_default();
        *count += 1;
        if *count > 3 {
            continue;
        }
        let plan = Plan::new(*seed);
        let (plan, failure) = shrunk(&plan, failure.clone());
        println!("######## seed {seed}, {} steps\n{}", plan.steps.len(), failure.text);
    }
    assert!(
        failed.is_empty(),
        "{} of {} failed:\n{}",
        failed.len(),
        seeds.len(),
        summary.join("\n")
    );
}

/// Runs all of them, on as many threads as there are processors.
fn run_all(seeds: &[u64]) -> Vec<(u64, Failure)> {
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if let Some(failure) = watched(seed) {
                        failed.lock().unwrap().push((seed, failure));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort_by_key(|(seed, _)| *seed);
    failed
}

/// Runs one, on a thread of its own that may hang.
fn watched(seed: u64) -> Option<Failure> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(run(&Plan::new(seed))));
    match told.recv_timeout(TOO_LONG) {
        Ok(failure) => failure,
        Err(error) => {
            let laws = vec![format!("does not end: {error}")];
            Some(Failure { laws, text: String::new() })
        }
    }
}
