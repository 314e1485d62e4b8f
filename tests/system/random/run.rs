//! One run of a plan, from its beginning to what is found wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use super::facts::Facts;
use super::plan::Plan;
use super::stage::Stage;
use super::{ending, laws, steady};
use crate::rig::virtual_time;

/// How long the world is left alone after everything is healed: longer than every grace, every hold
/// and every budget's delays.
const QUIET: Duration = Duration::from_secs(25 * 60);

/// What is wrong: the names of the laws that were broken, and the whole story.
#[derive(Debug, Clone)]
pub struct Failure {
    pub laws: Vec<String>,
    pub text: String,
}

/// Plays a plan; none if nothing is wrong.
pub fn run(plan: &Plan) -> Option<Failure> {
    let found = Arc::new(Mutex::new(None));
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let (out, lines, played) = (Arc::clone(&found), Arc::clone(&told), plan.clone());
    let ended = catch_unwind(AssertUnwindSafe(move || {
        virtual_time(move || async move {
            let failure = play(&played, &lines).await;
            *out.lock().unwrap() = failure;
        });
    }));
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Err(panic) = ended {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        let text = format!("{}\n{}", told.join("\n"), said.unwrap_or_default());
        return Some(Failure { laws: vec!["panicked".to_owned()], text });
    }
    let failure = found.lock().unwrap_or_else(PoisonError::into_inner).take();
    failure
}

async fn play(plan: &Plan, told: &Mutex<Vec<String>>) -> Option<Failure> {
    let mut stage = Stage::new(plan).await;
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut note = |name: &str, result: Result<(), String>| {
        if let Err(text) = result {
            wrong.push((name.to_owned(), text));
        }
    };
    for step in &plan.steps {
        stage.play(step).await;
        told.lock().unwrap().clone_from(&stage.log.borrow().told);
        let steady = steady::check(&stage).await;
        let stop = steady.is_err();
        note("steady", steady);
        if stop {
            break;
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
    note("comes_to_rest", rest);
    note("steady_in_the_end", steady::check(&stage).await);
    let facts = Facts::gather(&stage).await;
    for (name, text) in laws::check(&facts) {
        note(name, Err(text));
    }
    if wrong.is_empty() {
        return None;
    }
    let told = stage.log.borrow().told.join("\n");
    let (laws, texts): (Vec<_>, Vec<_>) =
        wrong.into_iter().map(|(name, text)| (name.clone(), format!("== {name}\n{text}"))).unzip();
    let text = format!("{}\n{told}\n{}", plan.config(), texts.join("\n"));
    Some(Failure { laws, text })
}

/// Cuts the script while the same law stays broken: first its end, then step by step.
pub fn shrunk(plan: &Plan, failure: Failure) -> (Plan, Failure) {
    let (mut plan, mut failure) = (plan.clone(), failure);
    let law = failure.laws[0].clone();
    let still = |plan: &Plan| run(plan).filter(|f| f.laws.contains(&law));
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
