//! What a server says no to has a sentence of its own, a session is set up as it must be, and no password is ever told.

use super::server::{cut, database, open};
use super::{commit, one, run};
use crate::store::{Batch, Location, Server, ServerError, Store, StoreError};

#[test]
fn what_cannot_be_opened_has_its_own_sentence() {
    let database = database();
    let server = database.server();
    let refused = |url: &str| {
        let error = Store::open(url).unwrap_err();
        if let StoreError::Server(error) = error { error } else { panic!("{error:?}") }
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
