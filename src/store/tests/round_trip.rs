//! What goes in comes out, whichever of the optional fields are set, new or written over.

use proptest::prelude::*;

use super::sample::*;
use super::{Place, commit, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, Store};

/// One of each record, with any content.
fn any_batch() -> impl Strategy<Value = Batch> {
    let definition = any_definition(1);
    let records = (any_host_record(), any_instance(1), any_incident(1), any_attempt(1));
    (records, any_event(1), definition).prop_map(
        |((host, instance, incident, attempt), event, definition)| Batch {
            hosts: vec![host],
            instances: vec![instance],
            incidents: vec![incident],
            attempts: vec![attempt],
            events: vec![event],
            definitions: vec![definition],
            ..Batch::default()
        },
    )
}

fn stored(store: &Store) -> Batch {
    let loaded = store.load().unwrap();
    let incident = run(store.incident(IncidentId(1))).unwrap().unwrap();
    let open = incident.closed_at.is_none().then(|| incident.clone());
    assert_eq!(loaded.open_incidents, Vec::from_iter(open));
    assert_eq!(loaded.last_incident, IncidentId(1));
    assert_eq!(loaded.last_attempt, AttemptId(1));
    assert_eq!(loaded.last_event, EventId(1));
    let definitions = loaded.definitions.into_iter().map(|kept| {
        let found = run(store.definition(kept.instance)).unwrap().unwrap();
        assert_eq!(found.hash(), kept.hash);
        (kept, found.xml)
    });
    Batch {
        definitions: definitions.collect(),
        hosts: loaded.hosts,
        instances: loaded.instances,
        incidents: vec![incident],
        attempts: run(store.attempts_of_incident(IncidentId(1))).unwrap(),
        events: run(store.events(EventQuery::default())).unwrap(),
        ..Batch::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_record_comes_back(first in any_batch(), second in any_batch()) {
        let store = Store::in_memory().unwrap();
        commit(&store, first.clone()).unwrap();
        prop_assert_eq!(&stored(&store), &first);

        // The same records with other content: all of it follows, except what a record keeps of
        // its first writing.
        let mut next = second;
        next.hosts[0].id = first.hosts[0].id.clone();
        next.instances[0].desired.generation = first.instances[0].desired.generation;
        next.incidents[0].instance = first.incidents[0].instance;
        next.incidents[0].opened_at = first.incidents[0].opened_at;
        next.events.clear();
        next.attempts = first.attempts.clone();
        if first.attempts[0].outcome.is_some() {
            next.attempts.clear();
        } else {
            next.attempts[0].outcome = Some(Outcome {
                kind: OutcomeKind::Failed,
                at: at(5),
                detail: Some("no".into()),
            });
        }
        commit(&store, next.clone()).unwrap();
        if next.attempts.is_empty() {
            next.attempts = first.attempts;
        }
        next.events = first.events;
        prop_assert_eq!(&stored(&store), &next);
    }
}

#[test]
fn a_file_keeps_it_for_the_next_start() {
    let place = Place::new();
    let batch = Batch {
        hosts: vec![HostRecord {
            id: HostId::from("kvm-1"),
            uri: "qemu:///system".into(),
            added_at: at(0),
            maintenance: None,
            seen_at: None,
        }],
        instances: vec![instance(1, 1)],
        incidents: vec![incident(1, 1)],
        attempts: vec![Attempt { incident: Some(IncidentId(1)), ..attempt(1, 1, 1, 5) }],
        events: vec![event(1)],
        definitions: vec![definition(1, "<domain/>")],
        ..Batch::default()
    };
    commit(&place.open().unwrap(), batch.clone()).unwrap();
    assert_eq!(stored(&place.open().unwrap()), batch);
}

#[test]
fn a_definition_goes_with_its_instance() {
    let store = Store::in_memory().unwrap();
    let instances = vec![instance(1, 1), instance(2, 1)];
    let definitions = vec![definition(1, "<one/>"), definition(2, "<two/>")];
    commit(&store, Batch { instances, definitions, ..Batch::default() }).unwrap();
    commit(&store, Batch { removed_instances: vec![id(1)], ..Batch::default() }).unwrap();
    let left: Vec<_> = store.load().unwrap().definitions.iter().map(|k| k.instance).collect();
    assert_eq!(left, [id(2)]);
    assert_eq!(run(store.definition(id(1))).unwrap(), None);
    assert_eq!(*run(store.definition(id(2))).unwrap().unwrap().xml, *"<two/>");
}

#[test]
fn the_attempts_that_count_are_loaded() {
    let store = Store::in_memory().unwrap();
    let mut budget_from_ten = instance(1, 3);
    budget_from_ten.budget.since = at(10);
    let done = |attempt: Attempt| ended(&attempt, OutcomeKind::Done);
    commit(
        &store,
        Batch {
            instances: vec![budget_from_ten, instance(2, 1)],
            attempts: vec![
                done(attempt(1, 1, 3, 9)),
                done(attempt(2, 1, 3, 10)),
                done(attempt(3, 1, 2, 11)),
                attempt(4, 1, 2, 1),
                attempt(5, 1, 3, 12),
                done(attempt(6, 9, 1, 12)),
                attempt(7, 9, 1, 1),
            ],
            ..Batch::default()
        },
    )
    .unwrap();
    let loaded = store.load().unwrap();
    let numbers: Vec<i64> = loaded.attempts.iter().map(|a| a.id.0).collect();
    // 2 and 5: of the budget; 4, 5 and 7: without an outcome, whoever's they are.
    assert_eq!(numbers, [2, 4, 5, 7]);
    assert_eq!(loaded.last_attempt, AttemptId(7));
}

#[test]
fn the_shutdowns_that_may_be_answered_yet_are_loaded() {
    let store = Store::in_memory().unwrap();
    let mut ordered_later = instance(1, 3);
    ordered_later.desired.since = at(2_000);
    let shutdown = |attempt: Attempt| Attempt { command: Command::Shutdown, ..attempt };
    commit(
        &store,
        Batch {
            instances: vec![ordered_later, instance(2, 1)],
            attempts: vec![
                shutdown(attempt(1, 1, 2, 1_099)),
                ended(&shutdown(attempt(2, 1, 2, 1_100)), OutcomeKind::Done),
                attempt(3, 1, 2, 1_500),
                shutdown(attempt(4, 1, 3, 2_001)),
                shutdown(attempt(5, 9, 1, 1_500)),
            ],
            ..Batch::default()
        },
    )
    .unwrap();
    let numbers: Vec<i64> = store.load().unwrap().shutdowns.iter().map(|a| a.id.0).collect();
    assert_eq!(numbers, [2], "1 is too old, 3 starts, 4 is of what is desired now, 5 is nobody's");
}

#[test]
fn an_empty_database_loads_as_nothing() {
    let store = Store::open("sqlite::memory:").unwrap();
    assert_eq!(store.load().unwrap(), crate::store::Loaded::default());
    assert_eq!(run(store.reload()).unwrap(), crate::store::Loaded::default());
}
