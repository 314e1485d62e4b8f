//! A private PostgreSQL: it comes up, keeps what it has over an end and a kill, and leaves nothing.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use assured_lab::{Postgres, wait_until};

#[test]
fn a_server_keeps_what_it_has_until_it_goes() {
    let server = Postgres::new().unwrap();
    let database = server.database().unwrap();
    database.execute("CREATE TABLE t (n int)").unwrap();
    database.execute("INSERT INTO t VALUES (7)").unwrap();
    server.stop().unwrap();
    assert!(database.execute("SELECT 1").is_err());
    server.start().unwrap();
    server.crash().unwrap();
    server.start().unwrap();
    server.admin("CHECKPOINT").unwrap();
    assert_eq!(database.execute("SELECT n FROM t").unwrap().trim(), "7");
    let (host, parameters) = (database.url(), "host=");
    let folder = host.split(parameters).nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(Path::new(&folder).exists());
    let name = database.name().to_owned();
    drop(database);
    assert!(!server.admin("SELECT datname FROM pg_database").unwrap().contains(&name));
    drop(server);
    assert!(!Path::new(&folder).exists());
}

#[test]
fn one_that_is_paused_ends_all_the_same() {
    let server = Postgres::new().unwrap();
    let database = server.database().unwrap();
    server.pause().unwrap();
    server.resume().unwrap();
    wait_until(Duration::from_secs(5), "an answer", || database.execute("SELECT 1").is_ok())
        .unwrap();
    // Paused, it goes with the pipe, as it does when this process is killed.
    server.pause().unwrap();
    std::mem::forget(database);
}
