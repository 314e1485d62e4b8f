//! Two hours of faults on three hosts with thirty guests: the kinds of `tests/chaos`, in virtual time.
//!
//! The same three things hold: within 30 s after the last fault every instance is in its desired state; at no time is one
//! active on two hosts; each start is explained. And so do all laws of the other random runs. `ASSURED_LONG="RUNS"`
//! or `ASSURED_LONG="RUNS FIRST_SEED"` in the environment runs so many, from that seed on.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assured::model::{Command, Condition, DesiredState, State, Status};
use fastrand::Rng;
use tokio::time::{Instant, sleep};

use super::facts::Facts;
use super::plan::{Plan, Seat, Shape};
use super::stage::Stage;
use super::steps::{Act, Cause, HostAct, ServiceAct, Step};
use super::{laws, steady};
use crate::rig::virtual_time;

const SEEDS: Range<u64> = 1..4;
const HOSTS: usize = 3;
const GUESTS: usize = 30;
const LENGTH: Duration = Duration::from_secs(2 * 60 * 60);
const REST: Duration = Duration::from_secs(30);

/// As in `tests/chaos`: a guest that shuts itself down is started, so that the right end is known, and budgets last.
const POLICY: &str = r#"[policies.default.running]
"shutoff/shutdown" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/terminated" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/destroyed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/unknown" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/crashed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"shutoff/failed" = { action = "start", retry = { attempts = 200, initial = "500ms", max = "2s" } }
"#;

#[test]
fn two_hours_of_faults_end_as_desired_and_nothing_was_started_without_a_reason() {
    let asked = std::env::var("ASSURED_LONG").unwrap_or_default();
    let asked: Vec<u64> = asked.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let seeds = match *asked {
        [] => SEEDS,
        [runs] => 1..1 + runs,
        [runs, first, ..] => first..first + runs,
    };
    let (next, wrong) = (Mutex::new(seeds), Mutex::new(Vec::new()));
    let take = || next.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some(seed) = take() {
                    // A panic on a thread of its own is one seed's failure.
                    match std::thread::spawn(move || run(seed)).join() {
                        Ok(Ok(told)) => println!("seed {seed}: {told}"),
                        Ok(Err(why)) => {
                            wrong.lock().unwrap().push(format!("#### seed {seed}\n{why}"))
                        }
                        Err(_) => wrong.lock().unwrap().push(format!("#### seed {seed} panicked")),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn run(seed: u64) -> Result<String, String> {
    let found = Arc::new(Mutex::new(Err("it did not end".to_owned())));
    let out = Arc::clone(&found);
    virtual_time(move || async move {
        let end = play(&plan(seed)).await;
        *out.lock().unwrap() = end;
    });
    std::mem::replace(&mut *found.lock().unwrap(), Ok(String::new()))
}

async fn play(plan: &Plan) -> Result<String, String> {
    let mut stage = Stage::new(plan).await;
    let mut wrong = Vec::new();
    for step in &plan.steps {
        stage.play(step).await;
        if let Err(why) = steady::check(&stage).await {
            wrong.push(format!("at {:?}: {why}", stage.now()));
            break;
        }
    }
    stage.mend_all().await;
    let healed = Instant::now();
    while !is_at_rest(&stage) && healed.elapsed() < REST {
        sleep(Duration::from_millis(50)).await;
    }
    let took = healed.elapsed();
    if !is_at_rest(&stage) {
        let fleet = stage.service.as_ref().unwrap().board.fleet();
        let out = fleet.instances.values().filter(|v| v.status != Status::InSync);
        let out: Vec<_> =
            out.map(|v| format!("{} {:?} {}", v.name, v.observed, v.status)).collect();
        let hosts: Vec<_> =
            fleet.hosts.values().map(|h| format!("{} {} {:?}", h.id, h.state, h.error)).collect();
        wrong.push(format!("not as desired {REST:?} after the last fault: {out:#?}\n{hosts:#?}"));
    }
    sleep(Duration::from_secs(60)).await;
    let mut facts = Facts::new(&stage);
    facts.update(&stage).await;
    let broken = laws::check(&facts).into_iter().chain(laws::check_in_the_end(&facts));
    wrong.extend(broken.map(|(name, why)| format!("== {name}\n{why}")));
    wrong.extend(unexplained(&facts));
    if wrong.is_empty() {
        let (faults, starts) = (plan.steps.len(), facts.journal.len());
        let took = took.as_secs_f64();
        return Ok(format!(
            "{faults} steps, {starts} starts, as desired {took:.1} s after the last"
        ));
    }
    let told = stage.log.borrow().told.join("\n");
    Err(format!("{told}\n{}", wrong.join("\n")))
}

/// All run, each on one host, and the service knows it.
fn is_at_rest(stage: &Stage) -> bool {
    let Some(service) = &stage.service else { return false };
    let fleet = service.board.fleet();
    stage.ids.iter().all(|&id| {
        let runs = |&host: &usize| stage.host(host).condition(id).state() == State::Running;
        let shown = fleet.instances.get(&id);
        (0..HOSTS).filter(runs).count() == 1
            && shown
                .is_some_and(|view| view.status == Status::InSync && view.desired.generation.0 == 1)
    })
}

/// What was done without a reason. Nobody but the service starts guests here, and all that its policy says is start: so
/// nothing else was sent, and for each start that was done there is an end of that guest before it, and after the start before.
fn unexplained(facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    if !facts.doubly_active.is_empty() {
        wrong.push(format!("active on two hosts: {:?}", facts.doubly_active));
    }
    for deed in &facts.journal {
        if deed.command != Command::Start {
            wrong.push(format!("the policy explains no {deed:?}"));
        }
    }
    for seat in 0..GUESTS {
        let id = super::plan::seat_id(seat);
        let changes = facts.record.changes.iter().filter(|c| c.id == id);
        let (mut began, mut ended) = (0, 0);
        for change in changes {
            match change.condition {
                Condition::RunningBooted => began += 1,
                c if !c.is_active() && c != Condition::ShutoffMigrated => ended += 1,
                _ => {}
            }
        }
        let done = facts
            .journal
            .iter()
            .filter(|d| d.id == id && d.result == Some(Ok(assured::hypervisor::Acted::Done)));
        // The first is how it was in the beginning.
        if done.count() != began - 1 || began - 1 > ended {
            wrong.push(format!("{id}: begun {began} times, ended {ended} times"));
        }
    }
    wrong
}

fn plan(seed: u64) -> Plan {
    let seat = |number: usize| Seat {
        name: format!("web-{number:02}"),
        host: number % HOSTS,
        condition: Condition::RunningBooted,
        desired: Some(DesiredState::Running),
        policy: 0,
        priority: 0,
    };
    let shape = Shape {
        hosts: HOSTS,
        limits: vec![4; HOSTS],
        total: 64,
        at_least: 5,
        copies: false,
        latency: 5,
        policies: POLICY.to_owned(),
        names: vec!["default".to_owned()],
        seats: (0..GUESTS).map(seat).collect(),
    };
    let mut rng = Rng::with_seed(seed);
    // What a start of the smallest guest takes.
    let slow = |host| (Duration::ZERO, Act::Host(host, HostAct::StartDelay(300)));
    let mut at = Duration::ZERO;
    let mut acts: Vec<(Duration, Act)> = (0..HOSTS).map(slow).collect();
    while at < LENGTH {
        at += Duration::from_millis(rng.u64(300..=15_000));
        let act = act(&mut rng);
        let lasts = Duration::from_millis(rng.u64(500..=30_000));
        acts.extend(act.mending().map(|end| (at + lasts, end)));
        acts.push((at, act));
    }
    acts.sort_by_key(|(at, _)| *at);
    let mut before = Duration::ZERO;
    let steps = acts.into_iter().map(|(at, act)| {
        let after = at - std::mem::replace(&mut before, at);
        Step { after, act }
    });
    Plan { seed, shape, steps: steps.collect() }
}

/// The kinds of `tests/chaos`. A link that is down and a daemon that hangs are one to the simulator: no answer.
fn act(rng: &mut Rng) -> Act {
    let (host, guest) = (rng.usize(0..HOSTS), rng.usize(0..GUESTS));
    match rng.u8(0..100) {
        0..20 => Act::Cause(guest, Cause::Kill),
        20..40 => Act::Cause(guest, Cause::PowerOff),
        // To and fro between two hosts of its own, for each move leaves a definition behind, and one that dies on its way
        // before the service has seen it can be followed only while it is clear where.
        40..54 => Act::Cause(guest, Cause::Migrate((guest + host % 2) % HOSTS)),
        54..76 => Act::Host(host, HostAct::Hang),
        76..82 => Act::Host(host, HostAct::KillDaemon),
        82..86 => Act::Host(host, HostAct::RestartDaemon),
        86..90 => Act::Host(host, HostAct::LosePower),
        90..92 => Act::Host(host, HostAct::Reboot),
        _ => Act::Service(ServiceAct::Kill),
    }
}
