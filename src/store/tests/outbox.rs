//! The outbox: what is written with an incident is there until it was delivered.

use std::sync::Arc;

use super::sample::*;
use super::{Place, commit, everywhere, run};
use crate::model::*;
use crate::store::{Batch, Store};

everywhere! {
    only_the_oldest_message_of_each_host_comes, who_was_told_of_what_is_open, a_story_has_what_is_known_now, what_cannot_be_written_keeps_the_incident_out_too, what_was_told_last_of_what_is_open
}

mod restarts {
    use super::a_delivery_comes_back_until_it_was_delivered_over_restarts_too;

    super::super::kept!(a_delivery_comes_back_until_it_was_delivered_over_restarts_too);
}

pub(super) fn delivery(number: i64, incident: i64, host: &str) -> Delivery {
    Delivery {
        id: DeliveryId(number),
        message: DeliveryId(number),
        receiver: "hook".into(),
        host: HostId::from(host),
        incident: IncidentId(incident),
        phase: Phase::Begun,
        severity: Severity::Warning,
        created_at: at(1),
        next_at: at(2),
        attempts: 0,
        delivered_at: None,
        error: None,
    }
}

fn tried(deliveries: &[i64], failed: Option<(&str, i64)>) -> Batch {
    let deliveries = deliveries.iter().copied().map(DeliveryId).collect();
    let failed = failed.map(|(why, second)| (why.to_owned(), at(second)));
    Batch { tried: vec![Tried { deliveries, at: at(3), failed }], ..Batch::default() }
}

fn outbox(store: &Store, receiver: &str) -> Vec<Delivery> {
    run(store.outbox(receiver.into())).unwrap()
}

fn with_incidents(deliveries: Vec<Delivery>) -> Batch {
    let incidents = vec![incident(1, 1), incident(2, 2)];
    Batch { instances: vec![instance(1, 1)], incidents, deliveries, ..Batch::default() }
}

fn a_delivery_comes_back_until_it_was_delivered_over_restarts_too(place: &Place) {
    let store = place.open().unwrap();
    let one = delivery(1, 1, "kvm-1");
    commit(&store, with_incidents(vec![one.clone()])).unwrap();
    assert_eq!(outbox(&store, "hook"), vec![one.clone()]);
    assert_eq!(outbox(&store, "mail"), []);
    commit(&store, tried(&[1], Some(("it hangs", 9)))).unwrap();
    commit(&store, tried(&[1], Some(("it is down", 19)))).unwrap();
    drop(store);
    let store = place.open().unwrap();
    let again = Delivery { attempts: 2, next_at: at(19), error: Some("it is down".into()), ..one };
    assert_eq!(outbox(&store, "hook"), [again]);
    commit(&store, tried(&[1], None)).unwrap();
    assert_eq!(outbox(&store, "hook"), []);
    // A late word of another try changes nothing.
    commit(&store, tried(&[1], Some(("it is late", 99)))).unwrap();
    assert_eq!(outbox(&store, "hook"), []);
}

fn only_the_oldest_message_of_each_host_comes(place: &Place) {
    let store = place.open().unwrap();
    let together = Delivery { message: DeliveryId(1), ..delivery(3, 2, "a") };
    let all = vec![delivery(1, 1, "a"), delivery(2, 2, "b"), together, delivery(4, 1, "a")];
    commit(&store, with_incidents(all)).unwrap();
    let ids = |store: &Store| outbox(store, "hook").iter().map(|d| d.id.0).collect::<Vec<_>>();
    assert_eq!(ids(&store), [1, 2, 3]);
    commit(&store, tried(&[1, 3], None)).unwrap();
    assert_eq!(ids(&store), [2, 4]);
}

fn who_was_told_of_what_is_open(place: &Place) {
    let store = place.open().unwrap();
    let raised = Delivery { severity: Severity::Critical, ..delivery(2, 1, "a") };
    commit(&store, with_incidents(vec![delivery(1, 1, "a"), raised, delivery(3, 2, "a")])).unwrap();
    let closed = Incident { closed_at: Some(at(9)), ..incident(2, 2) };
    commit(&store, Batch { incidents: vec![closed], ..Batch::default() }).unwrap();
    let loaded = store.load().unwrap();
    let hook: Arc<str> = "hook".into();
    assert_eq!(loaded.told, [(IncidentId(1), hook, Severity::Critical)]);
    assert_eq!(loaded.last_delivery, DeliveryId(3));
}

fn a_story_has_what_is_known_now(place: &Place) {
    let store = place.open().unwrap();
    let intent = Attempt { incident: Some(IncidentId(1)), ..attempt(1, 1, 1, 1) };
    let batch = with_incidents(vec![delivery(1, 1, "kvm-1"), delivery(2, 2, "kvm-1")]);
    commit(&store, Batch { attempts: vec![intent.clone()], ..batch }).unwrap();
    let stories = run(store.stories(outbox(&store, "hook"))).unwrap();
    assert_eq!(stories.len(), 1, "the oldest message only");
    assert_eq!(stories[0].incident, incident(1, 1));
    assert_eq!(stories[0].attempts, [intent]);
    assert_eq!(stories[0].names.get(&id(1)).map(String::as_str), Some("web-1"));
    let forgotten = run(store.stories(vec![delivery(2, 2, "kvm-1")])).unwrap();
    assert!(forgotten[0].names.is_empty(), "nobody knows what it was called");
}

fn what_cannot_be_written_keeps_the_incident_out_too(place: &Place) {
    let store = place.open().unwrap();
    let twice = vec![delivery(1, 1, "a"), delivery(1, 2, "a")];
    assert!(commit(&store, with_incidents(twice)).is_err());
    assert_eq!(run(store.incident(IncidentId(1))).unwrap(), None);
}

fn what_was_told_last_of_what_is_open(place: &Place) {
    let store = place.open().unwrap();
    let raised = Delivery { phase: Phase::Raised, ..delivery(3, 1, "a") };
    let others = Delivery { receiver: "mail".into(), ..delivery(4, 1, "a") };
    let all = vec![delivery(1, 1, "a"), delivery(2, 2, "a"), raised, others];
    commit(&store, with_incidents(all)).unwrap();
    let open = |store: &Store| {
        let told = run(store.told_open("hook".into())).unwrap();
        told.iter().map(|d| d.id.0).collect::<Vec<_>>()
    };
    // Not delivered is not told.
    assert!(open(&store).is_empty());
    commit(&store, tried(&[1, 2], None)).unwrap();
    assert_eq!(open(&store), [1, 2]);
    commit(&store, tried(&[3], None)).unwrap();
    assert_eq!(open(&store), [3, 2]);
    let closed = Incident { closed_at: Some(at(9)), ..incident(2, 2) };
    commit(&store, Batch { incidents: vec![closed], ..Batch::default() }).unwrap();
    assert_eq!(open(&store), [3]);
}
