//! What only happens to databases on a server: the connection is lost, the server ends, hangs, another process takes
//! over.

use std::time::Duration;

use assured_lab::{Postgres, PostgresDatabase, wait_until};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::sample::*;
use super::{commit, numbers, one, run};
use crate::store::{Batch, EventQuery, Outage, ServerError, Store, StoreError};

pub(super) fn database() -> PostgresDatabase {
    Postgres::shared().unwrap().database().unwrap()
}

pub(super) fn open(database: &PostgresDatabase) -> Result<Store, StoreError> {
    Store::open(&database.url())
}

/// The sessions in a database, without whoever asks.
fn sessions(database: &PostgresDatabase, what: &str) -> String {
    let sql = format!(
        "SELECT {what} FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'assured'",
        database.name()
    );
    database.server().admin(&sql).unwrap().trim().to_owned()
}

/// Ends them, as an administrator does, or a network.
pub(super) fn cut(database: &PostgresDatabase) {
    sessions(database, "pg_terminate_backend(pid)");
    wait_until(Duration::from_secs(5), "them to end", || sessions(database, "count(*)") == "0")
        .unwrap();
}

/// What comes of it in this time.
async fn within<T>(time: Duration, what: impl Future<Output = T>) -> Result<T, Elapsed> {
    timeout(time, what).await
}

/// A server that hangs until this is dropped: a store's end waits for what it was sent.
struct Paused<'a>(&'a Postgres);

impl<'a> Paused<'a> {
    fn new(server: &'a Postgres) -> Self {
        server.pause().unwrap();
        Self(server)
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.resume().unwrap();
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_lost_connection_is_made_anew_and_nothing_is_lost() {
    let database = database();
    let store = open(&database).unwrap();
    commit(&store, one(1)).unwrap();
    assert_eq!(numbers(&store), [1]);
    for number in 2..6 {
        cut(&database);
        commit(&store, one(number)).unwrap();
        assert_eq!(numbers(&store).len(), usize::try_from(number).unwrap(), "readers too");
        assert!(matches!(open(&database), Err(StoreError::Server(ServerError::InUse { .. }))));
    }
}

#[test]
fn one_that_is_lost_within_a_transaction_leaves_nothing_of_it() {
    let database = database();
    let store = open(&database).unwrap();
    let name = database.name().to_owned();
    let server = database.server().clone();
    let job = store.on_writer(move |session| {
        session.transact("writing", |records| {
            records.write(&one(1))?;
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
            server.admin(&format!("{sql} '{name}'")).unwrap();
            records.write(&one(2))
        })
    });
    let error = run(job).unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::Lost { .. })), "{error:?}");
    assert!(error.is_open_ended(), "nobody knows what became of it");
    assert!(numbers(&store).is_empty());
    commit(&store, one(1)).unwrap();
    assert!(store.healthy());
}

#[test]
fn the_connection_is_looked_after_while_nobody_writes() {
    let database = database();
    let _store = open(&database).unwrap();
    cut(&database);
    let back = || sessions(&database, "count(*)") == "1";
    wait_until(10 * SECOND, "another connection", back).unwrap();
    assert!(matches!(open(&database), Err(StoreError::Server(ServerError::InUse { .. }))));
}

#[test]
fn who_had_it_meanwhile_is_noticed_even_when_gone_again() {
    let database = database();
    let store = open(&database).unwrap();
    commit(&store, one(1)).unwrap();
    let mut over = store.taken_over();
    assert!(!*over.borrow_and_update());
    // What another process does, in the time in which this one has no connection.
    database.execute("UPDATE ownership SET term = term + 1").unwrap();
    cut(&database);
    let error = commit(&store, one(2)).unwrap_err();
    assert!(
        matches!(&error, StoreError::Server(ServerError::TakenOver { by: None, .. })),
        "{error:?}"
    );
    assert!(!error.is_open_ended(), "nothing was asked");
    assert!(*over.borrow_and_update());
    assert!(commit(&store, one(2)).is_err(), "it stays so");
    drop(store);
    let store = open(&database).unwrap();
    assert_eq!(numbers(&store), [1]);
}

#[test]
fn who_has_it_now_is_noticed_by_who_has_nothing_to_write_and_left_in_peace() {
    let database = database();
    let first = open(&database).unwrap();
    commit(&first, one(1)).unwrap();
    // It does not come back before the other has taken the database.
    first.simulate(Outage::Stalls);
    cut(&database);
    let second = open(&database).unwrap();
    let mut over = first.taken_over();
    first.simulate(Outage::Ends);
    run(within(10 * SECOND, over.wait_for(|over| *over))).unwrap().unwrap();
    let error = commit(&first, one(2)).unwrap_err();
    assert!(
        matches!(error, StoreError::Server(ServerError::TakenOver { by: Some(_), .. })),
        "{error:?}"
    );
    commit(&second, one(2)).unwrap();
    assert_eq!(numbers(&second), [1, 2]);
    assert!(!*second.taken_over().borrow());
}

#[test]
fn a_server_that_ends_is_told_and_gone_on_with_when_it_is_back() {
    let server = Postgres::new().unwrap();
    let database = server.database().unwrap();
    let store = open(&database).unwrap();
    commit(&store, one(1)).unwrap();
    for end in [Postgres::stop, Postgres::crash] {
        end(&server).unwrap();
        let error = commit(&store, one(2)).unwrap_err();
        assert!(matches!(error, StoreError::Server(ServerError::Unreachable { .. })), "{error:?}");
        assert!(!store.healthy());
        assert!(run(store.events(EventQuery::default())).is_err());
        server.start().unwrap();
        commit(&store, Batch::default()).unwrap();
        assert!(store.healthy());
        assert_eq!(numbers(&store), [1]);
    }
}

#[test]
fn a_server_that_hangs_is_not_waited_for_for_ever() {
    let server = Postgres::new().unwrap();
    let database = server.database().unwrap();
    let store = open(&database).unwrap();
    commit(&store, one(1)).unwrap();
    let paused = Paused::new(&server);
    let late = run(within(SECOND, store.commit(one(2))));
    assert!(late.is_err(), "the arbiter's patience is the bound of a commit");
    let error = open(&database).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::Unreachable { .. })), "{error:?}");
    drop(paused);
    commit(&store, one(3)).unwrap();
    assert_eq!(numbers(&store), [1, 2, 3], "what was given up is done all the same, in its order");
}

#[test]
fn somebody_elses_lock_is_waited_for_with_a_bound() {
    let database = database();
    let store = open(&database).unwrap();
    // In one transaction of psql's, which holds the table locked while it sleeps.
    let holds = "BEGIN; LOCK TABLE events; SELECT pg_sleep(8); COMMIT";
    let error = std::thread::scope(|scope| {
        let holder = scope.spawn(|| database.execute(holds));
        let locked = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
                      AND relation = 'events'::regclass";
        let is_locked = || database.execute(locked).unwrap().trim() == "1";
        wait_until(5 * SECOND, "the lock", is_locked).unwrap();
        let error = commit(&store, one(1)).unwrap_err();
        holder.join().unwrap().unwrap();
        error
    });
    assert!(matches!(error, StoreError::Server(ServerError::Locked { .. })), "{error:?}");
    commit(&store, one(1)).unwrap();
}

#[test]
fn readers_take_no_more_connections_than_they_may() {
    let database = database();
    let store = open(&database).unwrap();
    run(async {
        let reads: Vec<_> = (0..64)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.events(EventQuery::default()).await })
            })
            .collect();
        for read in reads {
            read.await.unwrap().unwrap();
        }
    });
    let open: usize = sessions(&database, "count(*)").parse().unwrap();
    assert!((2..=9).contains(&open), "{open}");
    commit(&store, Batch { instances: vec![instance(1, 1)], ..Batch::default() }).unwrap();
}
