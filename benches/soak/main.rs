//! The whole service on real hosts under faults, for as long as one likes; and what becomes of it.
//!
//! `make soak SOAK=1h`, or `cargo bench --bench soak -- 1h [FOLDER]`. The same hosts, guests and faults as
//! `tests/chaos`, but the service is the release binary, is never killed, and is watched: memory, threads,
//! open files, connections, the database's size, and how fast it answers and repairs. In rounds: faults, then
//! all is healed, everything must come to rest, and then it is measured at rest, so that what is measured early
//! and late is comparable. What must hold in a chaos must hold here: a guest that ran twice, a
//! start without a reason, or an instance that does not come back ends it with an error.
//!
//! What it has measured is in the folder (`target/soak`): `soak.csv`, a row per round; `soak.svg`, the curves; and what it says at its end.
// A program that cannot go on has failed; and it measures real time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]
#![allow(missing_docs, unreachable_pub)]

// Shared with tests, which have tests of their own and ask for more.
#[allow(dead_code)]
#[path = "../../tests/e2e/asking.rs"]
mod asking;
#[allow(dead_code)]
#[path = "../../tests/chaos/checks.rs"]
mod checks;
mod curves;
#[allow(dead_code)]
#[path = "../../tests/chaos/deeds.rs"]
mod deeds;
#[allow(dead_code)]
#[path = "../../tests/chaos/draw.rs"]
mod draw;
#[allow(dead_code)]
#[path = "../../tests/chaos/eyes.rs"]
mod eyes;
mod measure;
#[allow(dead_code)]
#[path = "../../tests/chaos/plan.rs"]
mod plan;
#[allow(dead_code)]
#[path = "../../tests/chaos/play.rs"]
mod play;
#[allow(dead_code)]
#[path = "../../tests/chaos/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../../tests/chaos/record.rs"]
mod record;
mod report;
#[allow(dead_code)]
#[path = "../../tests/chaos/service.rs"]
mod service;
#[allow(dead_code)]
#[path = "../../tests/chaos/world.rs"]
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use assured_lab::{Host, wait_until};

use crate::draw::{ServiceDies, Shape};
use crate::measure::{Row, measure};
use crate::plan::Plan;
use crate::play::{POLICY, play};
use crate::service::Service;
use crate::world::World;

const HOSTS: usize = 3;
const GUESTS: usize = 30;

/// How long a round has faults.
const FAULTS: Duration = Duration::from_secs(40);

/// When all is healed, everything is as desired within this.
const REST: Duration = Duration::from_secs(60);

/// Longer than an idle thread of tokio's lives (10 s).
const IDLE: Duration = Duration::from_secs(12);

fn main() -> ExitCode {
    // `cargo bench` says "--bench", and passes on what was said after "--".
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let Some(length) = words.first() else {
        eprintln!(
            "soak: say for how long, as in `cargo bench --bench soak -- 1h`; nothing is done"
        );
        return ExitCode::SUCCESS;
    };
    let length = humantime::parse_duration(length).expect("a length of time, as 10m or 1h");
    let folder = words.get(1).map_or_else(|| PathBuf::from("target/soak"), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("the folder for the report can be made");
    assert!(!assured_lab::is_left_out(), "LAB=off: a soak is nothing without the lab");

    let mut world = World::new(HOSTS, GUESTS);
    let hosts: Vec<Host> = world.hosts().cloned().collect();
    let hosts: Vec<&Host> = hosts.iter().collect();
    let mut service = Service::start(world.folder(), &hosts, POLICY);
    service.adopt(&hosts);
    service.until("all to be in sync", REST, || service.is_at_rest(GUESTS));

    let seed = u64::from(std::process::id());
    let (begun, mut rows) = (Instant::now(), Vec::new());
    eprintln!("{}", Row::HEAD);
    while begun.elapsed() < length {
        let plan = Plan::draw(seed + rows.len() as u64, &shape());
        let row = round(&mut world, &mut service, &plan, begun);
        eprintln!("{row}");
        rows.push(row);
        report::write(&rows, &folder);
    }
    let tally = checks::check(&world, &service);
    let seen = world.eyes.seen();
    drop(service);
    world.end();
    println!("{tally}; {} QEMUs seen in {} looks", seen.qemus, seen.looks);
    report::conclude(&rows, &folder)
}

/// Faults, then rest, then what is measured at rest.
fn round(world: &mut World, service: &mut Service, plan: &Plan, begun: Instant) -> Row {
    play(world, service, plan);
    world.heal();
    let mut healed = Instant::now();
    let finished = world.finish_starts();
    if !finished.is_empty() {
        eprintln!("left paused/starting_up by daemons that were killed, and seen to: {finished:?}");
        healed = Instant::now();
    }
    let left = REST.saturating_sub(healed.elapsed());
    service.until("all to be as desired", left, || service.is_at_rest(GUESTS));
    let rested = healed.elapsed();
    // What must never be ends a round at once; otherwise this is only a pause.
    let _ = wait_until(IDLE, "what is idle to go", || !world.eyes.flaws().is_empty());
    assert_eq!(world.eyes.flaws(), [""; 0], "seed {}", plan.seed);
    measure(world, service, plan.faults(), rested, begun.elapsed())
}

fn shape() -> Shape {
    Shape {
        hosts: HOSTS,
        guests: GUESTS,
        length: FAULTS,
        apart: (300, 2500),
        lasts: (500, 9000),
        service: ServiceDies::Never,
    }
}
