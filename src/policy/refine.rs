//! Which reason counts, when libvirt has forgotten the one that it knew.

use crate::model::{Condition, State};

/// The condition that counts, given the one on record and the one just seen.
///
/// After a restart of libvirtd every stopped domain reads `shutoff/unknown`; and `terminated` is
/// our own word, for which libvirt says `shutdown`. In both cases the record knows more, provided
/// that the look before had already found the domain off.
#[must_use]
pub fn refine(recorded: Option<Condition>, seen: Condition) -> Condition {
    match (recorded, seen) {
        (Some(known), Condition::ShutoffUnknown) if known.state() == State::Shutoff => known,
        (Some(Condition::ShutoffTerminated), Condition::ShutoffShutdown) => {
            Condition::ShutoffTerminated
        }
        (Some(_) | None, seen) => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_reason_is_taken_from_the_record() {
        let destroyed = Some(Condition::ShutoffDestroyed);
        assert_eq!(refine(destroyed, Condition::ShutoffUnknown), Condition::ShutoffDestroyed);
        assert_eq!(refine(destroyed, Condition::ShutoffCrashed), Condition::ShutoffCrashed);
    }

    #[test]
    fn a_domain_that_was_running_has_no_reason_on_record() {
        for recorded in [None, Some(Condition::RunningBooted), Some(Condition::Missing)] {
            assert_eq!(refine(recorded, Condition::ShutoffUnknown), Condition::ShutoffUnknown);
        }
    }

    #[test]
    fn our_own_word_is_kept_until_the_domain_is_on_again() {
        let terminated = Some(Condition::ShutoffTerminated);
        assert_eq!(refine(terminated, Condition::ShutoffShutdown), Condition::ShutoffTerminated);
        assert_eq!(refine(terminated, Condition::RunningBooted), Condition::RunningBooted);
    }
}
