//! What the service costs and how fast it repairs, against the floors of the same run.
//!
//! One table: the CPU time of a look at 1,000 domains, by the service and by a bare C loop (see
//! `floor.c`); and the time from a guest's end to its repair, by the service and by a bare
//! `virDomainCreate`; and whether that time is another while a third host hangs. The service is the release binary as a process of its own, the hosts are real
//! (`lab/`), and what is compared is measured in turns, so that a busy machine slows both alike.
//! Absolute figures move from machine to machine: what counts are the ratios.
//!
//! `cargo bench --bench whole -- looks 10000` runs one part only (`looks`, `repair` or `hang`), with as
//! many domains. Needs what the lab needs: root, libvirt and QEMU; besides a C compiler and libvirt's headers.
// A benchmark that cannot go on has failed; and it measures real time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod floor;
mod hang;
mod looks;
mod repair;
mod service;
mod spread;

use assured_lab::Lab;

use crate::floor::Floor;

/// How a goal was met or missed.
fn goal(what: &str, value: f64, limit: f64, unit: &str) {
    if value < limit {
        println!("  goal: {what} < {limit} {unit}: met ({value:.2})");
    } else {
        let by = (value / limit - 1.0) * 100.0;
        println!("  goal: {what} < {limit} {unit}: NOT met by {by:.0} % ({value:.2})");
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap().trim().to_owned()
}

fn main() {
    // `cargo bench` says "--bench", and passes on what was said after "--": one part to run, if not
    // all, and how many domains to look at.
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let domains = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000);
    let parts: Vec<_> = words.iter().filter(|word| word.parse::<usize>().is_err()).collect();
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    let cores = std::thread::available_parallelism().unwrap();
    println!("{cores} cores, load before: {}", load());
    let floor = Floor::compile();
    let lab = Lab::new().expect("the lab can be set up");
    if wants("looks") {
        looks::run(&lab, &floor, domains);
    }
    if wants("repair") {
        repair::run(&lab, &floor);
    }
    if wants("hang") {
        hang::run(&lab, &floor);
    }
    println!("load after: {}", load());
}
