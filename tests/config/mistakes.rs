//! One mistake at a time: where it is said to be, and what is said about it.

use super::{read_files, refused};

/// Reads the file, and expects exactly these errors: keys with parts of the messages.
#[track_caller]
fn check(toml: &str, expected: &[(&str, &str)]) {
    let errors = refused(toml, expected);
    assert!(errors.iter().all(|e| e.file.as_deref() == Some("1.toml")), "{toml}\n{errors:#?}");
}

/// The same, of what is wrong by its shape: the schema objects to it as well.
#[track_caller]
fn misshapen(toml: &str, expected: &[(&str, &str)]) {
    check(toml, expected);
    let objections = super::schema::objections(toml).expect(toml);
    assert!(!objections.is_empty(), "the schema has nothing against {toml}");
}

const HOST: &str = "hosts = [{ id = 'a', uri = 'qemu:///system' }]\n";

#[test]
fn the_file() {
    check("a = = 1", &[("", "line 1, column 5")]);
    check("[poll]\ninterval = '1s'\ninterval = '2s'", &[("", "line 3, column 1: duplicate key")]);
    check("[poll", &[("", "line 1")]);
    check("[service]\nmax_concurrent_actions = 99999999999999999999", &[("", "not valid TOML")]);
    let missing = assured::config::load(&["no/such.toml".into()], std::iter::empty());
    let text = missing.unwrap_err().to_string();
    assert_eq!(text, "no/such.toml: cannot be read: No such file or directory (os error 2)");
    let directory = assured::config::load(&["/".into()], std::iter::empty()).unwrap_err();
    assert_eq!(directory.to_string(), "/: cannot be read: Is a directory (os error 21)");
}

#[test]
fn unknown_keys() {
    misshapen("pol = 1", &[("pol", "known here are: service, http, database, poll")]);
    misshapen("[pol]", &[("pol", "is no known key")]);
    misshapen("[poll]\nintervall = '1s'", &[("poll.intervall", "interval, jitter, by_state")]);
    misshapen("'poll.interval' = '1s'", &[("\"poll.interval\"", "is no known key")]);
    misshapen("'poll[99999999999]' = 1", &[("\"poll[99999999999]\"", "is no known key")]);
    misshapen(
        "[supervision]\nhost = { restart = 1 }\nroot = {}",
        &[("supervision.host.restart", "restarts, window"), ("supervision.root", "no known key")],
    );
    misshapen(
        "[[hosts]]\nid = 'a'\nuri = 'qemu:///system'\nurl = ''",
        &[("hosts[0].url", "id, uri")],
    );
}

#[test]
fn types() {
    misshapen("poll = 3", &[("poll", "must be a table, not 3")]);
    misshapen("[poll]\ninterval = 10", &[("poll.interval", "must be a duration from 100ms to 1h")]);
    misshapen("[poll]\nevents = 'true'", &[("poll.events", "must be true or false, not a text")]);
    misshapen(
        "[poll]\njitter = '0.1'",
        &[("poll.jitter", "must be a number from 0 to 0.5, not a")],
    );
    misshapen("[poll]\nby_state = []", &[("poll.by_state", "must be a table, not a list")]);
    misshapen(
        "[service]\nmax_concurrent_actions = 1.5",
        &[("service.max_concurrent_actions", "1.5")],
    );
    misshapen(
        "[service]\ndata_dir = 7",
        &[("service.data_dir", "must be a text in quotes, not 7")],
    );
    misshapen(
        "[service]\nshutdown_grace = true",
        &[("service.shutdown_grace", "\"5m\", not true")],
    );
}

#[test]
fn values() {
    let range = "must be a whole number from 1 to 10000, not 0";
    check("[service]\nmax_concurrent_actions = 0", &[("service.max_concurrent_actions", range)]);
    check("[service]\ndata_dir = ''", &[("service.data_dir", "must be an absolute path")]);
    check("[poll]\ninterval = '10 parsecs'", &[("poll.interval", "unknown time unit")]);
    check("[poll]\ninterval = '2h'", &[("poll.interval", "from 100ms to 1h, such as")]);
    check("[poll]\ninterval = ''", &[("poll.interval", "value was empty")]);
    check("[poll]\njitter = nan", &[("poll.jitter", "must be a number from 0 to 0.5")]);
    check("[poll]\nby_state = { of = '1s' }", &[("poll.by_state.of", "known are: nostate, runn")]);
    check("[http]\nlisten = 'localhost'", &[("http.listen", "such as 127.0.0.1:8420")]);
    check("[http]\nlisten = '0.0.0.0:8420'", &[("http.listen", "no access tokens")]);
    check("[http]\nlisten = '[::]:8420'", &[("http.listen", "there are no access tokens")]);
    for url in
        ["mysql://db", "sqlite://", "sqlite:///", "sqlite:a.db", "sqlite://a.db", "sqlite:///a/"]
    {
        check(&format!("database.url = '{url}'"), &[("database.url", "must be sqlite:// with")]);
    }
    check("database.url = 'sqlite::memory:'", &[("database.url", "must name a file")]);
    for (url, why) in [
        ("postgres:db", "must be sqlite:// with"),
        ("postgres://a:b/c@db/x", "%2F, %3F or %40"),
        ("postgres://a:b@c@db/x", "%2F, %3F or %40"),
        ("postgres://db/x?sslmode", "has no value"),
        ("postgres://db/x y", "a blank"),
    ] {
        check(&format!("database.url = '{url}'"), &[("database.url", why)]);
    }
    let both = "[database]\nurl = 'postgres://a:b@db/x'\npassword_file = '/etc/pw'";
    check(both, &[("database.password_file", "has a password already")]);
    let file = "[database]\npassword_file = '/etc/pw'";
    check(file, &[("database.password_file", "an SQLite database has no password")]);
    check("database.url = 'sqlite:///a?b'", &[("database.url", "`?` and `#` have no meaning")]);
    check(
        "[log]\nformat = 'xml'",
        &[("log.format", "must be one of text, json, journald, not \"xml\"")],
    );
    check("[log]\nfilter = 'a=b=c'", &[("log.filter", "must be a filter such as")]);
}

#[test]
fn hosts() {
    check("hosts = 3", &[("hosts", "must be a list of tables, not 3")]);
    check("hosts = [3]", &[("hosts[0]", "must be a table, not 3")]);
    check("hosts = [{}]", &[("hosts[0].id", "is missing"), ("hosts[0].uri", "is missing")]);
    for id in ["ä", "", ".", "..", "-a", "a/b", "a b", &"a".repeat(64)] {
        let hosts = format!("hosts = [{{ id = '{id}', uri = 'qemu:///system' }}]");
        check(&hosts, &[("hosts[0].id", "must be a name of 1 to 63 letters")]);
    }
    check("hosts = [{ id = 'a', uri = 'no uri' }]", &[("hosts[0].uri", "is not a URI")]);
    check(
        "hosts = [{ id = 'a', uri = 'qemu:///system' }, { id = 'a', uri = 'qemu:///system' }]",
        &[
            ("hosts[1].id", "`a` is the id of another host already"),
            ("hosts[1].uri", "is the URI of host `a` already"),
        ],
    );
    let host = |more: &str| format!("hosts = [{{ id = 'a', uri = 'qemu:///system', {more} }}]");
    let actions = [("hosts[0].max_concurrent_actions", "from 1 to 64, not 65")];
    check(&host("max_concurrent_actions = 65"), &actions);
    check(&host("unmanaged = 'kill'"), &[("hosts[0].unmanaged", "ignore, alert, adopt")]);
    check(&host("labels = { rack = 3 }"), &[("hosts[0].labels.rack", "a text in quotes, not 3")]);
}

#[test]
fn instances() {
    let one = |text: &str| format!("{HOST}instances = [{{ {text} }}]");
    let web = |text: &str| one(&format!("name = 'w', host = 'a', desired = 'running', {text}"));
    check(
        &one(""),
        &[
            ("instances[0].name", "`name` or `id` has to say which domain"),
            ("instances[0].host", "is missing"),
            ("instances[0].desired", "is missing"),
        ],
    );
    check(&web("id = 'a'"), &[("instances[0].id", "must not stand beside `name`")]);
    check(&one("id = 'a', host = 'a', desired = 'paused'"), &[("instances[0].id", "UUID")]);
    check(&one("name = '', host = 'a', desired = 'paused'"), &[("instances[0].name", "name")]);
    check(
        &one("name = 'w', host = 'b', desired = 'on'"),
        &[
            ("instances[0].host", "no host has the id \"b\"; there are: a"),
            ("instances[0].desired", "running, paused, shutoff, not \"on\""),
        ],
    );
    check(&web("policy = 'x'"), &[("instances[0].policy", "no policy \"x\"; there are: default")]);
    check(&web("priority = 3000000000"), &[("instances[0].priority", "to 2147483647")]);
    let twice = |first: &str, second: &str| {
        format!(
            "{HOST}[[instances]]\ndesired = 'running'\n{first}\n[[instances]]\n{second}\ndesired = 'paused'"
        )
    };
    let web = "name = 'w'\nhost = 'a'";
    check(&twice(web, web), &[("instances[1].name", "is the instance of instances[0] already")]);
    let id = "id = '7b8e6a0e-52a5-4d5c-9f0c-2d6a1f0e3b11'\nhost = 'a'";
    check(&twice(id, id), &[("instances[1].id", "is the instance of instances[0] already")]);
}

#[test]
fn the_environment() {
    let errors = read_files(
        &[""],
        &[
            ("ASSURED__POLL", "3"),
            ("ASSURED__LOG__FORMAT", "xml"),
            ("ASSURED__LOG__FORMAT__X", "1"),
            ("ASSURED__", "1"),
            ("ASSURED__POLL__JITTER", "much"),
            ("ASSURED__HOSTS", "a"),
        ],
    );
    let errors = errors.unwrap_err();
    assert!(errors.iter().all(|e| e.file.as_deref() == Some("environment")), "{errors:#?}");
    let keys: Vec<_> = errors.iter().map(|e| e.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "ASSURED__",
            "ASSURED__LOG__FORMAT__X",
            "ASSURED__POLL__JITTER",
            "poll",
            "hosts",
            "log.format"
        ]
    );
}
