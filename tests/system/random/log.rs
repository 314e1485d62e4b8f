//! What the script itself knows of a run: what it did, and what it was answered.

use std::time::Duration;

use assured::model::{DesiredState, Generation, InstanceId};

#[derive(Debug, Default, Clone)]
pub struct Log {
    /// What was done, as text, for a report.
    pub told: Vec<String>,
    /// The lives of the service: from when to when.
    pub lives: Vec<Span>,
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
    /// Until when it is held; none if it is not.
    pub until: Option<Duration>,
}

impl Span {
    pub fn has(&self, at: Duration) -> bool {
        at >= self.from && self.to.is_none_or(|to| at <= to)
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
