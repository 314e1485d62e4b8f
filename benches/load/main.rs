//! What the HTTP interface bears, and whether its load delays repairs.
//!
//! Two processes on one core: the service on simulated hosts (its whole tree of actors, its
//! database on disk, its server with gate, deadline and compression), and a bare actix-web handler
//! that returns constant bodies of the same sizes, with as many workers. `wrk` loads them in turns
//! from the other cores. Then domains are destroyed one by one, with and without load, in turns:
//! the time from the destroy to the start call. Absolute figures move from machine to machine: what
//! counts are the ratios (`docs/load.md`).
//!
//! `cargo bench --bench load -- 10000` says how many instances there are. Needs Debian's `wrk`, and
//! two cores at least.
// A benchmark that cannot go on has failed; and it measures real time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod bare;
mod delay;
mod server;
mod service;
#[path = "../whole/spread.rs"]
mod spread;
mod throughput;
mod wrk;

use crate::server::Cores;

/// As many as the service has.
const WORKERS: usize = 2;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let number = || words.iter().find_map(|word| word.parse().ok());
    match words.first().map(String::as_str) {
        Some("serve") => return service::run(number().unwrap()),
        Some("bare") => return bare::run(&words[1..]),
        Some(_) | None => {}
    }
    let count = number().unwrap_or(10_000);
    let cores = Cores::shared_out();
    println!("{count} instances; {cores}; load before: {}", load());
    let mut service = cores.server(0, &["serve", &count.to_string()]);
    throughput::run(&service, &cores);
    delay::run(&mut service, &cores);
    println!("load after: {}", load());
}

/// How a goal was met or missed.
fn goal(what: &str, value: f64, is_met: bool) {
    let word = if is_met { "met" } else { "NOT met" };
    println!("  goal: {what}: {word} ({value:.2})");
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap().trim().to_owned()
}
