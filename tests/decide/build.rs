//! What cases are made of.

use std::time::Duration;

use assured::model::{
    Attempt, AttemptId, By, Command, Condition, Desired, DesiredState, Generation, HostId,
    IncidentId, InstanceId, Outcome, OutcomeKind,
};
use assured::policy::{Attempts, Case, Elsewhere, HostView, Redefinable, Table};
use jiff::{Timestamp, ToSpan};

/// The incident that cases are about, and one before it.
pub const INCIDENT: IncidentId = IncidentId(7);
pub const EARLIER: IncidentId = IncidentId(6);

pub fn now() -> Timestamp {
    const NOW: i64 = 1_780_315_200;
    Timestamp::from_second(NOW).unwrap()
}

pub fn ago(seconds: i64) -> Timestamp {
    now() - seconds.seconds()
}

pub fn desired(state: DesiredState) -> Desired {
    Desired { state, generation: Generation(3), since: ago(86_400), by: By::ApiLocal }
}

/// An attempt that ended as soon as it began.
pub fn attempt(command: Command, began: i64, outcome: Option<OutcomeKind>) -> Attempt {
    Attempt {
        id: AttemptId(1),
        instance: InstanceId(uuid::Uuid::nil()),
        host: HostId::from("kvm-1"),
        incident: Some(INCIDENT),
        generation: Generation(3),
        command,
        at: ago(began),
        outcome: outcome.map(|kind| Outcome { kind, at: ago(began), detail: None }),
    }
}

/// A mismatch that has held for an hour, looked at just now, on a host that is well.
pub fn plain<'a>(table: &'a Table, desired: &'a Desired, seen: Condition) -> Case<'a> {
    Case {
        now: now(),
        table,
        desired,
        settled: true,
        seen,
        seen_at: ago(1),
        since: ago(3600),
        valid_from: desired.since,
        last_active: Some(ago(3600)),
        attempts: Attempts::new(&[], Some(INCIDENT)),
        draw: 0.0,
        host: HostView::Ready,
        grace_from: None,
        down_with: None,
        elsewhere: Elsewhere::Nowhere,
        redefinable: Redefinable::Yes,
        hold: None,
    }
}

/// A delay later, to the next microsecond, and never after the end of time.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = i128::try_from(by.as_nanos().div_ceil(1000) * 1000).unwrap();
    let at = (at.as_nanosecond() + by).min(Timestamp::MAX.as_nanosecond());
    Timestamp::from_nanosecond(at).unwrap()
}
