//! Playing a plan on real hosts, against the running service.

use assured_lab::wait_until;
use tokio::time::Instant;

use crate::deeds::Done;
use crate::plan::{Act, Plan};
use crate::service::Service;
use crate::world::World;

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
