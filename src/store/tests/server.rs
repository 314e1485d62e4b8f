//! What only happens to databases on a server: the connection is lost, the server ends, hangs, is full or read-only,
//! another process takes over; and no password is ever told.

use std::time::Duration;

use assured_lab::{Postgres, PostgresDatabase, wait_until};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::sample::*;
use super::{commit, numbers, one, run};
use crate::store::{Batch, EventQuery, Location, Server, ServerError, Store, StoreError};

fn database() -> PostgresDatabase {
    Postgres::shared().unwrap().database().unwrap()
}

fn open(database: &PostgresDatabase) -> Result<Store, StoreError> {
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
fn cut(database: &PostgresDatabase) {
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
fn who_has_it_now_is_noticed_by_who_has_nothing_to_write() {
    let database = database();
    let first = open(&database).unwrap();
    commit(&first, one(1)).unwrap();
    // It cannot come back while the other takes the database.
    database
        .server()
        .admin(&format!("ALTER DATABASE {} CONNECTION LIMIT 0", database.name()))
        .unwrap();
    cut(&database);
    database
        .server()
        .admin(&format!("ALTER DATABASE {} CONNECTION LIMIT -1", database.name()))
        .unwrap();
    // Either may be the one, and only one is.
    let second = open(&database);
    let mut over = first.taken_over();
    match second {
        Ok(second) => {
            run(within(10 * SECOND, over.wait_for(|over| *over))).unwrap().unwrap();
            assert!(commit(&first, one(2)).is_err());
            commit(&second, one(2)).unwrap();
        }
        Err(error) => {
            assert!(matches!(error, StoreError::Server(ServerError::InUse { .. })), "{error:?}");
            commit(&first, one(2)).unwrap();
        }
    }
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
fn what_cannot_be_opened_has_its_own_sentence() {
    let database = database();
    let server = database.server();
    let refused = |url: &str| match Store::open(url).unwrap_err() {
        StoreError::Server(error) => error,
        other => panic!("{other:?}"),
    };
    let there = database.url();
    assert!(matches!(
        refused(&there.replace("host=", "host=/nowhere")),
        ServerError::Unreachable { .. }
    ));
    assert!(matches!(refused("postgres://127.0.0.1:1/x"), ServerError::Unreachable { .. }));
    let nobody = there.replace(database.name(), "nothing_here");
    assert!(matches!(refused(&nobody), ServerError::Absent { .. }));
    assert!(matches!(refused(&database.url_by_tcp(None)), ServerError::Refused { .. }));
    assert!(matches!(refused(&there.replace("assured@", "nobody@")), ServerError::Refused { .. }));

    let latin = server.database_with("ENCODING 'LATIN1'").unwrap();
    assert!(
        matches!(refused(&latin.url()), ServerError::Encoding { encoding, .. } if encoding == "LATIN1")
    );
    let foreign = server.database().unwrap();
    foreign.execute("CREATE TABLE recipes (name text)").unwrap();
    assert!(matches!(refused(&foreign.url()), ServerError::Foreign { .. }));
    let one_only = server.database().unwrap();
    server.admin(&format!("ALTER DATABASE {} CONNECTION LIMIT 0", one_only.name())).unwrap();
    assert!(matches!(refused(&one_only.url()), ServerError::TooMany { .. }));
    let theirs = server.database().unwrap();
    server.admin(&format!("ALTER DATABASE {} OWNER TO postgres", theirs.name())).unwrap();
    assert!(matches!(refused(&theirs.url()), ServerError::Denied { .. }));
    let newer = server.database().unwrap();
    drop(open(&newer).unwrap());
    newer
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20310101000000')")
        .unwrap();
    let error = open(&newer).unwrap_err();
    assert!(matches!(error, StoreError::Newer { versions, .. } if versions == ["20310101000000"]));
}

#[test]
fn one_that_is_read_only_is_told_when_it_is_opened_and_when_it_has_become_so() {
    let database = database();
    let store = open(&database).unwrap();
    let read_only = |word: &str| {
        let name = database.name();
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {word}");
        database.server().admin(&sql).unwrap();
        cut(&database);
    };
    read_only("on");
    for batch in [one(1), Batch::default()] {
        let error = commit(&store, batch).unwrap_err();
        assert!(matches!(error, StoreError::Server(ServerError::ReadOnly { .. })), "{error:?}");
    }
    drop(store);
    let error = open(&database).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::ReadOnly { .. })), "{error:?}");
    read_only("off");
    commit(&open(&database).unwrap(), one(1)).unwrap();
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
fn what_is_acknowledged_is_on_the_disk_whatever_the_servers_default() {
    let database = database();
    assert_eq!(database.execute("SHOW synchronous_commit").unwrap().trim(), "off");
    let is = |word: &str| {
        // Divides by zero where it is another one.
        let sql = format!("SELECT 1 / (current_setting('synchronous_commit') = '{word}')::int");
        let store = open(&database).unwrap();
        let job = store.on_writer(move |session| {
            session.transact("asking", |records| Ok(records.batch_execute(&sql)?))
        });
        run(job).unwrap().is_ok()
    };
    assert!(is("on") && !is("off"));
    let stronger =
        format!("ALTER DATABASE {} SET synchronous_commit = remote_apply", database.name());
    database.server().admin(&stronger).unwrap();
    assert!(is("remote_apply"), "nor is it made weaker");
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

#[test]
fn the_password_may_be_in_the_url_or_in_a_file_and_is_never_told() {
    let database = database();
    let (password, encoded) = database.password();
    let url = database.url_by_tcp(Some(encoded));
    drop(Store::open(&url).unwrap());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{password}\n")).unwrap();
    let server =
        Server::parse(&database.url_by_tcp(None)).unwrap().with_password_file(Some(file.clone()));
    let location = Location::Server(server);
    drop(Store::open_at(&location).unwrap());
    std::fs::write(&file, "n0t/this").unwrap();
    let hidden = |error: &StoreError| {
        for text in [error.to_string(), format!("{error:?}")] {
            for secret in [password, encoded, "n0t/this", "n0t%2Fthis", "geheim"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    };
    let error = Store::open_at(&location).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::Refused { .. })), "{error:?}");
    hidden(&error);
    std::fs::remove_file(&file).unwrap();
    let error = Store::open_at(&location).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::PasswordFile { .. })), "{error:?}");

    let known = Location::parse(&url).unwrap();
    for text in [known.to_string(), format!("{known:?}")] {
        assert!(!text.contains("geheim") && text.contains("assured@127.0.0.1"), "{text}");
    }
    // All kinds of wrong ones; libpq itself shows the whole URL in what it says of some.
    for wrong in [
        url.replace("/test", "/nothing-test"),
        url.replace("@127.0.0.1:", "@127.0.0.1:x"),
        url.replace("@127.0.0.1", "@[127.0.0.1"),
        format!("{url}?what=geheim"),
        format!("{url}?geheim"),
        format!("{url}?sslpassword=geheim&x=%"),
        format!("{url}%zz"),
        url.replace("geheim", "geheim/"),
        url.replace("geheim", "geheim@"),
        url.replace("geheim", "geheim?"),
        url.replace("geheim", "geheim#"),
        url.replace("geheim", "geheim "),
        "postgres:assured:geheim@db/x".to_owned(),
    ] {
        hidden(&Store::open(&wrong).unwrap_err());
    }
}
