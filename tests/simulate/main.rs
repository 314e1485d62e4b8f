//! The whole service in random worlds with random faults, and the rules that hold in all of them.
//!
//! A seed makes a world of one to three hosts with 4 to 24 domains, random policies and limits, and a
//! script of 30 to 80 steps: what operators, guests and hosts do behind the service's back, orders by
//! the API, maintenance, ends and starts of the service, outages of the database, jumps of the clock; and
//! faults inside: panics, errors, delays and hangs in every actor, every job of the database and every
//! call to a hypervisor (`assured::faults`). Everything runs on one thread and on virtual time, so a seed
//! is the same story each time. After each step what was done, said and recorded is checked against the
//! rules of the project (N1 to N15) by a model that knows the truth of the simulated world (`laws.rs`,
//! `steady.rs`); a law is a function of its own, and names the rule that it is for. Then everything is
//! healed, quiet time passes, and all has to come to rest (`ending.rs`).
//!
//! `make simulate SEEDS=1000` plays so many seeds, `FIRST=7` begins with that one. A failure prints its
//! seed, the configuration, the script (cut to what is needed) and the story of the machine that it is
//! about, and leaves the script as a file: put into `regressions/`, it is played again each time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub
)]

mod budgets;
mod bugs;
mod calm;
mod deeds;
mod deeds_sent;
mod draw;
mod ending;
mod facts;
mod incidents;
mod laws;
mod lives;
mod log;
mod long;
mod looks;
mod numbers;
mod orders;
mod orders_kept;
mod pace;
mod places;
mod plan;
mod policies;
mod regressions;
#[allow(dead_code)]
#[path = "../system/rig.rs"]
mod rig;
mod run;
mod stage;
mod steady;
mod steps;

use std::collections::BTreeMap;

use self::pace::{Tally, play_all};
use self::plan::Plan;
use self::run::shrunk;

/// How many seeds if nothing else is said.
const SEEDS: u64 = 40;
/// The first of them: the same each time.
const FIRST: u64 = 0x00a5_5000;

#[test]
fn the_rules_hold_in_random_worlds() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let first = number("FIRST").unwrap_or(FIRST);
    let seeds: Vec<u64> = (first..first + seeds).collect();
    let tally = play_all(&seeds, None);
    println!("{tally}");
    tell(&tally);
    let Tally { failed, .. } = tally;
    assert!(failed.is_empty(), "{} of {} seeds failed", failed.len(), seeds.len());
}

/// Of each kind of failure a few are told of, cut to what is needed.
fn tell(tally: &Tally) {
    let mut shown = BTreeMap::<&str, usize>::new();
    for (seed, failure) in &tally.failed {
        let count = shown.entry(failure.laws[0].as_str()).or_default();
        *count += 1;
        if *count > 3 {
            continue;
        }
        let (plan, failure) = match failure.laws[0].as_str() {
            pace::ENDLESS => (Plan::new(*seed), failure.clone()),
            _ => shrunk(&Plan::new(*seed), failure.clone()),
        };
        println!("######## seed {seed}, {} steps\n{}", plan.steps.len(), failure.text);
        println!("kept as {}", regressions::keep(*seed, &plan));
    }
}
