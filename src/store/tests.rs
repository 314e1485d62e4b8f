//! The store on real files, in memory and on a real PostgreSQL: what goes in comes out, what must not go in does not,
//! and everything that can be wrong with a database has its own sentence.
//!
//! What holds for every kind of database is one list of functions, each a test of each kind ([`everywhere`], or [`kept`]
//! for what outlives its store). What only a file can do, or only a server, is in files of its own.

mod admin;
mod copy;
mod crash;
mod faults;
mod files;
mod guards;
mod opening;
mod outbox;
mod place;
mod reading;
mod retention;
mod round_trip;
mod sample;
mod server;
mod sessions;
mod thread;

use super::{Batch, Store, StoreError};
use place::Place;

/// Tests of any kind of store: each function gets a place where nothing is yet.
macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {
        mod in_memory {
            $( #[test] fn $name() { super::$name(&$crate::store::tests::Place::memory()); } )*
        }
        $crate::store::tests::kept!($($name),*);
    };
}

/// Tests of what is kept when its store is closed.
macro_rules! kept {
    ($($name:ident),* $(,)?) => {
        mod in_a_file {
            $( #[test] fn $name() { super::$name(&$crate::store::tests::Place::file()); } )*
        }
        mod on_a_server {
            $( #[test] fn $name() { super::$name(&$crate::store::tests::Place::server()); } )*
        }
    };
}

use {everywhere, kept};

/// Awaits on a runtime of its own.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn commit(store: &Store, batch: Batch) -> Result<(), StoreError> {
    let rows = batch.rows();
    run(store.commit(batch)).map(|stats| assert_eq!(stats.rows, rows))
}

/// The numbers of all events.
fn numbers(store: &Store) -> Vec<i64> {
    let query = super::EventQuery { limit: 10_000, ..super::EventQuery::default() };
    run(store.events(query)).unwrap().iter().map(|event| event.id.0).collect()
}

/// A batch with this event.
fn one(number: i64) -> Batch {
    Batch { events: vec![sample::event(number)], ..Batch::default() }
}

#[test]
fn a_store_goes_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    anywhere::<Store>();
}
