//! The run itself: a plan is played, and what must hold is asserted.

use std::collections::HashMap;
use std::mem::discriminant;
use std::time::Duration;

use assured_lab::{Host, wait_until};
use tokio::time::Instant;

use crate::draw::{ServiceDies, Shape};
use crate::plan::Plan;
use crate::play::{POLICY, play};
use crate::service::Service;
use crate::world::{PATIENCE, World};
use crate::{checks, one_at_a_time};

const HOSTS: usize = 3;
const GUESTS: usize = 30;

/// The run that is the same each time.
const SEED: u64 = 310;
const SECONDS: u64 = 50;

/// When all is healed, everything is as desired within this.
const REST: Duration = Duration::from_secs(30);

#[test]
fn after_chaos_all_is_as_desired_and_nothing_was_started_without_a_reason() {
    if assured_lab::is_left_out() {
        return;
    }
    let _turn = one_at_a_time();
    let seed = number("CHAOS_SEED").unwrap_or(SEED);
    let length = Duration::from_secs(number("CHAOS_SECONDS").unwrap_or(SECONDS));
    let plan = Plan::draw(seed, &shape(length));
    let seconds = length.as_secs();
    let faults = plan.faults();
    eprintln!("{faults} faults; CHAOS_SEED={seed} CHAOS_SECONDS={seconds} repeats them");

    let mut world = World::new(HOSTS, GUESTS);
    let hosts: Vec<Host> = world.hosts().cloned().collect();
    let hosts: Vec<&Host> = hosts.iter().collect();
    let mut service = Service::start(world.folder(), &hosts, POLICY);
    service.adopt(&hosts);
    service.until("all to be in sync", PATIENCE, || service.is_at_rest(GUESTS));

    let lives = play(&mut world, &mut service, &plan);
    world.heal();
    service.revive();
    let mut healed = Instant::now();
    let finished = world.finish_starts();
    if !finished.is_empty() {
        eprintln!("left paused/starting_up by daemons that were killed, and resumed: {finished:?}");
        healed = Instant::now();
    }
    let left = REST.saturating_sub(healed.elapsed());
    let rested = wait_until(left, "all to be as desired", || service.is_at_rest(GUESTS));
    let took = healed.elapsed().as_secs_f64();
    if let Err(error) = &rested {
        // It is told whether it would have come at all: late is another failure than never.
        let at_last = wait_until(PATIENCE, "", || service.is_at_rest(GUESTS)).is_ok();
        let after = healed.elapsed().as_secs_f64();
        let at_last = if at_last { format!("after {after:.1} s") } else { "never".to_owned() };
        let flaws = world.eyes.flaws();
        panic!("seed {seed}: {error}; {at_last}\n{flaws:#?}\n{}", service.describe());
    }
    let tally = checks::check(&world, &service);
    let seen = world.eyes.seen();
    eprintln!(
        "seed {seed}: all as desired {took:.1} s after the last fault was healed; {lives} lives of the service, {tally}; \
         {} QEMUs seen in {} looks, at most {:.0} ms apart",
        seen.qemus,
        seen.looks,
        seen.longest_gap.as_secs_f64() * 1e3
    );
    drop(service);
    world.end();
}

fn shape(length: Duration) -> Shape {
    Shape {
        hosts: HOSTS,
        guests: GUESTS,
        length,
        apart: (300, 2500),
        lasts: (500, 9000),
        service: ServiceDies::Too,
    }
}

#[test]
fn the_run_that_is_the_same_each_time_has_every_kind_of_fault() {
    let plan = Plan::draw(SEED, &shape(Duration::from_secs(SECONDS)));
    let mut kinds: HashMap<_, usize> = HashMap::new();
    for step in plan.steps.iter().filter(|step| step.act.is_fault()) {
        *kinds.entry(discriminant(&step.act)).or_default() += 1;
    }
    assert!(kinds.len() == 9 && kinds.values().all(|&count| count >= 3), "{kinds:?}");
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}
