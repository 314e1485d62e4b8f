//! The real program on a real PostgreSQL: one process acts, another stands by and takes over; what is told of it.
//!
//! Not in here: what the store does by itself, which is in `src/store/tests`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]
#![allow(missing_docs, unreachable_pub)]

mod failover;
mod service;

use std::time::Duration;

use assured_lab::{Postgres, wait_until};
use rustix::process::Signal;

use service::Site;

/// How long a takeover may take, as docs/postgresql.md promises it.
const TAKEOVER: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_standby_waits_and_takes_over_when_the_other_is_killed() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let site = Site::new(&database.url());
    let mut first = site.start();
    first.until_serving();
    assert_eq!(first.get("/api/v1/status")["database"]["backend"], "postgres");
    let mut second = site.start();
    second.until_logged("standby: ");
    wait_until(SOON, "the service manager to be told", || {
        second
            .told()
            .iter()
            .any(|told| told.contains("READY=1") && told.contains("STATUS=standby: "))
    })
    .unwrap();
    wait_until(SOON, "the watchdog to be fed", || {
        second.told().iter().filter(|told| told.contains("WATCHDOG=1")).count() >= 3
    })
    .unwrap();
    assert!(second.address().is_none(), "who can be reached is the one that acts");
    assert_eq!(
        second.log().matches(" standby: the database").count(),
        1,
        "said once: {}",
        second.log()
    );

    first.send(Signal::KILL);
    first.wait();
    let took = second.until_serving();
    assert!(took < TAKEOVER, "{took:?}");
    second.until_logged("takes over");
    second.send(Signal::TERM);
    assert_eq!(second.wait(), Some(0));
}

#[test]
fn a_standby_is_ended_by_a_signal() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let site = Site::new(&database.url());
    let mut first = site.start();
    first.until_serving();
    let mut second = site.start();
    second.until_logged("standby: ");
    second.send(Signal::TERM);
    assert_eq!(second.wait(), Some(0));
    // One that ends in order lets the next one in at once.
    let mut third = site.start();
    third.until_logged("standby: ");
    first.send(Signal::TERM);
    assert_eq!(first.wait(), Some(0));
    assert!(third.until_serving() < TAKEOVER);
}

#[test]
fn who_was_taken_over_ends() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let site = Site::new(&database.url());
    let mut service = site.start();
    service.until_serving();
    // What another process does, in the moment in which this one has no connection.
    database.execute("UPDATE ownership SET term = term + 1").unwrap();
    let ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'assured' AND datname";
    database.server().admin(&format!("{ends} = '{}'", database.name())).unwrap();
    assert_eq!(service.wait(), Some(74));
    assert!(service.log().contains("was taken over by another process"), "{}", service.log());
}

#[test]
fn a_standby_outlasts_the_servers_restart() {
    let server = Postgres::new().unwrap();
    let database = server.database().unwrap();
    let site = Site::new(&database.url());
    let mut first = site.start();
    first.until_serving();
    let mut second = site.start();
    second.until_logged("standby: ");
    first.send(Signal::STOP);
    server.stop().unwrap();
    second.until_logged("cannot be reached");
    server.start().unwrap();
    second.until_serving();
    // The first finds out that it is not the one any more.
    first.send(Signal::CONT);
    assert_eq!(first.wait(), Some(74));
    assert_eq!(second.get("/api/v1/status")["database"]["healthy"], true);
}

#[test]
fn what_cannot_be_used_ends_the_start_and_shows_no_password() {
    let database = Postgres::shared().unwrap().database().unwrap();
    let site = Site::new(&database.url_by_tcp(Some("falsch-geheim")));
    let mut service = site.start();
    assert_eq!(service.wait(), Some(74));
    assert!(service.log().contains("refuses this user"), "{}", service.log());
    for words in [&["db", "check"][..], &["db", "migrate"], &["check"]] {
        let said = site.run(words);
        assert!(!said.contains("falsch"), "{said}");
        assert!(said.contains("postgres://assured@127.0.0.1"), "{said}");
    }
}
