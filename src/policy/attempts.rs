//! What has been tried already.

use jiff::Timestamp;

use crate::model::{Attempt, Command, IncidentId};

/// The attempts that count: those of the current generation since the budget began, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Attempts<'a> {
    all: &'a [Attempt],
    /// The incident that the instance is in; none while an order is carried out.
    incident: Option<IncidentId>,
}

impl<'a> Attempts<'a> {
    /// A view of `all`; those of `incident` are the present episode's.
    #[must_use]
    pub const fn new(all: &'a [Attempt], incident: Option<IncidentId>) -> Self {
        Self { all, incident }
    }

    /// How much of the budget is used. An attempt under way counts.
    #[must_use]
    pub fn used(&self) -> u32 {
        u32::try_from(self.charged().count()).unwrap_or(u32::MAX)
    }

    /// Whether one is under way.
    #[must_use]
    pub fn in_flight(&self) -> Option<&'a Attempt> {
        self.all.iter().rev().find(|a| a.outcome.is_none())
    }

    /// When the last one that counts ended, or began if its end is not known.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.charged().next_back().map(ended_at)
    }

    /// When the present episode's last destroy ended, or began if its end is not known.
    #[must_use]
    pub(super) fn last_destroy(&self) -> Option<Timestamp> {
        let destroys = |a: &&Attempt| a.command == Command::Destroy && is_charged(a);
        self.episode().filter(destroys).last().map(ended_at)
    }

    /// Whether a shutdown of the present episode may have reached the guest.
    #[must_use]
    pub(super) fn shutdown_reached(&self) -> bool {
        self.episode().filter(|a| a.command == Command::Shutdown).any(Attempt::may_have_reached)
    }

    /// When the present episode's first shutdown was tried, whether it reached the guest or not.
    #[must_use]
    pub(super) fn shutdown_tried(&self) -> Option<Timestamp> {
        let mut tries = self.episode().filter(|a| a.command == Command::Shutdown && is_charged(a));
        tries.next().map(|a| a.at)
    }

    fn charged(&self) -> impl DoubleEndedIterator<Item = &'a Attempt> + use<'a> {
        self.all.iter().filter(|a| is_charged(a))
    }

    /// An order's attempts belong to no incident, so all of its generation are its own.
    fn episode(&self) -> impl Iterator<Item = &'a Attempt> + use<'a> {
        let incident = self.incident;
        self.all.iter().filter(move |a| incident.is_none() || a.incident == incident)
    }
}

fn is_charged(attempt: &Attempt) -> bool {
    attempt.outcome.as_ref().is_none_or(|o| o.kind.is_charged())
}

fn ended_at(attempt: &Attempt) -> Timestamp {
    attempt.outcome.as_ref().map_or(attempt.at, |o| o.at)
}
