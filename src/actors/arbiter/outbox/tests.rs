//! Who is told of which step.

use std::time::Duration;

use super::*;
use crate::notify::{Endpoint, Receiver, Way};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_795_000_000_000 + millis).unwrap()
}

fn outbox() -> Outbox {
    let receiver = |name: &str, severity| Receiver {
        name: name.into(),
        severity,
        timeout: Duration::from_secs(1),
        way: Way::Alertmanager { url: Endpoint::parse("http://a").unwrap(), repeat: Duration::MAX },
    };
    let receivers = vec![receiver("all", Severity::Info), receiver("worst", Severity::Critical)];
    let notify = Notify { group_wait: Duration::from_secs(2), receivers };
    Outbox::new(&notify, Vec::new(), DeliveryId(0))
}

fn incident(number: i64, severity: Severity, closed: bool) -> Incident {
    Incident {
        id: IncidentId(number),
        instance: None,
        host: HostId::from("kvm-1"),
        severity,
        opened_at: at(0),
        closed_at: closed.then(|| at(1)),
        desired: None,
        observed: None,
        resolution: None,
        attempts: 0,
        summary: String::new(),
        instances: Vec::new(),
    }
}

/// Receiver, step and message of each delivery.
fn made(deliveries: &[Delivery]) -> Vec<(&str, Phase, i64)> {
    deliveries.iter().map(|d| (&*d.receiver, d.phase, d.message.0)).collect()
}

#[test]
fn each_is_told_from_its_severity_on_and_then_of_the_end() {
    use Phase::{Begun, Ended, Raised};
    let mut outbox = outbox();
    assert_eq!(made(&outbox.post(&incident(1, Severity::None, false), at(0))), []);
    assert_eq!(
        made(&outbox.post(&incident(1, Severity::Warning, false), at(0))),
        [("all", Begun, 1)]
    );
    assert_eq!(made(&outbox.post(&incident(1, Severity::Warning, false), at(1))), [], "known");
    assert!(outbox.owes(&incident(1, Severity::Critical, false)));
    assert_eq!(
        made(&outbox.post(&incident(1, Severity::Critical, false), at(9_000))),
        [("worst", Begun, 2), ("all", Raised, 3)]
    );
    assert_eq!(
        made(&outbox.post(&incident(1, Severity::Critical, true), at(9_001))),
        [("all", Ended, 4), ("worst", Ended, 4)]
    );
    assert!(outbox.told.is_empty());
    // In the grace it came and went, and nobody needs to know.
    assert_eq!(made(&outbox.post(&incident(2, Severity::None, true), at(9_002))), []);
}

#[test]
fn a_later_step_is_in_a_later_message() {
    use Phase::{Begun, Ended};
    let mut outbox = outbox();
    let mut post = |number, closed, millis| {
        let made = outbox.post(&incident(number, Severity::Info, closed), at(millis));
        made.iter().map(|d| (d.phase, d.message.0, d.next_at)).collect::<Vec<_>>()
    };
    assert_eq!(post(1, false, 0), [(Begun, 1, at(2_000))]);
    assert_eq!(post(2, false, 1_999), [(Begun, 1, at(2_000))], "the same message");
    assert_eq!(post(3, false, 2_000), [(Begun, 3, at(4_000))], "too late for it");
    assert_eq!(post(1, true, 2_001), [(Ended, 4, at(4_001))]);
    assert_eq!(post(4, false, 2_002), [(Begun, 5, at(4_002))]);
    // The message before last is not added to, though its time is not up: this one began in a later one.
    assert_eq!(post(4, true, 2_003), [(Ended, 6, at(4_003))]);
    // What comes and goes within one turn.
    assert_eq!(post(5, true, 2_004), [(Begun, 7, at(4_004)), (Ended, 8, at(4_004))]);
}

#[test]
fn a_new_life_knows_who_was_told() {
    let told = vec![(IncidentId(1), Arc::from("all"), Severity::Warning)];
    let before = outbox();
    let notify = Notify { group_wait: Duration::ZERO, receivers: Vec::new() };
    let mut outbox = Outbox::new(&notify, told, DeliveryId(7));
    outbox.receivers = before.receivers;
    assert!(!outbox.owes(&incident(1, Severity::Warning, false)));
    assert!(outbox.owes(&incident(2, Severity::Warning, false)));
    let over = outbox.post(&incident(1, Severity::Warning, true), at(0));
    assert_eq!(made(&over), [("all", Phase::Ended, 8)]);
    assert_eq!(over[0].next_at, at(0));
}
