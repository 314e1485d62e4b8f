//! The run itself: a plan, played on real hosts against the running service.

use std::collections::HashMap;
use std::mem::discriminant;
use std::time::Duration;

use assured_lab::{Host, wait_until};
use tokio::time::Instant;

use crate::deeds::Done;
use crate::draw::{ServiceDies, Shape};
use crate::plan::{Act, Plan};
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

/// The default, with two differences, both so that the wanted end is known: that each guest runs.
///
/// A guest that shuts itself down is started: by default the record would follow, and that is a run's other right end. And
/// budgets and delays are for hundreds of deaths in a few minutes: with the default five attempts in ten minutes some guests
/// would rightly end in the slow lane.
pub const POLICY: &str = r#"
[policies.default.running]
"shutoff/shutdown" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/terminated" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/destroyed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/unknown" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/daemon" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/crashed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/failed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"#;

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
    let healed = Instant::now();
    let finished = world.finish_starts();
    if !finished.is_empty() {
        eprintln!("left paused/starting_up by daemons that were killed, and resumed: {finished:?}");
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

/// Plays a plan; each step at its time, or as soon after it as those before are done. Answers how many lives the service had.
pub fn play(world: &mut World, service: &mut Service, plan: &Plan) -> usize {
    let (begun, mut lives) = (Instant::now(), 1);
    for step in &plan.steps {
        let left = step.at.saturating_sub(begun.elapsed());
        // A pause that the plan says; but what must never be ends the run at once.
        let eyes = &world.eyes;
        let _ = wait_until(left, "the time of the next step", || !eyes.flaws().is_empty());
        assert_eq!(eyes.flaws(), [""; 0], "seed {}", plan.seed);
        let done = match of_service(service, step.act) {
            Some(true) => Done::Yes,
            Some(false) => Done::Impossible,
            None => world.carry_out(step.act),
        };
        lives += usize::from(step.act == Act::StartService && done == Done::Yes);
        let (planned, now) = (step.at.as_secs_f64(), begun.elapsed().as_secs_f64());
        let said = match &done {
            Done::Yes => String::new(),
            Done::Impossible => " (not possible)".to_owned(),
            Done::Failed(why) => format!(" (failed: {why})"),
        };
        eprintln!("{planned:8.3} {now:8.3} {}{said}", step.act);
    }
    let left = plan.length.saturating_sub(begun.elapsed());
    let _ = wait_until(left, "the end of the run", || !world.eyes.flaws().is_empty());
    lives
}

/// Carries out an act on the service: whether it was the time for it. None if it is an act on a host or a guest.
fn of_service(service: &mut Service, act: Act) -> Option<bool> {
    if act == Act::KillService {
        return Some(service.kill());
    }
    (act == Act::StartService).then(|| service.revive())
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}
