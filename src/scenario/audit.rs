//! What the service has written down, read as it is written.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::stage::Action;
use crate::model::{
    AttemptId, Command, Event, EventId, EventKind, HostId, InstanceId, OutcomeKind,
};
use crate::store::{EventQuery, Store, StoreError};

/// How many events are read at once.
const PAGE: u32 = 10_000;

/// The audit log so far.
#[derive(Debug, Default)]
pub struct Audit {
    events: Vec<Event>,
    attempts: BTreeMap<AttemptId, Attempted>,
}

/// An attempt, as the audit log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// On which instance.
    pub instance: InstanceId,
    /// On which host.
    pub host: HostId,
    /// What.
    pub command: Command,
    /// When the intent was written.
    pub at: Timestamp,
    /// When and how it ended; none while it is under way.
    pub end: Option<(Timestamp, OutcomeKind)>,
}

impl Audit {
    /// Everything, the oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Every attempt, by number.
    pub fn attempts(&self) -> impl Iterator<Item = (AttemptId, &Attempted)> {
        self.attempts.iter().map(|(&id, attempt)| (id, attempt))
    }

    /// The attempts as actions, those left out that were withdrawn before they were sent.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let sent = self.attempts.values().filter(|attempt| {
            attempt.end.is_none_or(|(_, outcome)| outcome != OutcomeKind::Withdrawn)
        });
        sent.map(|attempt| Action {
            instance: attempt.instance,
            host: attempt.host.clone(),
            command: attempt.command,
            done: attempt.end.is_some_and(|(_, outcome)| outcome == OutcomeKind::Done),
        })
        .collect()
    }

    /// Reads on. Answers the new events.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn read_on(&mut self, store: &Store) -> Result<&[Event], StoreError> {
        let known = self.events.len();
        loop {
            let cursor = self.events.last().map(|event| event.id);
            let query = EventQuery { cursor, limit: PAGE, ..EventQuery::default() };
            let page = store.events(query).await?;
            let full = page.len() >= PAGE as usize;
            for event in page {
                self.take(event);
            }
            if !full {
                return Ok(&self.events[known..]);
            }
        }
    }

    /// The number of the newest event.
    pub(super) fn newest(&self) -> Option<EventId> {
        self.events.last().map(|event| event.id)
    }

    pub(super) fn take(&mut self, event: Event) {
        match event.kind {
            EventKind::Attempt => {
                if let Some((id, attempt)) = attempted(&event) {
                    self.attempts.insert(id, attempt);
                }
            }
            EventKind::Outcome => {
                let id = number(&event, "attempt");
                if let Some(attempt) = id.and_then(|id| self.attempts.get_mut(&id))
                    && let Some(outcome) = word(&event, "outcome")
                {
                    attempt.end = Some((event.at, outcome));
                }
            }
            EventKind::Observed
            | EventKind::Verdict
            | EventKind::Delivery
            | EventKind::Note
            | EventKind::Desired
            | EventKind::Instance
            | EventKind::Host
            | EventKind::IncidentOpened
            | EventKind::IncidentClosed
            | EventKind::Service
            | EventKind::Supervision => {}
        }
        self.events.push(event);
    }
}

fn attempted(event: &Event) -> Option<(AttemptId, Attempted)> {
    let attempt = Attempted {
        instance: event.instance?,
        host: event.host.clone()?,
        command: word(event, "command")?,
        at: event.at,
        end: None,
    };
    Some((number(event, "attempt")?, attempt))
}

fn number(event: &Event, key: &str) -> Option<AttemptId> {
    event.detail.get(key)?.as_i64().map(AttemptId)
}

fn word<T: std::str::FromStr>(event: &Event, key: &str) -> Option<T> {
    event.detail.get(key)?.as_str()?.parse().ok()
}
