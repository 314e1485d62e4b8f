//! The proof that the checks check: each deliberate bug is found within so many seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assured::faults::Bug;

use super::FIRST;
use super::pace::{quiet_panics, watched};

/// No bug may stay hidden for longer.
const WITHIN: u64 = 600;

#[test]
fn each_deliberate_bug_is_found() {
    quiet_panics();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let caught = (0..WITHIN).find_map(|n| {
                        let failure = watched(FIRST + n, Some(bug)).failure?;
                        let law = failure.laws.into_iter().find(|law| breaks(bug, law))?;
                        Some((n + 1, law))
                    });
                    match &caught {
                        Some((seeds, law)) => println!("{bug:?}: found by seed {seeds}: {law}"),
                        None => println!("{bug:?}: NOT found in {WITHIN} seeds"),
                    }
                    found.lock().unwrap().push((bug, caught));
                }
            });
        }
    });
    let hidden: Vec<Bug> = found
        .into_inner()
        .unwrap()
        .into_iter()
        .filter(|(_, c)| c.is_none())
        .map(|(b, _)| b)
        .collect();
    assert!(hidden.is_empty(), "not found in {WITHIN} seeds: {hidden:?}");
}

/// Whether a law is one of those that a bug is to break: another failure proves nothing.
fn breaks(bug: Bug, law: &str) -> bool {
    let laws: &[&str] = match bug {
        Bug::InconclusiveIsOff => &["observed_is_what_was_answered"],
        Bug::StartedTwice => {
            &["nothing_is_started_twice", "only_the_script_makes_doubles", "nothing_is_done_on_two"]
        }
        Bug::OldGeneration => &["no_action_for_an_older_generation"],
        Bug::NoLimits => &["no_more_at_once_than_allowed"],
        Bug::BudgetResetByStart => &["no_more_attempts_than_the_budget"],
        Bug::AcknowledgedFirst => &["acknowledged_is_kept", "steady"],
        Bug::HalfDoneStays => &["steady", "comes_to_rest", "every_outcome_is_told_once"],
        Bug::NoGate => &["every_host_is_tried_first"],
        Bug::NoFreshLook => &["a_fresh_look_before_each_action", "an_intent_before_its_action"],
        Bug::NoDoubt => &["observed_is_what_was_answered", "nothing_is_done_while_doubted"],
        Bug::OwnDeedsForgotten => &["no_incident_of_our_own_making"],
        Bug::DoneUncommitted => &["an_intent_before_its_action", "no_action_without_the_database"],
        Bug::HalfChangedBook => &["steady", "comes_to_rest", "every_outcome_is_told_once"],
        Bug::OrphanedChildren => &["nobody_outlives_its_parent"],
        Bug::NeverAskedAgain | Bug::NotRestarted => {
            &["comes_to_rest", "steady", "steady_in_the_end"]
        }
        Bug::FutureBelieved => &["comes_to_rest"],
        Bug::HoldForgotten => &["no_action_on_what_is_held"],
    };
    laws.contains(&law)
}
