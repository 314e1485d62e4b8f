//! The thread that writes: its end is told, nothing waits for it in vain, and the next one goes on.

use futures_util::FutureExt;

use super::place::FilePlace;
use super::{Place, commit, everywhere, kept, numbers, one, run};
use crate::model::EventId;
use crate::store::{EventQuery, Outage, Store, StoreError};

everywhere!(a_stall_delays_and_keeps_the_order);

mod of_its_own {
    use super::*;

    kept! {
        the_end_of_the_thread_is_told_and_the_next_one_connects_anew,
        who_keeps_a_thread_that_lives_begins_no_other,
    }
}

/// What ends a thread that catches panics: a panic whose value panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the thread is to end");
    }
}

fn end_thread(store: &Store) {
    let job = store.on_writer(|_| -> Result<(), StoreError> { std::panic::panic_any(Bomb) });
    assert!(run(job).is_err());
}

fn the_end_of_the_thread_is_told_and_the_next_one_connects_anew(place: &Place) {
    let store = place.open().unwrap();
    for life in 0..20 {
        let kept = store.keep_writing();
        commit(&store, one(2 * life + 1)).unwrap();
        // It is in the midst of something; more waits behind it.
        store.simulate(Outage::Stalls);
        let ends = store.on_writer(|_| -> Result<(), StoreError> { std::panic::panic_any(Bomb) });
        let behind = store.commit(one(2 * life + 2));
        store.simulate(Outage::Ends);
        assert!(run(ends).is_err());
        assert!(matches!(run(behind), Err(StoreError::Stopped)), "nobody waits in vain");
        let why = run(kept);
        assert_eq!(why, "the thread that writes the database panicked: the thread is to end");
        assert!(matches!(run(store.commit(one(1_000))), Err(StoreError::Stopped)));
        assert!(matches!(store.load(), Err(StoreError::Stopped)));
        assert_eq!(store.keep_writing().now_or_never(), None, "there is another one");
    }
    let kept: Vec<i64> = (0..20).map(|life| 2 * life + 1).collect();
    assert_eq!(numbers(&store), kept, "nothing of what was refused");
    commit(&store, one(40)).unwrap();
    assert_eq!(store.load().unwrap().last_event, EventId(40));
}

fn who_keeps_a_thread_that_lives_begins_no_other(place: &Place) {
    let store = place.open().unwrap();
    let (first, second) = (store.keep_writing(), store.keep_writing());
    end_thread(&store);
    assert_eq!(run(first), run(second));
    assert_eq!(Store::in_memory().unwrap().keep_writing().now_or_never(), None);
}

fn a_stall_delays_and_keeps_the_order(place: &Place) {
    let store = place.open().unwrap();
    {
        store.simulate(Outage::Stalls);
        let mut commits: Vec<_> = (1..=3).map(|n| Box::pin(store.commit(one(n)))).collect();
        assert!(commits.iter_mut().all(|commit| commit.now_or_never().is_none()));
        let read = Box::pin(store.reload());
        store.simulate(Outage::Ends);
        for commit in commits {
            run(commit).unwrap();
        }
        assert_eq!(run(read).unwrap().last_event, EventId(3), "it sees what was sent before");
        assert!(store.healthy());
    }
}

#[test]
fn what_is_closed_is_so_for_all_clones_and_its_log_is_gone() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let clone = store.clone();
    commit(&store, one(1)).unwrap();
    assert_eq!(numbers(&clone), [1]);
    let log = place.path.with_extension("db-wal");
    assert!(log.exists());
    run(store.close()).unwrap();
    assert!(!log.exists());
    assert!(matches!(run(clone.events(EventQuery::default())), Err(StoreError::Stopped)));
    assert!(matches!(commit(&clone, one(2)), Err(StoreError::Stopped)));
}
