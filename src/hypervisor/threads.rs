//! How many threads of one host may be blocked at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After this long a blocked connect begins to make room for others.
const PATIENCE: Duration = Duration::from_secs(60);

/// The threads of one host that are in calls of one kind. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub(super) struct Threads(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    limit: usize,
    growth: Growth,
    since: Mutex<Vec<Instant>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    None,
    Slow,
}

impl Threads {
    /// At most `limit` at once, however long they are blocked: for calls on connections that
    /// keepalive ends.
    pub(super) fn at_most(limit: usize) -> Self {
        Self::new(limit, Growth::None)
    }

    /// At most `limit` at once, and slowly more while the oldest is blocked: for opening
    /// connections.
    ///
    /// There keepalive does not run yet. When a host hangs and then loses power, a thread that
    /// waits for its answer waits for ever, for nobody is left to say that the connection is gone.
    /// So with a fixed bound a host could be lost for good. With this one, a new attempt is let
    /// through whenever the oldest thread's age has grown by a fifth, and a whole day costs some
    /// forty threads.
    pub(super) fn slowly_more_than(limit: usize) -> Self {
        Self::new(limit, Growth::Slow)
    }

    fn new(limit: usize, growth: Growth) -> Self {
        Self(Arc::new(Bound { limit, growth, since: Mutex::new(Vec::new()) }))
    }

    /// Room for one more thread, kept until the permit is dropped; none when the bound is reached.
    pub(super) fn enter(&self) -> Option<Permit> {
        let now = Instant::now();
        let mut since = self.lock();
        let oldest = since.iter().min().map_or(Duration::ZERO, |&first| now - first);
        let extra = match self.0.growth {
            Growth::None => 0,
            Growth::Slow => extra(oldest),
        };
        (since.len() < self.0.limit + extra).then(|| {
            since.push(now);
            Permit { threads: self.clone(), since: now }
        })
    }

    /// How many threads are blocked now.
    pub(super) fn held(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.0.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's place.
#[derive(Debug)]
pub(super) struct Permit {
    threads: Threads,
    since: Instant,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut since = self.threads.lock();
        if let Some(place) = since.iter().position(|&entered| entered == self.since) {
            since.swap_remove(place);
        }
    }
}

/// How many threads more than the limit are let in when the oldest is blocked for this long.
fn extra(oldest: Duration) -> usize {
    let minutes = oldest.as_secs_f64() / PATIENCE.as_secs_f64();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
    let extra = (4.0 * (1.0 + minutes).log2()) as usize;
    extra
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_the_call_returns() {
        let threads = Threads::at_most(2);
        let first = threads.enter().unwrap();
        let _second = threads.enter().unwrap();
        assert!(threads.enter().is_none());
        tokio::time::advance(24 * HOUR).await;
        assert!(threads.enter().is_none(), "a fixed bound does not grow");
        drop(first);
        assert!(threads.enter().is_some());
        assert_eq!(threads.held(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_hung_for_long_gets_another_try() {
        let threads = Threads::slowly_more_than(2);
        let mut stuck = vec![threads.enter().unwrap(), threads.enter().unwrap()];
        assert!(threads.enter().is_none());
        let (mut waited, mut longest) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..24 * 360 {
            tokio::time::advance(Duration::from_secs(10)).await;
            waited += Duration::from_secs(10);
            match threads.enter() {
                Some(permit) => {
                    stuck.push(permit);
                    waited = Duration::ZERO;
                }
                None => longest = longest.max(waited),
            }
        }
        assert!(longest < 5 * HOUR, "{longest:?}");
        assert!((30..60).contains(&stuck.len()), "{}", stuck.len());
    }
}
