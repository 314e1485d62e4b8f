//! Requests per second, and the CPU time of each, beside the bare handler's, in turns.

use std::time::Duration;

use crate::server::{Cores, Server};
use crate::spread::Spread;
use crate::{goal, wrk};

/// What is read.
pub(crate) const PATHS: [&str; 2] = ["/api/v1/status", "/api/v1/instances?limit=100"];
/// How often the service and the bare handler take turns.
const TURNS: usize = 7;
/// How long a turn is.
const TURN: Duration = Duration::from_secs(3);
/// What the service's HTTP threads put themselves behind the actors' by: so does the bare handler.
const NICENESS: i32 = 10;
/// The share of the bare handler's requests that is to be reached.
const SHARE: f64 = 0.5;

/// What one of the two servers has borne.
#[derive(Default)]
struct Borne {
    /// Requests per second.
    rate: Spread,
    /// µs of CPU for each, of the threads that answer.
    cpu: Spread,
}

pub(crate) fn run(service: &Server, cores: &Cores) {
    let sizes = PATHS.map(|path| service.size(path));
    let words = ["bare", &sizes[0].to_string(), &sizes[1].to_string()];
    let bare = cores.server(NICENESS, &words);
    println!(
        "\nrequests per second, and µs of CPU for each: {TURNS} turns of {} s",
        TURN.as_secs()
    );
    println!("{:44}{:>9} {:>9} {:>9} {:>9}", "", "median", "p99", "least", "most");
    for (place, (path, size)) in PATHS.iter().zip(sizes).enumerate() {
        let floor = format!("/{place}");
        let [mut ours, mut theirs, mut packed] = <[Borne; 3]>::default();
        let mut ratio = Spread::default();
        for turn in 0..TURNS {
            // Neither is always the first.
            let rates = if turn % 2 == 0 {
                let rate = ours.turn(service, cores, path, None);
                (rate, theirs.turn(&bare, cores, &floor, None))
            } else {
                let floor = theirs.turn(&bare, cores, &floor, None);
                (ours.turn(service, cores, path, None), floor)
            };
            ratio.add(rates.0 / rates.1);
        }
        for _ in 0..3 {
            packed.turn(service, cores, path, Some("gzip"));
        }
        println!("{path} ({size} bytes)");
        let line = |what: &str, spread: &Spread| println!("  {what:42}{spread}");
        line("the service", &ours.rate);
        line("a bare handler, constant body", &theirs.rate);
        line("the service / the bare handler", &ratio);
        line("the service, µs of CPU", &ours.cpu);
        line("a bare handler, µs of CPU", &theirs.cpu);
        line("the service, gzip asked for", &packed.rate);
        let median = ratio.median();
        goal(&format!("at least {SHARE} of the bare handler's"), median, median >= SHARE);
    }
}

impl Borne {
    fn turn(&mut self, server: &Server, cores: &Cores, path: &str, encoding: Option<&str>) -> f64 {
        let before = server.cpu();
        let requests = wrk::requests(cores, &server.url(path), encoding, TURN);
        self.cpu.add((server.cpu() - before).as_secs_f64() * 1e6 / requests);
        let rate = requests / TURN.as_secs_f64();
        self.rate.add(rate);
        rate
    }
}
