//! The small functions: delays, what counts of what was tried, which reason counts.

use std::time::Duration;

use assured::model::{Action, Attempt, Command, Condition, Outcome, OutcomeKind, Severity, State};
use assured::policy::{Attempts, Retry, Rule, delay_after, refine};
use proptest::prelude::*;

use super::build::{EARLIER, INCIDENT, ago, attempt};
use super::tables;

proptest! {
    #[test]
    fn delays_grow_up_to_the_longest(retry in tables::retry(), used in 0u32..1200, draw in -2.0..2.0f64) {
        let delay = |used| delay_after(&retry, used, draw);
        prop_assert_eq!(delay(0), Duration::ZERO);
        prop_assert!(used == 0 || delay(used) <= delay(used + 1));
        prop_assert!(delay(used).as_secs_f64() <= retry.max.as_secs_f64() * (1.0 + retry.jitter) * 1.000_001);
        let far = delay(10_000);
        let longest = retry.max.as_secs_f64() * (1.0 + retry.jitter * draw.clamp(-1.0, 1.0));
        let reached = retry.factor > 1.01;
        let whole = Duration::try_from_secs_f64(longest).unwrap_or(retry.max);
        prop_assert!(!reached || far == whole, "{far:?} {whole:?}");
    }

    #[test]
    fn a_delay_is_varied_by_no_more_than_its_jitter(retry in tables::retry(), used in 1u32..30, draw in -2.0..2.0f64) {
        let plain = delay_after(&retry, used, 0.0).as_secs_f64();
        let varied = delay_after(&retry, used, draw).as_secs_f64();
        prop_assert!(varied >= plain * (1.0 - retry.jitter) * 0.999_999 - 1e-9);
        prop_assert!(varied <= plain * (1.0 + retry.jitter) * 1.000_001 + 1e-9);
        let none = Retry { jitter: 0.0, ..retry };
        prop_assert_eq!(delay_after(&none, used, draw), delay_after(&retry, used, 0.0));
    }

    #[test]
    fn the_longest_is_all_delays_at_their_worst(retry in tables::retry()) {
        let mut sum = Duration::ZERO;
        for used in 1..retry.attempts {
            sum = sum.saturating_add(delay_after(&retry, used, 1.0));
        }
        prop_assert_eq!(retry.longest(), sum);
    }
}

#[test]
fn delays_are_multiplied_by_the_factor() {
    let retry = Retry { jitter: 0.5, max: Duration::from_secs(60), ..Retry::default() };
    let seconds = |used, draw| delay_after(&retry, used, draw).as_secs_f64();
    let plain = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|used| seconds(used, 0.0));
    assert_eq!(plain, [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    assert_eq!((seconds(3, 1.0), seconds(3, -1.0), seconds(3, -9.0)), (6.0, 2.0, 2.0));
    let retry = Retry { attempts: 4, jitter: 0.0, ..Retry::default() };
    assert_eq!(retry.longest(), Duration::from_secs(1 + 2 + 4));
    assert_eq!(Retry { attempts: 1, ..retry }.longest(), Duration::ZERO);
}

#[test]
fn what_counts_of_what_was_tried() {
    let ended = |a: Attempt, kind, at| Attempt {
        outcome: Some(Outcome { kind, at: ago(at), detail: None }),
        ..a
    };
    let tried = [
        ended(attempt(Command::Start, 90, None), OutcomeKind::Failed, 80),
        ended(attempt(Command::Start, 70, None), OutcomeKind::TimedOut, 60),
        ended(attempt(Command::Start, 50, None), OutcomeKind::Withdrawn, 40),
    ];
    for incident in [None, Some(INCIDENT), Some(EARLIER)] {
        let attempts = Attempts::new(&tried, incident);
        assert_eq!((attempts.used(), attempts.last_at()), (2, Some(ago(60))));
        assert_eq!(attempts.in_flight(), None);
    }
    let in_flight = [tried[0].clone(), attempt(Command::Start, 30, None)];
    let attempts = Attempts::new(&in_flight, None);
    assert_eq!((attempts.used(), attempts.last_at()), (2, Some(ago(30))));
    assert_eq!(attempts.in_flight(), Some(&in_flight[1]));
    let none = Attempts::new(&[], None);
    assert_eq!((none.used(), none.last_at(), none.in_flight()), (0, None, None));
}

#[test]
fn a_reason_is_remembered_as_long_as_the_domain_is_off() {
    for &recorded in Condition::ALL {
        for &seen in Condition::ALL {
            let off = recorded.state() == State::Shutoff;
            let ours =
                recorded == Condition::ShutoffTerminated && seen == Condition::ShutoffShutdown;
            let forgotten = seen == Condition::ShutoffUnknown && off;
            let expected = if ours || forgotten { recorded } else { seen };
            assert_eq!(refine(Some(recorded), seen), expected, "{recorded}, {seen}");
            assert_eq!(refine(None, seen), seen);
        }
    }
}

#[test]
fn a_rule_says_how_much_it_matters_by_its_action() {
    for &action in Action::ALL {
        let expected = match action {
            Action::Alert => Severity::Warning,
            Action::Ignore => Severity::None,
            _ => Severity::Info,
        };
        assert_eq!(Rule::new(action).severity, expected, "{action}");
    }
}
