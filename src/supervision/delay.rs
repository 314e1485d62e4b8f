//! How long to wait before a restart: exponential, capped, and back to the start after a quiet time.
//!
//! Pure: the time is given. Without jitter, as all the children live in one process. Not in here:
//! the wait itself, which is the parent's `run_later` or the in-place child's own.

use std::time::Duration;

use tokio::time::Instant;

/// The shape of the delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelaySpec {
    /// The first delay.
    pub initial: Duration,
    /// What each next one is multiplied by; 0 and 1 both mean that it stays.
    pub factor: u32,
    /// No delay is longer, the first one included.
    pub cap: Duration,
}

/// 100 ms, doubled each time, at most 10 s.
impl Default for DelaySpec {
    fn default() -> Self {
        Self { initial: Duration::from_millis(100), factor: 2, cap: Duration::from_secs(10) }
    }
}

/// The delay of one child.
#[derive(Clone, Debug)]
pub struct Delay {
    spec: DelaySpec,
    quiet: Duration,
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    delay: Duration,
    /// When the failure was.
    at: Instant,
}

impl Delay {
    /// It starts over when a life has lasted for `quiet`.
    pub fn new(spec: DelaySpec, quiet: Duration) -> Self {
        Self { spec, quiet, last: None }
    }

    /// The wait after a failure at `now`.
    pub fn next(&mut self, now: Instant) -> Duration {
        let delay = match self.last {
            Some(last) if !self.was_quiet(last, now) => {
                last.delay.saturating_mul(self.spec.factor.max(1))
            }
            Some(_) | None => self.spec.initial,
        };
        let delay = delay.min(self.spec.cap);
        self.last = Some(Last { delay, at: now });
        delay
    }

    /// The next delay is the first one again.
    pub fn clear(&mut self) {
        self.last = None;
    }

    /// The life between began when the last delay was over.
    fn was_quiet(&self, last: Last, now: Instant) -> bool {
        now.saturating_duration_since(last.at) >= self.quiet.saturating_add(last.delay)
    }
}
