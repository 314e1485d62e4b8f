//! The one clock for wall time.
//!
//! Waiting is done on tokio's clock, which tests pause; records carry wall time, which comes from
//! here. Both move together: the wall clock is read once, when the clock is made, and from then on
//! tokio's time is added to it. So wall time never runs backwards within a process.
//!
//! No two readings are equal: what happened later has a later time, even where two things happen
//! within one microsecond, or while paused time stands still. "Of two looks the younger counts" and
//! "younger than the last change" need no rule for ties.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells wall time. Cheap to clone; all clones agree.
#[derive(Debug, Clone)]
pub struct Clock {
    wall: Timestamp,
    anchor: Instant,
    /// The last reading, in microseconds since the epoch.
    last: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that starts from the machine's wall time.
    #[must_use]
    pub fn system() -> Self {
        #[allow(clippy::disallowed_methods)] // the one place where wall time is taken
        Self::starting_at(Timestamp::now())
    }

    /// A clock that starts from a given time: for the simulator and for tests.
    #[must_use]
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { wall, anchor: Instant::now(), last: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    /// Now, to the microsecond, which is what the database keeps; later than any reading before.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.plain().as_microsecond();
        let later = |last: i64| Some(now.max(last.saturating_add(1)));
        let before = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, later);
        let before = before.unwrap_or(i64::MIN);
        Timestamp::from_microsecond(now.max(before.saturating_add(1))).unwrap_or(Timestamp::MAX)
    }

    fn plain(&self) -> Timestamp {
        let elapsed =
            SignedDuration::try_from(self.anchor.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// The moment on tokio's clock at which it will be `at`; now, if that has passed.
    #[must_use]
    pub fn instant_of(&self, at: Timestamp) -> Instant {
        let ahead =
            std::time::Duration::try_from(at.duration_since(self.plain())).unwrap_or_default();
        Instant::now() + ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_two_readings_are_equal_even_while_time_stands_still() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let twin = clock.clone();
        let readings: Vec<_> = (0..100).flat_map(|_| [clock.now(), twin.now()]).collect();
        assert!(readings.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
