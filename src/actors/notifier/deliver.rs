//! One try to deliver a receiver's next message.

use std::rc::Rc;
use std::time::Duration;

use actix::Addr;
use jiff::{SignedDuration, Timestamp};

use super::Arbiter;
use super::repeat::Repeat;
use crate::actors::traffic::DeliveryTried;
use crate::clock::Clock;
use crate::model::{Delivery, Story, Tried};
use crate::notify::{Courier, Next, Receiver, SendError, Sender, compose, next};
use crate::policy::{Retry, delay_after};
use crate::store::Store;
use crate::telemetry::Metrics;

/// When a message is tried again: after 1 s, 2 s, 4 s, and every 5 min in the end, for as long as it takes.
const RETRY: Retry = Retry {
    attempts: u32::MAX,
    initial: Duration::from_secs(1),
    factor: 2.0,
    max: Duration::from_secs(5 * 60),
    jitter: 0.2,
    window: Duration::ZERO,
};
/// How long a database that cannot be read is let be.
const DATABASE_AWAY: SignedDuration = SignedDuration::from_secs(5);
/// How long the arbiter is let be that cannot write what came of a try.
const NOT_KEPT: Duration = Duration::from_secs(1);

/// What is needed to deliver to a receiver.
pub(super) struct Desk {
    pub(super) receiver: Receiver,
    pub(super) courier: Rc<Courier>,
    pub(super) machine: String,
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) metrics: Metrics,
    pub(super) arbiter: Addr<Arbiter>,
    pub(super) repeated: Repeat,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// A message was delivered, or failed alone: there may be another one.
    Done,
    /// There is nothing to deliver.
    Nothing,
    /// There is nothing to deliver before this time.
    At(Timestamp),
    /// There is nobody who takes anything, and nothing is tried before this time.
    Nobody(Timestamp),
}

/// Delivers the next message, if one is due, and has the arbiter write down what came of it.
pub(super) async fn deliver(desk: Rc<Desk>) -> Came {
    let away = |error: &dyn std::error::Error| {
        tracing::warn!(receiver = %desk.receiver.name, "what there is to deliver is not known: {error}");
        Came::Nobody(later(desk.clock.now(), DATABASE_AWAY))
    };
    let pending = match desk.store.outbox(desk.receiver.name.clone()).await {
        Ok(pending) => pending,
        Err(error) => return away(&error),
    };
    let parts = match next(&pending, desk.clock.now()) {
        Next::Send(parts) => parts,
        Next::At(at) => return desk.rest(Some(at)).await,
        Next::Nothing => return desk.rest(None).await,
    };
    let stories = match desk.store.stories(parts.clone()).await {
        Ok(stories) => stories,
        Err(error) => return away(&error),
    };
    let sent = desk.send(&stories).await;
    let (came, tried) = desk.judge(&parts, &sent);
    let (Some(first), incidents) = (parts.first(), incidents(&stories)) else {
        return Came::Nothing;
    };
    desk.keep(DeliveryTried {
        receiver: desk.receiver.name.clone(),
        host: first.host.clone(),
        phase: first.phase,
        incidents,
        is_first: first.attempts == 0,
        tried,
    })
    .await;
    came
}

impl Desk {
    /// Nothing is due, and nothing new before `at`: there may be something to repeat.
    async fn rest(&self, at: Option<Timestamp>) -> Came {
        let next = self.repeat().await.into_iter().chain(at).min();
        next.map_or(Came::Nothing, Came::At)
    }

    pub(super) async fn send(&self, stories: &[Story]) -> Result<(), SendError> {
        let sender = Sender { machine: self.machine.clone(), now: self.clock.now() };
        match compose(&self.receiver, stories, &sender) {
            Some(letter) => self.courier.send(letter, self.receiver.timeout).await,
            None => Err(SendError::Letter("its incidents are gone".to_owned())),
        }
    }

    fn judge(&self, parts: &[Delivery], sent: &Result<(), SendError>) -> (Came, Tried) {
        let name = &*self.receiver.name;
        let at = self.clock.now();
        let used = parts.iter().map(|d| d.attempts).max().unwrap_or_default().saturating_add(1);
        let (outcome, came, failed) = match sent {
            Ok(()) => ("delivered", Came::Done, None),
            Err(error) => {
                let delay = delay_after(&RETRY, used, fastrand::f64().mul_add(2.0, -1.0));
                let again = later(at, SignedDuration::try_from(delay).unwrap_or_default());
                tracing::warn!(
                    receiver = name,
                    tries = used,
                    "not delivered: {error}; tried again in {:.1} s",
                    delay.as_secs_f64()
                );
                let came = if error.is_for_all() { Came::Nobody(again) } else { Came::Done };
                ("failed", came, Some((error.to_string(), again)))
            }
        };
        self.metrics.deliveries.with_label_values(&[name, outcome]).inc();
        (came, Tried { deliveries: parts.iter().map(|d| d.id).collect(), at, failed })
    }

    /// Tells the arbiter until it is kept: what was delivered is not to be delivered again.
    async fn keep(&self, tried: DeliveryTried) {
        while !matches!(self.arbiter.send(tried.clone()).await, Ok(Ok(()))) {
            tokio::time::sleep(NOT_KEPT).await;
        }
    }
}

fn incidents(
    stories: &[Story],
) -> Vec<(crate::model::IncidentId, Option<crate::model::InstanceId>)> {
    stories.iter().map(|s| (s.incident.id, s.incident.instance)).collect()
}

/// Then, or at the end of time.
pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
