//! Actions that are taken back again and again: a pause before the next.
//!
//! An action that was not sent costs nothing of the budget, and may be tried again at once: what stood
//! in its way (a look that came to nothing, an actor that was just being restarted) is mostly over by
//! then. Where it is not, trying again at once would be a circle without end.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Generation, OutcomeKind};

/// So many in a row are tried again at once.
const AT_ONCE: u32 = 3;
/// The pause after the next one; it is doubled each time.
const FIRST: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(30);

/// What has been taken back in a row, for one change of the desired state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pauses {
    generation: Generation,
    in_a_row: u32,
    until: Option<Timestamp>,
}

impl Pauses {
    /// An action for this change of the desired state has ended.
    pub(super) fn ended(&mut self, generation: Generation, kind: OutcomeKind, now: Timestamp) {
        if kind != OutcomeKind::Withdrawn {
            *self = Self::default();
            return;
        }
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let pause = pause_after(self.in_a_row);
        self.until = pause.map(|pause| now.saturating_add(pause).unwrap_or(Timestamp::MAX));
    }

    /// Until when the next is put off; none if it is not.
    pub(super) fn until(&self, generation: Generation, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| self.generation == generation && now < *until)
    }
}

fn pause_after(in_a_row: u32) -> Option<Duration> {
    let doubled = in_a_row.checked_sub(AT_ONCE + 1)?;
    Some(FIRST.saturating_mul(1 << doubled.min(10)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn pauses(kinds: &[OutcomeKind]) -> Pauses {
        let mut pauses = Pauses::default();
        kinds.iter().for_each(|&kind| pauses.ended(Generation(1), kind, NOW));
        pauses
    }

    #[test]
    fn the_fourth_in_a_row_is_put_off_and_each_next_one_for_longer() {
        let waits = (1..=12).map(|times| {
            let until = pauses(&vec![OutcomeKind::Withdrawn; times]).until(Generation(1), NOW);
            until.map_or(0, |until| until.duration_since(NOW).as_secs())
        });
        assert_eq!(waits.collect::<Vec<_>>(), [0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
    }

    #[test]
    fn what_was_sent_ends_it_and_so_does_another_order() {
        let mut kinds = vec![OutcomeKind::Withdrawn; 9];
        assert_eq!(pauses(&kinds).until(Generation(2), NOW), None);
        kinds.push(OutcomeKind::Failed);
        assert_eq!(pauses(&kinds).until(Generation(1), NOW), None);
    }
}
