//! The one clock for wall time.
//!
//! Waiting is done on tokio's clock, which tests pause; records carry wall time, which comes from
//! here. Both move together: the wall clock is read once, when the clock is made, and from then on
//! tokio's time is added to it. So wall time never runs backwards within a process, and on paused
//! time it stands still as well.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells wall time. Cheap to copy; all copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Timestamp,
    anchor: Instant,
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
        Self { wall, anchor: Instant::now() }
    }

    /// Now, to the microsecond: what the database keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed =
            SignedDuration::try_from(self.anchor.elapsed()).unwrap_or(SignedDuration::MAX);
        let now = self.wall.saturating_add(elapsed).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// The moment on tokio's clock at which it will be `at`; now, if that has passed.
    #[must_use]
    pub fn instant_of(&self, at: Timestamp) -> Instant {
        let ahead =
            std::time::Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        Instant::now() + ahead
    }
}
