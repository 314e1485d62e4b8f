//! The pure parts that count and measure: windows and delays.

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

const LIMIT: Limit = Limit { restarts: 2, window: Duration::from_secs(60) };

proptest! {
    #[test]
    fn never_more_restarts_than_allowed_in_any_window(
        restarts in 0_u32..6,
        window in 1_u64..50,
        gaps in prop::collection::vec(0_u64..20, 0..200),
    ) {
        let window = secs(window);
        let mut restart_window = RestartWindow::new(Limit { restarts, window });
        let mut now = Instant::now();
        let mut allowed = Vec::new();
        for gap in gaps {
            now += secs(gap);
            let recent = allowed.iter().filter(|at| now - **at < window).count();
            // As many as allowed, and no more: no restart is refused without need.
            let expected = recent < restarts as usize;
            prop_assert_eq!(restart_window.allow(now), expected);
            if expected {
                allowed.push(now);
            }
        }
    }

    #[test]
    fn a_delay_grows_up_to_its_cap(
        initial in 0_u64..5_000,
        factor in 0_u32..5,
        cap in 0_u64..20_000,
        gaps in prop::collection::vec(0_u64..30_000, 1..50),
    ) {
        let (initial, cap) = (Duration::from_millis(initial), Duration::from_millis(cap));
        let mut delay = Delay::new(DelaySpec { initial, factor, cap }, Duration::MAX);
        let mut now = Instant::now();
        prop_assert_eq!(delay.next(now), initial.min(cap));
        let mut last = initial.min(cap);
        for gap in gaps {
            now += Duration::from_millis(gap);
            let next = delay.next(now);
            prop_assert_eq!(next, cap.min(last * factor.max(1)));
            last = next;
        }
    }
}

#[test]
fn a_clock_that_goes_back_frees_nothing() {
    let mut window = RestartWindow::new(LIMIT);
    let now = Instant::now() + secs(3600);
    assert!(window.allow(now));
    assert!(window.allow(now - secs(600)));
    assert!(!window.allow(now));
    assert!(window.allow(now + secs(60)));
}

#[test]
fn a_delay_starts_over_after_a_long_life() {
    let mut delay = Delay::new(DelaySpec::default(), secs(60));
    let now = Instant::now();
    let first = Duration::from_millis(100);
    assert_eq!(delay.next(now), first);
    assert_eq!(delay.next(now + secs(60)), 2 * first);
    assert_eq!(delay.next(now + secs(121)), first);
}
