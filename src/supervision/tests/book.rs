//! The book of the children: states, decisions, budgets.

use tokio::time::Instant;

use super::*;

const LIMIT: Limit = Limit { restarts: 2, window: Duration::from_secs(60) };

fn spec(restart: RestartType, exhausted: Exhausted) -> ChildSpec {
    ChildSpec { restart, limit: LIMIT, delay: DelaySpec::default(), exhausted }
}

fn instance() -> ChildSpec {
    let exhausted = Exhausted::Quarantine { retry_after: secs(300) };
    spec(RestartType::Permanent, exhausted)
}

fn exit(incarnation: Incarnation, exit: Exit) -> ChildExit<u32> {
    ChildExit { child: 1, incarnation, exit }
}

fn restart(millis: u64) -> Decision {
    Decision::Restart { after: Duration::from_millis(millis) }
}

#[test]
fn a_child_goes_through_its_states() {
    let (mut book, now) = (Children::new(), Instant::now());
    let state = |book: &Children<u32>| book.status(&1).map(|status| status.state);
    assert_eq!(book.start(&1, now), None);
    book.add(1, instance());
    assert_eq!(state(&book), Some(ChildState::Stopped));
    let first = book.start(&1, now).unwrap();
    assert_eq!((first, state(&book)), (Incarnation(1), Some(ChildState::Starting)));
    assert_eq!(book.start(&1, now), None);
    book.running(&1, Incarnation(2));
    assert_eq!(state(&book), Some(ChildState::Starting));
    book.running(&1, first);
    assert_eq!(state(&book), Some(ChildState::Running));
    assert_eq!(book.exited(&exit(first, panicked()), now), restart(100));
    assert_eq!(state(&book), Some(ChildState::Restarting));
    assert_eq!(book.exited(&exit(first, panicked()), now), Decision::Ignore);
    let second = book.start(&1, now).unwrap();
    assert_eq!(book.exited(&exit(first, Exit::Killed), now), Decision::Ignore);
    book.running(&1, second);
    let status = ChildStatus {
        child: 1,
        incarnation: Incarnation(2),
        state: ChildState::Running,
        restarts: 1,
        last_exit: Some(panicked()),
    };
    assert_eq!(book.statuses().collect::<Vec<_>>(), [status]);
}

#[test]
fn a_wait_that_lost_its_reason_starts_nothing() {
    let (mut book, now) = (Children::new(), Instant::now());
    book.add(1, instance());
    let first = book.start(&1, now).unwrap();
    assert_eq!(book.restart(&1, first, now), None);
    assert_eq!(book.exited(&exit(first, panicked()), now), restart(100));
    assert_eq!(book.restart(&1, Incarnation(0), now), None);
    let second = book.restart(&1, first, now).unwrap();
    assert_eq!(book.restart(&1, first, now), None);
    assert_eq!(book.exited(&exit(second, panicked()), now), restart(200));
    assert_eq!(book.restart(&1, first, now), None);
    book.stop(&1);
    assert_eq!(book.restart(&1, second, now), None);
    assert_eq!(book.start(&1, now), Some(Incarnation(3)));
    book.remove(&1);
    assert_eq!(book.restart(&1, Incarnation(3), now), None);
}

#[test]
fn one_that_was_removed_or_stopped_stays_so() {
    let (mut book, now) = (Children::new(), Instant::now());
    book.add(1, instance());
    let first = book.start(&1, now).unwrap();
    book.add(1, instance());
    let second = book.start(&1, now).unwrap();
    assert_eq!(second, Incarnation(2));
    assert_eq!(book.status(&1).unwrap().restarts, 0);
    assert_eq!(book.exited(&exit(first, Exit::Killed), now), Decision::Ignore);
    book.stop(&1);
    assert_eq!(book.start(&1, now), None);
    assert_eq!(book.exited(&exit(second, panicked()), now), Decision::Rest);
    assert!(book.start(&1, now).is_some());
    assert_eq!(book.remove(&1).unwrap().last_exit, Some(panicked()));
    assert_eq!(book.remove(&1), None);
    assert_eq!(book.exited(&exit(second, panicked()), now), Decision::Ignore);
}

/// Fails `times` times at once; the last decision.
fn fail(book: &mut Children<u32>, times: u32, now: Instant) -> Decision {
    let mut decision = Decision::Ignore;
    for _ in 0..times {
        let life = book.start(&1, now).unwrap();
        decision = book.exited(&exit(life, panicked()), now);
    }
    decision
}

#[test]
fn a_spent_budget_means_quarantine() {
    let (mut book, now) = (Children::new(), Instant::now());
    let quarantine = Decision::Quarantine { retry_after: secs(300) };
    book.add(1, instance());
    assert_eq!(fail(&mut book, 2, now), restart(200));
    assert_eq!(fail(&mut book, 1, now), quarantine);
    assert_eq!(book.status(&1).unwrap().state, ChildState::Quarantined);
    let later = now + secs(300);
    assert_eq!(fail(&mut book, 1, later), quarantine);
    assert_eq!(fail(&mut book, 1, later), quarantine);
    let life = book.start(&1, later).unwrap();
    assert_eq!(book.exited(&exit(life, panicked()), later + secs(60)), restart(100));
    assert_eq!(fail(&mut book, 1, later + secs(60)), restart(200));
    assert_eq!(fail(&mut book, 1, later + secs(60)), quarantine);
}

#[test]
fn a_spent_budget_means_escalation() {
    let (mut book, now) = (Children::new(), Instant::now());
    book.add(1, spec(RestartType::Permanent, Exhausted::Escalate));
    let why = format!("more than 2 restarts in 60s; last exit panicked: {BOOM}");
    assert_eq!(fail(&mut book, 3, now), Decision::Escalate(why));
    assert_eq!(book.status(&1).unwrap().state, ChildState::Stopped);
}

#[test]
fn the_restart_type_decides_about_each_exit() {
    let failed = || Exit::Failed("no luck".to_owned());
    for (kind, restarts_after) in [
        (RestartType::Permanent, [true; 4]),
        (RestartType::Transient, [false, true, true, true]),
        (RestartType::Temporary, [false; 4]),
    ] {
        let exits = [Exit::Normal, failed(), panicked(), Exit::Killed];
        for (ended, expected) in exits.into_iter().zip(restarts_after) {
            let (mut book, now) = (Children::new(), Instant::now());
            book.add(1, spec(kind, Exhausted::Escalate));
            let life = book.start(&1, now).unwrap();
            let decision = book.exited(&exit(life, ended.clone()), now);
            assert_eq!(decision == restart(100), expected, "{kind:?} {ended}");
        }
    }
}

#[test]
fn restarts_in_place_are_entered() {
    let (mut book, now) = (Children::new(), Instant::now());
    book.add(1, spec(RestartType::Temporary, Exhausted::Escalate));
    let first = book.start(&1, now).unwrap();
    let step = RestartStep::Waiting { exit: panicked(), after: secs(1) };
    book.restarted(&ChildRestart { child: 1, incarnation: first, step });
    assert_eq!(book.status(&1).unwrap().state, ChildState::Restarting);
    assert_eq!(book.start(&1, now), None);
    let resumed = |incarnation| ChildRestart { child: 1, incarnation, step: RestartStep::Resumed };
    book.restarted(&resumed(Incarnation(7)));
    book.restarted(&resumed(Incarnation(2)));
    let status = book.status(&1).unwrap();
    assert_eq!((status.state, status.restarts), (ChildState::Running, 1));
    book.stop(&1);
    book.restarted(&resumed(Incarnation(3)));
    assert_eq!(book.status(&1).unwrap().state, ChildState::Stopped);
    assert_eq!(book.exited(&exit(Incarnation(2), Exit::Normal), now), Decision::Rest);
}
