//! What the script itself knows of a run: what it did, and what it was answered.

use std::time::Duration;

use assured::model::{DesiredState, Event, Generation, InstanceId};
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Default, Clone)]
pub struct Log {
    /// What was done, as text, for a report.
    pub told: Vec<String>,
    /// The lives of the service.
    pub lives: Vec<Life>,
    /// When the database was out.
    pub outages: Vec<Span>,
    /// Orders that were acknowledged.
    pub acks: Vec<Ack>,
    /// Each change of who holds what, as it was acknowledged.
    pub holds: Vec<Held>,
    /// What the script did to a domain or to its host.
    pub touched: Vec<(Duration, InstanceId)>,
    /// When an instance was told to be forgotten, or was moved to another host.
    pub uprooted: Vec<(Duration, InstanceId)>,
    /// Machines that somebody moved or copied to another host.
    pub moved: Vec<(Duration, InstanceId)>,
    /// When a fault may have ended a try to reach a host before it came there.
    pub cut_off: Vec<(Duration, usize)>,
    /// Each change of where somebody works, as it was acknowledged.
    pub works: Vec<Working>,
    /// How many faults were put into the service, and how often it gave up because of them.
    pub disturbed: usize,
    pub gave_up: usize,
}

/// Maintenance of a host.
#[derive(Debug, Clone, Copy)]
pub struct Working {
    pub at: Duration,
    pub host: usize,
    pub working: bool,
}

/// A life of the service.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub span: Span,
    /// How far its clock is ahead of the world's.
    pub skew: SignedDuration,
    /// The last event and the last attempt of the lives before.
    pub last_event: i64,
    pub last_attempt: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: Duration,
    /// None: it goes on.
    pub to: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
pub struct Ack {
    pub id: InstanceId,
    pub sent: Duration,
    pub at: Duration,
    /// What was asked for.
    pub asked: DesiredState,
    /// What the answer shows.
    pub state: DesiredState,
    pub generation: Generation,
}

#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub id: InstanceId,
    pub at: Duration,
    /// Until when it is held, if the clock does not jump; none if it is not.
    pub until: Option<Duration>,
}

impl Span {
    pub fn has(&self, at: Duration) -> bool {
        at >= self.from && self.to.is_none_or(|to| at <= to)
    }
}

impl Log {
    /// By how much the wall clock has jumped forwards from one time to another, all jumps together.
    pub fn jumped_ahead(&self, from: Duration, to: Duration) -> Duration {
        let mut before: Option<SignedDuration> = None;
        let mut sum = SignedDuration::ZERO;
        for life in &self.lives {
            if let Some(before) = before
                && life.span.from >= from
                && life.span.from <= to
            {
                sum += (life.skew - before).max(SignedDuration::ZERO);
            }
            before = Some(life.skew);
        }
        Duration::try_from(sum).unwrap_or_default()
    }

    /// An event with its times as the world's clock has them.
    pub fn in_world_time(&self, mut event: Event) -> Event {
        let of = self.lives.iter().rfind(|life| life.last_event < event.id.0);
        let skew = of.map_or(SignedDuration::ZERO, |life| life.skew);
        event.at -= skew;
        if let Some(looked_at) = event.detail.get_mut("looked_at")
            && let Some(at) = looked_at.as_str().and_then(|at| at.parse::<Timestamp>().ok())
        {
            *looked_at = (at - skew).to_string().into();
        }
        event
    }
}

pub fn begin(spans: &mut Vec<Span>, at: Duration) {
    spans.push(Span { from: at, to: None });
}

pub fn end(spans: &mut [Span], at: Duration) {
    if let Some(last) = spans.last_mut() {
        last.to.get_or_insert(at);
    }
}
