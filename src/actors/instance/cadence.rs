//! When to look again, and the counting of looks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use prometheus::IntCounter;
use tokio::time::Instant;

use crate::hypervisor::reader::Window;
use crate::model::{Condition, Finding, HostId, Look, Source, State};
use crate::telemetry::Metrics;

/// How often a domain is looked at, by its state.
///
/// Clones are one: [`Cadence::change`] holds for all of them, from each one's next look on.
#[derive(Debug, Clone)]
pub struct Cadence(Rc<RefCell<Pace>>);

#[derive(Debug)]
struct Pace {
    interval: Duration,
    jitter: f64,
    by_state: BTreeMap<State, Duration>,
}

impl Cadence {
    /// A look every `interval`, or what `by_state` says, give or take the share `jitter` of it
    /// (0 to 0.5).
    #[must_use]
    pub fn new(interval: Duration, jitter: f64, by_state: BTreeMap<State, Duration>) -> Self {
        Self(Rc::new(RefCell::new(Pace { interval, jitter, by_state })))
    }

    /// From now on like this; the windows that were given out stay as they are.
    pub fn change(&self, interval: Duration, jitter: f64, by_state: BTreeMap<State, Duration>) {
        *self.0.borrow_mut() = Pace { interval, jitter, by_state };
    }

    /// The window of the next look, from now.
    ///
    /// It may be served as early as the jitter allows, together with others of its host; its end is
    /// drawn (`draw`, 0 to 1) between the interval and what the jitter allows beyond it, so that
    /// hosts do not fall into step with each other.
    #[must_use]
    pub fn window(&self, seen: Option<Condition>, now: Instant, draw: f64) -> Window {
        let pace = self.0.borrow();
        let own = seen.and_then(|c| pace.by_state.get(&c.state()));
        let interval = own.copied().unwrap_or(pace.interval);
        Window {
            earliest: now + interval.mul_f64(1.0 - pace.jitter),
            latest: now + interval.mul_f64(pace.jitter.mul_add(draw, 1.0)),
        }
    }
}

/// One counter for each source and result of a look at an instance of one host.
#[derive(Debug)]
pub struct LookCounters(Vec<[IntCounter; RESULTS.len()]>);

const RESULTS: [&str; 3] = ["seen", "missing", "inconclusive"];

impl LookCounters {
    /// The counters of a host.
    #[must_use]
    pub fn new(metrics: &Metrics, host: &HostId) -> Self {
        let of = |source: &Source| {
            RESULTS.map(|result| {
                let labels = [host.as_str(), source.as_str(), result];
                metrics.observations.with_label_values(&labels)
            })
        };
        Self(Source::ALL.iter().map(of).collect())
    }

    /// Counts a look.
    pub fn count(&self, look: &Look) {
        let result = match look.finding {
            Finding::Seen(Condition::Missing) => 1,
            Finding::Seen(_) => 0,
            Finding::Inconclusive(_) => 2,
        };
        self.0[look.source as usize][result].inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_early_and_ends_late_by_the_jitter() {
        let by_state = BTreeMap::from([(State::Missing, Duration::from_secs(60))]);
        let cadence = Cadence::new(Duration::from_secs(10), 0.1, by_state);
        let now = Instant::now();
        let at = |window: Window| (window.earliest - now, window.latest - now);
        let s = Duration::from_secs_f64;
        assert_eq!(at(cadence.window(None, now, 0.0)), (s(9.0), s(10.0)));
        assert_eq!(at(cadence.window(Some(Condition::RunningBooted), now, 1.0)), (s(9.0), s(11.0)));
        assert_eq!(at(cadence.window(Some(Condition::Missing), now, 0.5)), (s(54.0), s(63.0)));
    }
}
