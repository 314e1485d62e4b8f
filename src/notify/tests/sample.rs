//! What there is to tell.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::*;
use crate::notify::{Endpoint, Receiver, Sender, Way};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub(super) fn sender() -> Sender {
    Sender { machine: "mon-1".into(), now: at(60) }
}

pub(super) fn id(number: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(number))
}

pub(super) fn delivery(number: i64, message: i64, host: &str) -> Delivery {
    Delivery {
        id: DeliveryId(number),
        message: DeliveryId(message),
        receiver: "hook".into(),
        host: HostId::from(host),
        incident: IncidentId(7),
        phase: Phase::Begun,
        severity: Severity::Warning,
        created_at: at(2),
        next_at: at(4),
        attempts: 0,
        delivered_at: None,
        error: None,
    }
}

/// An instance crashed, and a start that failed.
pub(super) fn crashed(phase: Phase) -> Story {
    let over = phase == Phase::Ended;
    let incident = Incident {
        id: IncidentId(7),
        instance: Some(id(1)),
        host: HostId::from("kvm-1"),
        severity: Severity::Warning,
        opened_at: at(1),
        closed_at: over.then(|| at(30)),
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: over.then_some(Resolution::Repaired),
        attempts: 1,
        summary: "web-1 is shutoff/crashed, running is desired".into(),
        instances: Vec::new(),
    };
    let attempt = Attempt {
        id: AttemptId(3),
        instance: id(1),
        host: HostId::from("kvm-1"),
        incident: Some(IncidentId(7)),
        generation: Generation(1),
        command: Command::Start,
        at: at(5),
        outcome: Some(Outcome {
            kind: OutcomeKind::Failed,
            at: at(6),
            detail: Some("no memory".into()),
        }),
    };
    Story {
        delivery: Delivery { phase, ..delivery(11, 11, "kvm-1") },
        incident,
        attempts: vec![attempt],
        names: BTreeMap::from([(id(1), "web-1".to_owned())]),
    }
}

/// A host that cannot be reached, with two instances, one of which is forgotten.
pub(super) fn lost(phase: Phase) -> Story {
    let Story { delivery, incident, names, .. } = crashed(phase);
    Story {
        delivery: Delivery { severity: Severity::Critical, ..delivery },
        incident: Incident {
            instance: None,
            severity: Severity::Critical,
            desired: None,
            observed: None,
            attempts: 0,
            summary: "kvm-1 is unreachable:\nno route".into(),
            instances: vec![id(1), id(2)],
            ..incident
        },
        attempts: Vec::new(),
        names,
    }
}

pub(super) fn receiver(way: Way) -> Receiver {
    let timeout = Duration::from_secs(1);
    Receiver { name: "hook".into(), severity: Severity::Info, timeout, way }
}

pub(super) fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}
