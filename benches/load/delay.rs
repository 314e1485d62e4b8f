//! Whether load delays repairs: from a domain's destroy to the call that starts it, in turns.

use std::time::Duration;

use crate::server::{Cores, Server};
use crate::spread::Spread;
use crate::throughput::PATHS;
use crate::{goal, wrk};

/// How often it is measured in turns: without load, with load.
const TURNS: usize = 5;
/// How many domains are destroyed in a turn, one after the other.
const DESTROYED: usize = 60;
/// Longer than a turn takes: the load is ended when the turn is over.
const LONGEST: Duration = Duration::from_secs(120);

pub(crate) fn run(service: &mut Server, cores: &Cores) {
    let [mut free, mut status, mut list] = <[Spread; 3]>::default();
    let mut halves = <[Spread; 2]>::default();
    for turn in 0..TURNS {
        let calm = turn_of(service);
        halves[turn % 2].extend(calm.iter().copied());
        free.extend(calm);
        for (path, times) in PATHS.iter().zip([&mut status, &mut list]) {
            let mut load = wrk::start(cores, &service.url(path), None, LONGEST);
            times.extend(turn_of(service));
            load.kill().unwrap();
            load.wait().unwrap();
        }
    }
    println!("\na domain is destroyed, {} times each: ms until its start call", free.len());
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    let line = |what: &str, spread: &Spread| println!("{what:44}{spread}");
    line("  nobody asks anything", &free);
    line("  as many GET /api/v1/status as can be", &status);
    line("  as many GET /api/v1/instances as can be", &list);
    for (what, loaded) in [("status", &status), ("instances", &list)] {
        let ratio = loaded.median() / free.median();
        goal(&format!("loaded by {what}/not, medians < 1.1 ×"), ratio, ratio < 1.1);
        println!("  the same, p99: {:.2}", loaded.at(0.99) / free.at(0.99));
    }
    println!(
        "  two halves of the same are apart by {:.2}",
        halves[1].median() / halves[0].median()
    );
}

fn turn_of(service: &mut Server) -> Vec<f64> {
    service.say(&DESTROYED.to_string());
    service.line().split(' ').map(|word| word.parse().unwrap()).collect()
}
