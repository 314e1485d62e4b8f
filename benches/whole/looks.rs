//! What a look costs when nothing is wrong: CPU time per domain and round.

use std::time::Duration;

use assured_lab::Lab;

use crate::floor::{Cost, Floor};
use crate::goal;
use crate::service::Service;

/// How often the service and the floors take turns.
const TURNS: usize = 6;
/// How long the service's turn is: its interval is 1 s.
const TURN: Duration = Duration::from_secs(5);
/// The rounds of a turn of the loop without pauses.
const BULK_ROUNDS: u32 = 100;
/// The rounds of a turn of the loop at the service's pace.
const PACED_ROUNDS: u32 = 4;
const SINGLE_ROUNDS: u32 = 3;
const READS: &str = "assured_host_reads_total{host=\"many\",scope=\"all\"}";
const LOOKS: &str = "assured_observations_total";

pub(crate) fn run(lab: &Lab, floor: &Floor, domains: usize) {
    let host = lab.test_host("many", domains).expect("the test driver's host starts");
    let (uri, daemon) = (host.uri(), host.host().daemon_pid().unwrap());
    let config = format!(
        "[poll]\ninterval = \"1s\"\n\
         [[hosts]]\nid = \"many\"\nuri = \"{uri}\"\nunmanaged = \"adopt\"\n"
    );
    let service = Service::start(&lab.folder().join("service-looks"), &config);
    // The node has a domain of its own besides.
    service.wait_in_sync(domains as u64 + 1);
    // Its first rounds make buffers grow, as the loops' do.
    service.work(TURN);

    let [mut ours, mut bulk, mut paced, mut single] = [Cost::default(); 4];
    let mut rounds = 0.0;
    for _ in 0..TURNS {
        let (reads, cost) = turn(&service, floor, daemon);
        rounds += reads;
        ours += cost;
        service.while_stopped(|| {
            bulk += floor.bulk(&uri, daemon, BULK_ROUNDS, Duration::ZERO);
            paced += floor.bulk(&uri, daemon, PACED_ROUNDS, Duration::from_secs(1));
            single += floor.single(&uri, daemon, SINGLE_ROUNDS);
        });
    }
    assert!(rounds >= 20.0, "only {rounds} rounds in {TURNS} turns");

    println!("\none look, nothing wrong, {domains} domains: µs of CPU, and against (b)");
    println!("{:44}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "client", "libvirtd", "sum", "client", "sum");
    let line = |what: &str, cost: Cost| {
        let ([c, d], [floor_c, floor_d]) = (per_look(cost), per_look(bulk));
        let (ratio_c, ratio) = (c / floor_c, (c + d) / (floor_c + floor_d));
        println!("{what:44}{c:>9.2}{d:>9.2}{:>9.2}{ratio_c:>9.2}{ratio:>9.2}", c + d);
        (ratio_c, ratio)
    };
    let (client, sum) = line(&format!("(a) the service, {rounds} rounds"), ours);
    line("(b) one bulk call, C, without pause", bulk);
    let at_pace = line("    the same, a round each second", paced);
    line("(c) one virDomainGetState each, C", single);
    goal("(a)/(b), client + libvirtd", sum, 2.0, "×");
    goal("(a)/(b), client alone", client, 2.0, "×");
    println!(
        "  against the loop at the service's pace: client {:.2}, sum {:.2}",
        client / at_pace.0,
        sum / at_pace.1
    );
}

/// A turn of the service: how often it has read, and what all of it has cost.
fn turn(service: &Service, floor: &Floor, daemon: i32) -> (f64, Cost) {
    let pids = [service.pid(), daemon];
    let (reads, looks) = (service.metric(READS), service.metric(LOOKS));
    let before = floor.cpu(pids);
    service.work(TURN);
    let after = floor.cpu(pids);
    let (reads, looks) = (service.metric(READS) - reads, service.metric(LOOKS) - looks);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it counts
    let looks = looks as u64;
    (reads, Cost { looks, client: after[0] - before[0], daemon: after[1] - before[1] })
}

/// In µs.
#[allow(clippy::cast_precision_loss)]
fn per_look(cost: Cost) -> [f64; 2] {
    [cost.client, cost.daemon].map(|ns| ns as f64 / cost.looks as f64 / 1e3)
}
