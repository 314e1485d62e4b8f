//! What is kept open for the next one who needs it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What nobody uses now; what was used last is taken first, so that the rest grows old.
pub(super) struct Idle<T>(Mutex<Vec<(Instant, T)>>);

impl<T> Idle<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// One that nobody uses now, if there is one.
    pub(super) fn take(&self) -> Option<T> {
        self.lock().pop().map(|(_, one)| one)
    }

    /// One that was used until `now`.
    pub(super) fn give_back(&self, one: T, now: Instant) {
        self.lock().push((now, one));
    }

    /// Takes out those that nobody has used for `long`, but leaves one.
    pub(super) fn take_old(&self, long: Duration, now: Instant) -> Vec<T> {
        let mut idle = self.lock();
        let old = idle.iter().take_while(|(since, _)| now.duration_since(*since) >= long).count();
        let old = old.min(idle.len().saturating_sub(1));
        idle.drain(..old).map(|(_, one)| one).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_is_used_stays_and_the_rest_goes_but_one() {
        let begin = Instant::now();
        let idle = Idle::new();
        assert!(idle.take_old(MINUTE, begin).is_empty() && idle.take().is_none());
        for one in 1..=4 {
            idle.give_back(one, begin);
        }
        // One at a time is needed every half minute: always the same one.
        for half in 1..=2 {
            let four = idle.take().unwrap();
            assert_eq!(four, 4);
            assert!(idle.take_old(MINUTE, begin + half * MINUTE / 2 - MINUTE / 4).is_empty());
            idle.give_back(four, begin + half * MINUTE / 2);
        }
        assert_eq!(idle.take_old(MINUTE, begin + MINUTE), [1, 2, 3]);
        assert!(idle.take_old(MINUTE, begin + 9 * MINUTE).is_empty(), "one is left");
        assert_eq!(idle.take(), Some(4));
    }
}
