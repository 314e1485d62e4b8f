//! One run of a plan, from its beginning to what is found wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assured::faults::{self, Bug, Done};
use tokio::time::sleep;

use super::facts::Facts;
use super::plan::Plan;
use super::stage::Stage;
use super::{ending, laws, steady};
use crate::rig::virtual_time;

/// How long the world is left alone after everything is healed: longer than every grace, every hold,
/// every quarantine and every budget's delays.
const QUIET: Duration = Duration::from_secs(13 * 60);

/// How a run went.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// None if nothing is wrong.
    pub failure: Option<Failure>,
    /// How long the world lived.
    pub lived: Duration,
    /// How many steps were played, actions sent, and how often the service gave up.
    pub steps: usize,
    pub deeds: usize,
    pub gave_up: usize,
    /// The faults that happened in the service.
    pub faults: Done,
}

/// What is wrong: the names of the laws that were broken, and the whole story.
#[derive(Debug, Clone)]
pub struct Failure {
    pub laws: Vec<String>,
    pub text: String,
    /// How many steps had been played.
    pub after: usize,
}

/// Plays a plan, in a service with this bug if there is one.
pub fn run(plan: &Plan, bug: Option<Bug>) -> Outcome {
    // What an earlier run of this thread has left.
    faults::take();
    bug.into_iter().for_each(faults::plant);
    let found = Arc::new(Mutex::new(Outcome::default()));
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let (out, lines, played) = (Arc::clone(&found), Arc::clone(&told), plan.clone());
    let ended = catch_unwind(AssertUnwindSafe(move || {
        virtual_time(move || async move {
            let outcome = play(&played, &lines).await;
            *out.lock().unwrap() = outcome;
        });
    }));
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut outcome = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Err(panic) = ended {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        let text = format!("{}\n{}", told.join("\n"), said.unwrap_or_default());
        let laws = vec!["panicked".to_owned()];
        outcome.failure = Some(Failure { laws, text, after: plan.steps.len() });
    }
    outcome.faults = faults::take();
    outcome
}

async fn play(plan: &Plan, told: &Mutex<Vec<String>>) -> Outcome {
    let mut stage = Stage::new(plan).await;
    let mut facts = Facts::new(&stage);
    let mut wrong = Wrong::default();
    let mut played = 0;
    for step in &plan.steps {
        if std::env::var_os("TRACE").is_some() {
            println!("{:>9.3} then {step:?}", stage.now().as_secs_f64());
        }
        stage.play(step).await;
        played += 1;
        told.lock().unwrap().clone_from(&stage.log.borrow().told);
        wrong.note("steady", steady::check(&stage).await);
        facts.update(&stage).await;
        wrong.note_all(laws::check(&facts));
        if !wrong.is_nothing() {
            return outcome(plan, &stage, &facts, wrong, played);
        }
    }
    stage.heal(QUIET).await;
    let mut rest = ending::check(&stage).await;
    for _ in 0..3 {
        // One that tries again at its slow pace may do so at this very moment.
        if rest.is_err() {
            sleep(Duration::from_secs(190)).await;
            rest = ending::check(&stage).await;
        }
    }
    wrong.note("comes_to_rest", rest);
    wrong.note("steady_in_the_end", steady::check(&stage).await);
    facts.update(&stage).await;
    wrong.note_all(laws::check(&facts));
    wrong.note_all(laws::check_in_the_end(&facts));
    outcome(plan, &stage, &facts, wrong, played)
}

fn outcome(plan: &Plan, stage: &Stage, facts: &Facts, wrong: Wrong, steps: usize) -> Outcome {
    let log = stage.log.borrow();
    let told = format!("{}\n{}", log.told.join("\n"), facts.last_words());
    Outcome {
        failure: wrong.told(plan, &told, steps),
        lived: stage.now(),
        steps,
        deeds: stage.rig.world.journal().len(),
        gave_up: log.gave_up,
        faults: Done::new(),
    }
}

/// The laws that were broken, with what is to be said of each.
#[derive(Default)]
struct Wrong(Vec<(String, String)>);

impl Wrong {
    fn note(&mut self, name: &str, result: Result<(), String>) {
        if let Err(text) = result {
            self.0.push((name.to_owned(), text));
        }
    }

    fn note_all(&mut self, broken: Vec<(&'static str, String)>) {
        self.0.extend(broken.into_iter().map(|(name, text)| (name.to_owned(), text)));
    }

    fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    fn told(self, plan: &Plan, told: &str, after: usize) -> Option<Failure> {
        if self.is_nothing() {
            return None;
        }
        let parts =
            self.0.into_iter().map(|(name, text)| (name.clone(), format!("== {name}\n{text}")));
        let (laws, texts): (Vec<_>, Vec<_>) = parts.unzip();
        let text = format!("{}\n{told}\n{}", plan.config(), texts.join("\n"));
        Some(Failure { laws, text, after })
    }
}

/// Cuts the script while the same law stays broken: first its end, then step by step.
pub fn shrunk(plan: &Plan, failure: Failure) -> (Plan, Failure) {
    let (mut plan, mut failure) = (plan.clone(), failure);
    let law = failure.laws[0].clone();
    let still = |plan: &Plan| run(plan, None).failure.filter(|f| f.laws.contains(&law));
    plan.steps.truncate(failure.after);
    let mut chunk = plan.steps.len() / 2;
    while chunk > 0 {
        let mut end = plan.steps.len();
        while end > 0 {
            let from = end.saturating_sub(chunk);
            let mut cut = plan.clone();
            let removed: Duration = cut.steps.drain(from..end).map(|s| s.after).sum();
            // What came after stays at its time.
            if let Some(next) = cut.steps.get_mut(from) {
                next.after += removed;
            }
            if let Some(found) = still(&cut) {
                (plan, failure) = (cut, found);
            }
            end = from;
        }
        chunk /= 2;
    }
    (plan, failure)
}
