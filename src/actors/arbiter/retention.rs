//! What is old is forgotten: a step of a few rows at a time, in the arbiter's own transactions, and with
//! a pause before the next, so that nothing waits for it.
//!
//! Nothing is asked of the database to find out whether something is old: every step says how old the
//! oldest is that it has left. Not in here: what may go (`store`).

use std::time::Duration;

use jiff::Timestamp;

use super::book::{Alarm, Book};
use crate::store::{Forgotten, Retention};

/// How many rows of each kind a step removes: a millisecond or two of the database's time.
const ROWS: u32 = 250;
/// Between two steps while there is more.
const PAUSE: Duration = Duration::from_secs(1);
/// For so long old rows are gathered before a step is worth it.
const GATHERED: Duration = Duration::from_secs(60 * 60);

/// When what is old is forgotten.
#[derive(Debug, Default)]
pub(super) struct Retain {
    /// How long it is kept; for ever before that was said.
    keep: Option<Duration>,
    /// The oldest that there is.
    oldest: Option<Timestamp>,
    /// When the next step is due.
    due: Option<Timestamp>,
}

impl Book {
    /// What is older than this is not kept. The oldest is as it was read.
    pub(super) fn retain(&mut self, keep: Duration, oldest: Option<Timestamp>, now: Timestamp) {
        self.retain.oldest = oldest;
        self.retain_for(keep, now);
    }

    /// It is kept for so long from now on.
    pub(super) fn retain_for(&mut self, keep: Duration, now: Timestamp) {
        self.retain.keep = Some(keep);
        self.step_at(after(self.retain.oldest.unwrap_or(now), keep + GATHERED), now);
    }

    /// A step is due.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        self.retain.due = None;
        if let Some(keep) = self.retain.keep {
            self.turn.forget(Retention { before: before(now, keep), rows: ROWS });
        }
    }

    /// A step was taken.
    pub(super) fn have_forgotten(&mut self, forgotten: Forgotten, now: Timestamp) {
        let Some(keep) = self.retain.keep else { return };
        self.retain.oldest = forgotten.oldest;
        if forgotten.rows > 0 {
            tracing::debug!(rows = forgotten.rows, more = forgotten.more, "old records removed");
        }
        if forgotten.more {
            self.step_at(now, now);
        } else {
            // What is old and was left is the newest: nothing is to be done before something is old that
            // is not there yet.
            let oldest = forgotten.oldest.filter(|&oldest| oldest >= before(now, keep));
            self.step_at(after(oldest.unwrap_or(now), keep + GATHERED), now);
        }
    }

    fn step_at(&mut self, at: Timestamp, now: Timestamp) {
        if let Some(due) = self.retain.due.take() {
            self.alarms.remove(&(due, Alarm::Forget));
        }
        let at = at.max(after(now, PAUSE));
        self.retain.due = Some(at);
        self.alarms.insert((at, Alarm::Forget));
    }
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn before(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
