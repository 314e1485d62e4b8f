//! Nothing leaks: what the process has after a hundred faults is what it had before.

use std::time::Duration;

use assured_lab::{Host, wait_until};
use tokio::time::Instant;

use crate::draw::{ServiceDies, Shape};
use crate::one_at_a_time;
use crate::plan::Plan;
use crate::play::{POLICY, play};
use crate::process::Has;
use crate::service::Service;
use crate::world::{PATIENCE, World};

const HOSTS: usize = 3;
const GUESTS: usize = 6;
const FAULTS: usize = 100;
const SEED: u64 = 100;

/// A look each half second, so that a host that hangs has a call pending at once; deadlines that are over before the next fault.
const SETTINGS: &str = "[poll]\ninterval = \"500ms\"\ndeadline = \"1s\"\n";

/// Longer than an idle thread of tokio's lives (10 s) and than a connection that no action needs stays open (60 s, and until
/// the next listing of its host).
const IDLE: Duration = Duration::from_secs(90);

/// How long it is looked at what the process has before the faults: the least counts.
///
/// A few threads that wait for work come and go: one more lives on while it gets some of the work at least every 10 s. So do
/// our own connections to its interface. What leaks does not go any more.
const STILL: Duration = Duration::from_secs(30);

#[test]
fn a_hundred_faults_leave_no_thread_no_file_and_no_connection_behind() {
    if assured_lab::is_left_out() {
        return;
    }
    let _turn = one_at_a_time();
    let mut world = World::new(HOSTS, GUESTS);
    let hosts: Vec<Host> = world.hosts().cloned().collect();
    let hosts: Vec<&Host> = hosts.iter().collect();
    let mut service = Service::start(world.folder(), &hosts, &format!("{SETTINGS}{POLICY}"));
    service.adopt(&hosts);
    // What is made at the first need and kept, a thread or a buffer, is no leak: every kind of fault once before it is counted.
    let warm = shape(Duration::from_secs(12));
    play(&mut world, &mut service, &Plan::draw(SEED + 1, &warm));
    let before = at_rest(&mut world, &service);

    let plan = plan();
    let begun = Instant::now();
    play(&mut world, &mut service, &plan);
    let took = begun.elapsed().as_secs();
    let right_after = Has::of(service.pid());
    world.heal();
    service.until("all to be in sync", PATIENCE, || service.is_at_rest(GUESTS));
    // Of a hundred faults each may leave something behind, but for nothing of it there is a reason: in the end there is no
    // more of anything than there was at the least before.
    let mut after = Has::of(service.pid());
    let same = wait_until(IDLE, "no more than before", || {
        after = Has::of(service.pid());
        after.is_at_most(&before) && after.connections == 2 * HOSTS
    });
    assert!(same.is_ok(), "before {before:#?}, after {after:#?}");
    eprintln!(
        "before: {before}\nafter {} faults in {took} s: {right_after}\nat rest: {after}",
        plan.faults()
    );
    assert_eq!(world.eyes.flaws(), [""; 0]);
    drop(service);
    world.end();
}

/// What the process has when nothing goes on and what is idle is gone.
fn at_rest(world: &mut World, service: &Service) -> Has {
    world.heal();
    service.until("all to be in sync", PATIENCE, || service.is_at_rest(GUESTS));
    // A host has one connection for reads and one that is kept for the next action.
    let connections = || Has::of(service.pid()).connections == 2 * HOSTS;
    service.until("the idle connections to be closed", IDLE, connections);
    let mut least = Has::of(service.pid());
    let _ = wait_until(STILL, "the least", || {
        let now = Has::of(service.pid());
        if now.is_at_most(&least) {
            least = now;
        }
        false
    });
    least
}

fn shape(length: Duration) -> Shape {
    Shape {
        hosts: HOSTS,
        guests: GUESTS,
        length,
        apart: (200, 1400),
        lasts: (300, 4000),
        service: ServiceDies::Never,
    }
}

/// So many faults, however long that takes.
fn plan() -> Plan {
    let lengths = (1..).map(|seconds| shape(Duration::from_secs(seconds)));
    let mut plans = lengths.map(|shape| Plan::draw(SEED, &shape));
    plans.find(|plan| plan.faults() >= FAULTS).unwrap()
}
