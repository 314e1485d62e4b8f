//! What can happen to an open database of any kind: it is told, nothing is half done, and it goes on when the
//! cause is gone.

use super::sample::*;
use super::{Place, commit, everywhere, kept, numbers, one, run};
use crate::model::{Event, EventId};
use crate::store::{Batch, EventQuery, Outage, StoreError};

everywhere!(a_panic_is_an_error_and_undoes_its_transaction, an_outage_can_be_played);

mod with_a_thread {
    use super::*;

    kept!(the_thread_outlives_its_jobs, a_word_of_a_newer_version_is_told);
}

fn a_panic_is_an_error_and_undoes_its_transaction(place: &Place) {
    let store = place.open().unwrap();
    {
        commit(&store, one(1)).unwrap();
        let job = store.on_writer(|session| {
            session.transact("testing", |records| {
                records.write(&one(2))?;
                if records.batch_execute("SELECT 1").is_ok() {
                    panic!("out of cheese");
                }
                Ok(())
            })
        });
        let error = run(job).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "testing panicked: out of cheese");
        assert_eq!(numbers(&store), [1]);
        commit(&store, one(2)).unwrap();

        let read: Result<(), _> = run(store.read("testing", |_| panic!("out of {}", "wine")));
        assert_eq!(read.unwrap_err().to_string(), "testing panicked: out of wine");
        assert_eq!(numbers(&store), [1, 2]);
    }
}

fn an_outage_can_be_played(place: &Place) {
    let store = place.open().unwrap();
    {
        commit(&store, one(1)).unwrap();
        store.simulate(Outage::Begins);
        assert!(matches!(commit(&store, one(2)), Err(StoreError::Io { .. })));
        assert!(store.load().is_err());
        assert!(!store.healthy());
        store.simulate(Outage::Ends);
        commit(&store, one(2)).unwrap();
        assert_eq!(numbers(&store), [1, 2]);
    }
}

fn the_thread_outlives_its_jobs(place: &Place) {
    let store = place.open().unwrap();
    let job = store.on_writer(|_| -> Result<(), StoreError> { panic!("outside of everything") });
    assert!(run(job).is_err(), "its answer is dropped");
    commit(&store, one(1)).unwrap();
}

fn a_word_of_a_newer_version_is_told(place: &Place) {
    let store = place.open().unwrap();
    let batch = Batch {
        instances: vec![instance(1, 1)],
        events: vec![Event { id: EventId(1), ..event(1) }],
        ..Batch::default()
    };
    commit(&store, batch).unwrap();
    place.execute("UPDATE instances SET desired_state = 'hibernating'").unwrap();
    place.execute("UPDATE events SET kind = 'omen'").unwrap();
    let error = store.load().unwrap_err();
    let key = id(1).to_string();
    assert!(matches!(&error, StoreError::Row { table: "instances", key: k, .. } if *k == key));
    assert_eq!(
        error.to_string(),
        format!(
            "row {key} of table instances cannot be understood: desired_state: `hibernating` is \
             not a known desired state; known are: running, paused, shutoff; was it written by a \
             newer version?"
        )
    );
    let error = run(store.events(EventQuery::default())).unwrap_err();
    assert!(matches!(error, StoreError::Row { table: "events", .. }));

    // A row of which half is set is refused by the database already.
    let half = place.execute("UPDATE instances SET observed = 'running/booted'");
    assert!(half.is_err());
}
