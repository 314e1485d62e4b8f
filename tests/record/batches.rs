//! A sequence of batches, each made from its number alone.

use assured::model::*;
use assured::store::{Batch, Loaded};
use jiff::Timestamp;
use uuid::Uuid;

/// How many events each batch has.
const EVENTS: i64 = 20;

/// How large the batches are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some pages.
    Small,
    /// About 400 KiB: every forty of them fill the log, and it is copied back into the database.
    Large,
}

impl Size {
    /// Its text form, for the victim's environment.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// The instance of this number.
pub fn id(number: i64) -> InstanceId {
    InstanceId(Uuid::from_u128(u128::try_from(number).unwrap()))
}

fn host() -> HostId {
    HostId::from("kvm-1")
}

fn instance(number: i64, generation: i64) -> Instance {
    let desired = Desired {
        state: DesiredState::Running,
        generation: Generation(generation),
        since: at(generation),
        by: By::ApiLocal,
    };
    Instance {
        id: id(number),
        name: format!("web-{number}"),
        host: host(),
        policy: "default".into(),
        priority: 100,
        added_at: at(0),
        desired,
        settled: true,
        in_sync_since: Some(at(generation)),
        observed: None,
        down_with: None,
        last_active: None,
        budget: Budget { since: at(0) },
        holds: Vec::new(),
        configured: None,
    }
}

fn incident(number: i64) -> Incident {
    Incident {
        id: IncidentId(number),
        instance: Some(id(number % 8)),
        host: host(),
        severity: Severity::Warning,
        opened_at: at(number),
        closed_at: None,
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: None,
        attempts: 1,
        summary: format!("incident {number}"),
        instances: Vec::new(),
    }
}

fn attempt(number: i64) -> Attempt {
    Attempt {
        id: AttemptId(number),
        instance: id(number % 8),
        host: host(),
        incident: Some(IncidentId(number)),
        generation: Generation(number),
        command: Command::Start,
        at: at(number),
        outcome: None,
    }
}

fn event(number: i64, length: usize) -> Event {
    Event {
        id: EventId(number),
        at: at(number),
        kind: EventKind::Note,
        host: Some(host()),
        instance: Some(id(number % 8)),
        incident: None,
        by: None,
        text: format!("event {number} {}", "x".repeat(length)),
        detail: serde_json::json!({ "number": number }),
    }
}

/// The batch of this number, from 1 on. It says something new of everything there is a table for, ends
/// what the one before it began, and removes what it added.
pub fn batch(number: i64, size: Size) -> Batch {
    let length = match size {
        Size::Small => 10,
        Size::Large => 10_000,
    };
    let before = number - 1;
    let definition = Definition {
        xml: format!("<domain><title>{number}</title>{}</domain>", "<!-- -->".repeat(length))
            .into(),
        persistent: true,
        autostart: false,
        on_crash: OnCrash::Destroy,
    };
    let mut batch = Batch {
        hosts: vec![HostRecord {
            id: host(),
            uri: "test:///default".to_owned(),
            added_at: at(0),
            maintenance: None,
            seen_at: Some(at(number)),
        }],
        instances: (0..8)
            .chain([1_000 + number % 500, 10_000 + number])
            .map(|n| instance(n, number))
            .collect(),
        incidents: vec![incident(number)],
        attempts: vec![attempt(number)],
        definitions: vec![(
            Kept::of(id(number % 8), &host(), at(number), &definition),
            definition.xml.clone(),
        )],
        events: (0..EVENTS).map(|k| event(before * EVENTS + k + 1, length)).collect(),
        ..Batch::default()
    };
    if before > 0 {
        batch.removed_instances.push(id(10_000 + before));
        batch.incidents.push(Incident {
            closed_at: Some(at(number)),
            resolution: Some(Resolution::Repaired),
            ..incident(before)
        });
        let outcome = Outcome { kind: OutcomeKind::Done, at: at(number), detail: None };
        batch.attempts.push(Attempt { outcome: Some(outcome), ..attempt(before) });
    }
    batch
}

/// How many batches a record has, by its last event; of one that has half a batch, it is no number.
pub fn batches_in(loaded: &Loaded) -> i64 {
    assert_eq!(loaded.last_event.0 % EVENTS, 0, "half a batch: {:?}", loaded.last_event);
    loaded.last_event.0 / EVENTS
}

/// Awaits on a runtime of its own.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
