//! What must not go in does not, and takes the whole batch with it.

use super::sample::*;
use super::{Place, commit, everywhere, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, Store, StoreError};

everywhere! {
    an_older_generation_replaces_no_newer_one, an_outcome_is_written_once, an_attempts_number_is_used_once, an_events_number_is_used_once, an_attempt_of_no_incident_is_refused, the_story_outlives_the_instance, a_future_that_is_dropped_undoes_nothing
}

/// What a batch says beside what is refused.
fn with_bystanders(batch: Batch) -> Batch {
    Batch { incidents: vec![incident(77, 7)], events: vec![event(77)], ..batch }
}

fn no_bystanders(store: &Store) {
    assert_eq!(run(store.incident(IncidentId(77))).unwrap(), None);
    assert_eq!(run(store.events(EventQuery::default())).unwrap(), []);
}

fn an_older_generation_replaces_no_newer_one(place: &Place) {
    let store = place.open().unwrap();
    let instances = |generation| Batch {
        instances: vec![instance(2, 1), instance(1, generation)],
        ..Batch::default()
    };
    commit(&store, instances(5)).unwrap();
    let error = commit(&store, with_bystanders(instances(4))).unwrap_err();
    assert!(matches!(error, StoreError::Stale { instance } if instance == id(1)));
    assert_eq!(
        error.to_string(),
        format!(
            "what is stored of instance {} is newer than what was to be written; nothing was",
            id(1)
        )
    );
    no_bystanders(&store);
    assert!(store.healthy(), "the database is well, its writer is behind");
    commit(&store, instances(5)).unwrap();
    commit(&store, instances(6)).unwrap();
    assert_eq!(store.load().unwrap().instances[0].desired.generation, Generation(6));
}

fn an_outcome_is_written_once(place: &Place) {
    let store = place.open().unwrap();
    let attempts = |attempt| Batch { attempts: vec![attempt], ..Batch::default() };
    let intent = Attempt { incident: Some(IncidentId(1)), ..attempt(1, 1, 1, 1) };
    commit(&store, Batch { incidents: vec![incident(1, 1)], ..attempts(intent.clone()) }).unwrap();
    // With its outcome comes nothing else: the intent stays as it was written.
    let forged = Attempt { command: Command::Destroy, ..ended(&intent, OutcomeKind::Done) };
    commit(&store, attempts(forged)).unwrap();
    let error =
        commit(&store, with_bystanders(attempts(ended(&intent, OutcomeKind::Failed)))).unwrap_err();
    assert!(matches!(error, StoreError::Stale { instance } if instance == id(1)));
    no_bystanders(&store);
    let error = commit(&store, attempts(intent.clone())).unwrap_err();
    assert!(matches!(error, StoreError::Stale { .. }), "nor is it taken away");
    assert_eq!(
        run(store.attempts_of_incident(IncidentId(1))).unwrap(),
        [ended(&intent, OutcomeKind::Done)]
    );
}

fn an_attempts_number_is_used_once(place: &Place) {
    let store = place.open().unwrap();
    let attempts = |attempt| Batch { attempts: vec![attempt], ..Batch::default() };
    commit(&store, attempts(attempt(1, 1, 1, 1))).unwrap();
    let error = commit(&store, attempts(attempt(1, 2, 1, 1))).unwrap_err();
    assert!(matches!(error, StoreError::Stale { instance } if instance == id(2)));
}

fn an_events_number_is_used_once(place: &Place) {
    let store = place.open().unwrap();
    let events = |numbers: &[i64]| Batch {
        events: numbers.iter().copied().map(event).collect(),
        ..Batch::default()
    };
    commit(&store, events(&[1])).unwrap();
    let error = commit(&store, events(&[2, 1])).unwrap_err();
    assert!(matches!(error, StoreError::Query { what: "writing", .. }));
    assert!(!store.healthy());
    commit(&store, events(&[2])).unwrap();
    assert!(store.healthy());
}

fn an_attempt_of_no_incident_is_refused(place: &Place) {
    let store = place.open().unwrap();
    let batch = with_bystanders(Batch {
        attempts: vec![Attempt { incident: Some(IncidentId(3)), ..attempt(1, 1, 1, 1) }],
        ..Batch::default()
    });
    assert!(commit(&store, batch).is_err());
    no_bystanders(&store);
}

fn the_story_outlives_the_instance(place: &Place) {
    let store = place.open().unwrap();
    let story = Event { instance: Some(id(1)), incident: Some(IncidentId(1)), ..event(1) };
    commit(
        &store,
        Batch {
            hosts: vec![HostRecord {
                id: HostId::from("kvm-1"),
                uri: "test:///default".into(),
                added_at: at(0),
                maintenance: None,
                seen_at: None,
            }],
            instances: vec![instance(1, 1), instance(2, 1)],
            incidents: vec![incident(1, 1)],
            attempts: vec![attempt(1, 1, 1, 1)],
            events: vec![story.clone()],
            ..Batch::default()
        },
    )
    .unwrap();
    commit(
        &store,
        Batch {
            removed_hosts: vec![HostId::from("kvm-1"), HostId::from("never heard of")],
            removed_instances: vec![id(1), id(99)],
            ..Batch::default()
        },
    )
    .unwrap();
    let loaded = store.load().unwrap();
    assert_eq!(loaded.hosts, []);
    assert_eq!(loaded.instances, [instance(2, 1)]);
    assert_eq!(loaded.open_incidents, [incident(1, 1)]);
    assert_eq!(loaded.attempts, [attempt(1, 1, 1, 1)]);
    assert_eq!(run(store.incident_timeline(IncidentId(1))).unwrap(), [story]);
}

fn a_future_that_is_dropped_undoes_nothing(place: &Place) {
    let store = place.open().unwrap();
    drop(store.commit(Batch { instances: vec![instance(1, 1)], ..Batch::default() }));
    assert_eq!(store.load().unwrap().instances, [instance(1, 1)]);
}
