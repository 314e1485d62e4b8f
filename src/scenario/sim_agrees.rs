//! What the simulator's journal says of a run: that limits hold, and that it and the service's
//! attempts tell the same.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::always::{Spell, too_many};
use super::audit::Attempted;
use super::stage::Run;
use crate::hypervisor::CallError;
use crate::hypervisor::sim::Deed;
use crate::model::OutcomeKind;

/// How far the clocks of records and of the world may differ: no two readings of the former are
/// equal, so it runs ahead a little where much is read at one moment.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

/// An action of the journal, with its times on the service's clock.
pub(super) struct Asked {
    pub(super) at: Timestamp,
    /// When it was done; now, if it is under way.
    pub(super) done: Timestamp,
    pub(super) deed: Deed,
}

/// Whether a host heard of what it was asked for.
pub(super) fn was_heard(deed: &Deed) -> bool {
    !matches!(deed.result, Some(Err(CallError::Closed { .. } | CallError::Busy { .. })))
}

/// What is wrong with a run, by its journal.
pub(super) fn flaws(journal: &[Asked], run: &Run<'_>) -> Vec<String> {
    // When its deadline has passed it is not the service's any more, whatever the host still does.
    let deadline = SignedDuration::try_from(run.settings.service.action_deadline);
    let deadline = deadline.unwrap_or(SignedDuration::MAX);
    let spell = |asked: &Asked| Spell {
        instance: asked.deed.id,
        host: asked.deed.host.clone(),
        from: asked.at,
        to: asked.done.min(asked.at.saturating_add(deadline).unwrap_or(Timestamp::MAX)),
    };
    let spells: Vec<Spell> = journal.iter().map(spell).collect();
    too_many(&spells, run).into_iter().chain(disagreements(journal, run)).collect()
}

/// An action that no intent came before, or an attempt that says "done" of what was never asked.
fn disagreements(journal: &[Asked], run: &Run<'_>) -> Vec<String> {
    let attempts: Vec<_> = run.audit.attempts().collect();
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for Asked { at: asked, deed, .. } in journal {
        // What was withdrawn was asked for at most where libvirt was busy: the others come first.
        let was_withdrawn =
            |attempt: &&(_, &Attempted)| matches!(attempt.1.end, Some((_, OutcomeKind::Withdrawn)));
        let (last, first): (Vec<_>, Vec<_>) = attempts.iter().partition(was_withdrawn);
        let fits = first.into_iter().chain(last).find(|(id, attempt)| {
            !taken.contains(id)
                && (attempt.instance, &attempt.host) == (deed.id, &deed.host)
                && attempt.command == deed.command
                && attempt.at <= *asked + TOLERANCE
                && attempt.end.is_none_or(|(end, _)| *asked <= end + TOLERANCE)
        });
        match fits {
            Some((id, _)) => {
                taken.insert(id);
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
