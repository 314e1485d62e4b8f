//! Requests per second, beside the bare handler's, in turns.

use std::time::Duration;

use crate::server::{Cores, Server};
use crate::spread::Spread;
use crate::{goal, wrk};

/// What is read.
const PATHS: [&str; 2] = ["/api/v1/status", "/api/v1/instances?limit=100"];
/// How often the service and the bare handler take turns.
const TURNS: usize = 7;
/// How long a turn is.
const TURN: Duration = Duration::from_secs(3);
/// The share of the bare handler's requests that is to be reached.
const SHARE: f64 = 0.5;

pub(crate) fn run(service: &Server, cores: &Cores) {
    let sizes = PATHS.map(|path| service.size(path));
    let bare = cores.server(&["bare", &sizes[0].to_string(), &sizes[1].to_string()]);
    println!("\nrequests per second, {TURNS} turns of {} s each", TURN.as_secs());
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    for (place, (path, size)) in PATHS.iter().zip(sizes).enumerate() {
        let (ours, floor) = (service.url(path), bare.url(&format!("/{place}")));
        let [mut served, mut constant, mut ratio] = <[Spread; 3]>::default();
        for turn in 0..TURNS {
            let rate = |url: &str| wrk::rate(cores, url, None, TURN);
            // Neither is always the first.
            let (one, other) = match turn % 2 {
                0 => (rate(&ours), rate(&floor)),
                _ => {
                    let floor = rate(&floor);
                    (rate(&ours), floor)
                }
            };
            served.add(one);
            constant.add(other);
            ratio.add(one / other);
        }
        println!("{path} ({size} bytes)");
        println!("{:44}{served}", "  the service");
        println!("{:44}{constant}", "  a bare handler, constant body");
        println!("{:44}{ratio}", "  the service / the bare handler");
        let median = ratio.median();
        goal(&format!("at least {SHARE} of the bare handler's"), median, median >= SHARE);
        let packed: Spread = (0..3).map(|_| wrk::rate(cores, &ours, Some("gzip"), TURN)).collect();
        println!("{:44}{packed}", "  the service, gzip asked for");
    }
}
