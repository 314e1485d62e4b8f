//! Whether the simulator's journal and the service's attempts tell the same.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::stage::Run;
use crate::hypervisor::CallError;
use crate::hypervisor::sim::Deed;
use crate::model::OutcomeKind;

/// How far the clocks of records and of the world may differ: no two readings of the former are
/// equal, so it runs ahead a little where much is read at one moment.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

/// Whether a host heard of what it was asked for.
pub(super) fn was_heard(deed: &Deed) -> bool {
    !matches!(deed.result, Some(Err(CallError::Closed { .. } | CallError::Busy { .. })))
}

/// An action that no intent came before, or an attempt that says "done" of what was never asked.
pub(super) fn disagreements(journal: &[(Timestamp, &Deed)], run: &Run<'_>) -> Vec<String> {
    let attempts: Vec<_> = run.audit.attempts().collect();
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for (asked, deed) in journal {
        let fits = attempts.iter().find(|(id, attempt)| {
            !taken.contains(id)
                && (attempt.instance, &attempt.host) == (deed.id, &deed.host)
                && attempt.command == deed.command
                && attempt.at <= *asked + TOLERANCE
                && attempt.end.is_none_or(|(end, _)| *asked <= end + TOLERANCE)
        });
        match fits {
            Some((id, _)) => {
                taken.insert(*id);
            }
            None => found.push(format!(
                "{} of {} was sent to {} without an intent in the database",
                deed.command,
                run.names.of(deed.id),
                deed.host
            )),
        }
    }
    for (id, attempt) in attempts {
        let says_done = attempt.end.is_some_and(|(_, outcome)| match outcome {
            OutcomeKind::Done | OutcomeKind::AlreadyThere => true,
            OutcomeKind::Failed
            | OutcomeKind::TimedOut
            | OutcomeKind::Withdrawn
            | OutcomeKind::Interrupted => false,
        });
        if says_done && !taken.contains(&id) {
            found.push(format!(
                "attempt {id} ({} of {}) is recorded as done, and {} was never asked",
                attempt.command,
                run.names.of(attempt.instance),
                attempt.host
            ));
        }
    }
    found
}
