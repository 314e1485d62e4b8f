//! What goes in comes out, whichever of the optional fields are set, new or written over.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::sample::*;
use super::{Place, commit, everywhere, kept, run};
use crate::model::*;
use crate::store::{Batch, EventQuery, Store};

everywhere! {
    every_record_comes_back,
    a_definition_goes_with_its_instance,
    the_attempts_that_count_are_loaded,
    the_shutdowns_that_may_be_answered_yet_are_loaded,
    an_empty_database_loads_as_nothing,
    texts_are_ordered_by_their_bytes,
    a_character_that_is_none_makes_nothing_fail,
}

mod after_a_start {
    use super::*;

    kept!(it_is_kept_for_the_next_start);
}

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

/// How often a record is made up: a server takes longer for each.
fn cases(place: &Place) -> u32 {
    if matches!(place, Place::Server(_)) { 40 } else { 200 }
}

fn every_record_comes_back(place: &Place) {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases(place)));
    let kept = place.open().unwrap();
    let done = runner.run(&(any_batch(), any_batch()), |(first, second)| {
        if !matches!(place, Place::Memory) {
            let empty = [
                "deliveries",
                "definitions",
                "events",
                "attempts",
                "incidents",
                "instances",
                "hosts",
            ]
            .map(|table| format!("DELETE FROM {table};"));
            place.execute(&empty.concat()).unwrap();
        }
        let store =
            if matches!(place, Place::Memory) { place.open().unwrap() } else { kept.clone() };
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
            next.attempts[0].outcome =
                Some(Outcome { kind: OutcomeKind::Failed, at: at(5), detail: Some("no".into()) });
        }
        commit(&store, next.clone()).unwrap();
        if next.attempts.is_empty() {
            next.attempts = first.attempts;
        }
        next.events = first.events;
        prop_assert_eq!(&stored(&store), &next);
        Ok(())
    });
    done.unwrap();
}

fn it_is_kept_for_the_next_start(place: &Place) {
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

fn a_definition_goes_with_its_instance(place: &Place) {
    let store = place.open().unwrap();
    let instances = vec![instance(1, 1), instance(2, 1)];
    let definitions = vec![definition(1, "<one/>"), definition(2, "<two/>")];
    commit(&store, Batch { instances, definitions, ..Batch::default() }).unwrap();
    commit(&store, Batch { removed_instances: vec![id(1)], ..Batch::default() }).unwrap();
    let left: Vec<_> = store.load().unwrap().definitions.iter().map(|k| k.instance).collect();
    assert_eq!(left, [id(2)]);
    assert_eq!(run(store.definition(id(1))).unwrap(), None);
    assert_eq!(*run(store.definition(id(2))).unwrap().unwrap().xml, *"<two/>");
}

fn the_attempts_that_count_are_loaded(place: &Place) {
    let store = place.open().unwrap();
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

fn the_shutdowns_that_may_be_answered_yet_are_loaded(place: &Place) {
    let store = place.open().unwrap();
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

fn an_empty_database_loads_as_nothing(place: &Place) {
    let store = place.open().unwrap();
    assert_eq!(store.load().unwrap(), crate::store::Loaded::default());
    assert_eq!(run(store.reload()).unwrap(), crate::store::Loaded::default());
}

fn texts_are_ordered_by_their_bytes(place: &Place) {
    let store = place.open().unwrap();
    let host = |id: &str| HostRecord {
        id: HostId::from(id),
        uri: "qemu:///system".into(),
        added_at: at(0),
        maintenance: None,
        seen_at: None,
    };
    let hosts = ["ä", "a-b", "B", "a", "ab", "Z", "_"].map(host).into();
    commit(&store, Batch { hosts, ..Batch::default() }).unwrap();
    let found = store.load().unwrap().hosts;
    let found: Vec<_> = found.iter().map(|host| host.id.as_str()).collect();
    assert_eq!(found, ["B", "Z", "_", "a", "a-b", "ab", "ä"]);
}

/// PostgreSQL has no U+0000 in texts; who sends one must not stop the record.
fn a_character_that_is_none_makes_nothing_fail(place: &Place) {
    let store = place.open().unwrap();
    let batch = Batch {
        instances: vec![Instance { name: "web\0".into(), ..instance(1, 1) }],
        events: vec![Event { detail: serde_json::json!({ "a": "\0" }), ..event(1) }],
        ..Batch::default()
    };
    commit(&store, batch.clone()).unwrap();
    let kept = if matches!(place, Place::Server(_)) { "web\u{fffd}" } else { "web\0" };
    assert_eq!(store.load().unwrap().instances[0].name, kept);
    assert_eq!(run(store.events(EventQuery::default())).unwrap(), batch.events);
    let query = EventQuery { host: Some(HostId::from("\0")), ..EventQuery::default() };
    assert_eq!(run(store.events(query)).unwrap(), []);
}
