//! Records to store: plain ones, and any at all.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::*;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub(super) fn id(number: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(number))
}

/// An instance that is supposed to run, of this generation.
pub(super) fn instance(number: u128, generation: i64) -> Instance {
    Instance {
        id: id(number),
        name: format!("web-{number}"),
        host: HostId::from("kvm-1"),
        policy: "default".into(),
        priority: 100,
        added_at: at(0),
        desired: Desired {
            state: DesiredState::Running,
            generation: Generation(generation),
            since: at(0),
            by: By::ApiLocal,
        },
        settled: true,
        in_sync_since: None,
        observed: None,
        down_with: None,
        last_active: None,
        budget: Budget { since: at(0) },
        holds: Vec::new(),
        configured: None,
    }
}

/// An open incident of an instance.
pub(super) fn incident(number: i64, of: u128) -> Incident {
    Incident {
        id: IncidentId(number),
        instance: Some(id(of)),
        host: HostId::from("kvm-1"),
        severity: Severity::Warning,
        opened_at: at(number),
        closed_at: None,
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: None,
        attempts: 0,
        summary: "it crashed".into(),
        instances: Vec::new(),
    }
}

/// The intent to start an instance, of this generation, at this second.
pub(super) fn attempt(number: i64, of: u128, generation: i64, second: i64) -> Attempt {
    Attempt {
        id: AttemptId(number),
        instance: id(of),
        host: HostId::from("kvm-1"),
        incident: None,
        generation: Generation(generation),
        command: Command::Start,
        at: at(second),
        outcome: None,
    }
}

/// The same with an outcome.
pub(super) fn ended(attempt: &Attempt, kind: OutcomeKind) -> Attempt {
    Attempt { outcome: Some(Outcome { kind, at: at(1_000), detail: None }), ..attempt.clone() }
}

pub(super) fn event(number: i64) -> Event {
    Event {
        id: EventId(number),
        at: at(number),
        kind: EventKind::Note,
        host: None,
        instance: None,
        incident: None,
        by: None,
        text: format!("event {number}"),
        detail: Value::Null,
    }
}

/// Any text but for U+0000, of which PostgreSQL keeps something else.
fn any_text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', ""))
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000_000_000).prop_map(|micros| Timestamp::from_microsecond(micros).unwrap())
}

fn any_host() -> impl Strategy<Value = HostId> {
    any_text().prop_map(|name| HostId::from(name.as_str()))
}

fn any_by() -> impl Strategy<Value = By> {
    prop_oneof![
        "[a-z]{1,4}-[a-z: ]{0,9}".prop_map(By::ApiToken),
        Just(By::ApiLocal),
        Just(By::Config),
        Just(By::Adopt),
        any_text().prop_map(By::Accept),
    ]
}

prop_compose! {
    pub(super) fn any_host_record()(
        id in any_host(),
        uri in any_text(),
        added_at in any_time(),
        maintenance in proptest::option::of((any_text(), any_text(), any_time())),
        seen_at in proptest::option::of(any_time()),
    ) -> HostRecord {
        let maintenance = maintenance.map(|(by, reason, since)| Maintenance { by, reason, since });
        HostRecord { id, uri, added_at, maintenance, seen_at }
    }
}

/// A definition, with what is known of it.
pub(super) fn definition(of: u128, xml: &str) -> (Kept, Arc<str>) {
    let definition = Definition {
        xml: xml.into(),
        persistent: true,
        autostart: false,
        on_crash: OnCrash::Destroy,
    };
    (Kept::of(id(of), &HostId::from("kvm-1"), at(3), &definition), definition.xml)
}

prop_compose! {
    pub(super) fn any_definition(of: u128)(
        xml in "[^\u{0}\n]{0,40}",
        host in any_host(),
        taken_at in any_time(),
        (persistent, autostart) in any::<(bool, bool)>(),
        on_crash in any_of(OnCrash::ALL),
    ) -> (Kept, Arc<str>) {
        let definition = Definition { xml: xml.into(), persistent, autostart, on_crash };
        (Kept::of(id(of), &host, taken_at, &definition), definition.xml)
    }
}

fn any_hold() -> impl Strategy<Value = Hold> {
    (any_text(), any_text(), any_time(), any_time()).prop_map(|(by, reason, since, until)| Hold {
        by,
        reason,
        since,
        until,
    })
}

prop_compose! {
    pub(super) fn any_instance(number: u128)(
        (name, host, policy, priority) in (any_text(), any_host(), any_text(), any::<i32>()),
        (added_at, settled) in (any_time(), any::<bool>()),
        down_with in proptest::option::of(any_of(DownWith::ALL)),
        (state, generation) in (any_of(DesiredState::ALL), 1_i64..i64::MAX),
        (desired_since, by) in (any_time(), any_by()),
        in_sync_since in proptest::option::of(any_time()),
        observed in proptest::option::of((any_of(Condition::ALL), any_time(), any_of(Source::ALL))),
        last_active in proptest::option::of((any_host(), any_time())),
        budget in any_time(),
        holds in proptest::collection::vec(any_hold(), 0..3),
        configured in proptest::option::of((any_of(DesiredState::ALL), any_text(), any::<i32>())),
    ) -> Instance {
        Instance {
            id: id(number),
            name, host, policy, priority, added_at,
            desired: Desired { state, generation: Generation(generation), since: desired_since, by },
            settled,
            in_sync_since,
            observed: observed.map(|(condition, since, source)| Observed { condition, since, source }),
            down_with,
            last_active: last_active.map(|(host, at)| LastActive { host, at }),
            budget: Budget { since: budget },
            holds,
            configured: configured
                .map(|(desired, policy, priority)| Configured { desired, policy, priority }),
        }
    }
}

prop_compose! {
    pub(super) fn any_incident(number: i64)(
        instance in proptest::option::of(any::<u128>()),
        (host, severity) in (any_host(), any_of(Severity::ALL)),
        (opened_at, closed_at) in (any_time(), proptest::option::of(any_time())),
        desired in proptest::option::of(any_of(DesiredState::ALL)),
        observed in proptest::option::of(any_of(Condition::ALL)),
        resolution in proptest::option::of(any_of(Resolution::ALL)),
        (attempts, summary) in (any::<u32>(), any_text()),
        instances in proptest::collection::vec(any::<u128>().prop_map(id), 0..3),
    ) -> Incident {
        Incident {
            id: IncidentId(number),
            instance: instance.map(id),
            host, severity, opened_at, closed_at, desired, observed, resolution, attempts, summary,
            instances,
        }
    }
}

prop_compose! {
    /// An attempt of the incident of the same number.
    pub(super) fn any_attempt(number: i64)(
        (instance, host) in (any::<u128>(), any_host()),
        (generation, command) in (any::<i64>(), any_of(Command::ALL)),
        at in any_time(),
        outcome in proptest::option::of(
            (any_of(OutcomeKind::ALL), any_time(), proptest::option::of(any_text()))
        ),
    ) -> Attempt {
        Attempt {
            id: AttemptId(number),
            instance: id(instance),
            host,
            incident: Some(IncidentId(number)),
            generation: Generation(generation),
            command,
            at,
            outcome: outcome.map(|(kind, at, detail)| Outcome { kind, at, detail }),
        }
    }
}

prop_compose! {
    pub(super) fn any_event(number: i64)(
        (at, kind) in (any_time(), any_of(EventKind::ALL)),
        host in proptest::option::of(any_host()),
        instance in proptest::option::of(any::<u128>()),
        incident in proptest::option::of(any::<i64>()),
        by in proptest::option::of(any_text()),
        text in any_text(),
        detail in prop_oneof![
            Just(Value::Null),
            Just(json!({})),
            any::<(String, i64, bool)>().prop_map(|(a, b, c)| json!({ "a": a, "b": [b, c, null] })),
        ],
    ) -> Event {
        Event {
            id: EventId(number),
            instance: instance.map(id),
            incident: incident.map(IncidentId),
            at, kind, host, by, text, detail,
        }
    }
}
