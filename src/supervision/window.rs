//! How many restarts in how much time: OTP's intensity and period, as a sliding window.
//!
//! Pure: the time is given. Not in here: what happens when the window is full (`children.rs`).

use std::{collections::VecDeque, fmt, time::Duration};

use tokio::time::Instant;

/// At most `restarts` in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// 0 means none at all.
    pub restarts: u32,
    /// A zero window never fills, unless `restarts` is 0.
    pub window: Duration,
}

/// `5 restarts in 60s`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} restarts in {:?}", self.restarts, self.window)
    }
}

/// The restarts of late, at most `limit.restarts` of them.
#[derive(Clone, Debug)]
pub struct RestartWindow {
    limit: Limit,
    recent: VecDeque<Instant>,
}

impl RestartWindow {
    /// An empty window.
    pub fn new(limit: Limit) -> Self {
        Self { limit, recent: VecDeque::new() }
    }

    /// The limit that it was made with.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Whether one more restart is allowed at `now`; if so it is counted.
    ///
    /// A restart is forgotten when `window` has passed since. Should `now` lie before an earlier
    /// call's, then that one's time counts.
    pub fn allow(&mut self, now: Instant) -> bool {
        let now = self.recent.back().map_or(now, |last| now.max(*last));
        while let Some(first) = self.recent.front()
            && now.duration_since(*first) >= self.limit.window
        {
            self.recent.pop_front();
        }
        let allowed = u32::try_from(self.recent.len()).is_ok_and(|n| n < self.limit.restarts);
        if allowed {
            self.recent.push_back(now);
        }
        allowed
    }

    /// Forgets all restarts.
    pub fn clear(&mut self) {
        self.recent.clear();
    }
}
