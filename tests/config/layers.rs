//! Defaults, the order of the layers, and how they merge.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assured::config::{Domain, LogFormat, RestartBudget, Unmanaged, load};
use assured::model::{DesiredState, HostId, State};
use assured::store::Location;

use super::{read, read_files};

#[test]
fn the_defaults_are_the_documented_ones() {
    let settings = read("").unwrap();
    let secs = Duration::from_secs;
    assert_eq!(settings.service.data_dir, Path::new("/var/lib/assured"));
    assert_eq!(settings.service.shutdown_grace, secs(10));
    assert_eq!(settings.service.action_deadline, secs(120));
    assert_eq!(settings.service.max_concurrent_actions, 64);
    assert_eq!(settings.http.listen, SocketAddr::from(([127, 0, 0, 1], 8420)));
    let Location::File(path) = &settings.database.url else { panic!("a file") };
    assert_eq!(path, Path::new("/var/lib/assured/assured.db"));
    assert_eq!(settings.database.url.to_string(), "sqlite:///var/lib/assured/assured.db");
    assert_eq!(settings.poll.interval, secs(10));
    assert!((settings.poll.jitter - 0.1).abs() < 1e-9);
    let by_state = BTreeMap::from([(State::Shutdown, secs(2)), (State::Missing, secs(60))]);
    assert_eq!(settings.poll.by_state, by_state);
    assert_eq!(settings.poll.deadline, secs(5));
    assert!(settings.poll.events);
    let budget = |restarts, window| RestartBudget { restarts, window };
    assert_eq!(settings.supervision.instance, budget(5, secs(60)));
    assert_eq!(settings.supervision.host, budget(5, secs(300)));
    assert_eq!(settings.supervision.arbiter, budget(10, secs(300)));
    assert_eq!(settings.supervision.heartbeat, secs(30));
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.log.filter, "info");
    assert!(settings.hosts.is_empty() && settings.instances.is_empty());
    assert_eq!(settings.policies.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["default"]);
}

#[test]
fn hosts_and_instances_are_read_with_their_defaults() {
    let settings = read(
        "[[hosts]]
         id = 'kvm-1'
         uri = 'qemu:///system'
         [[hosts]]
         id = 'kvm-2'
         uri = 'qemu+tls://kvm-2.example.net/system'
         max_concurrent_actions = 2
         unmanaged = 'adopt'
         labels = { rack = 'a3' }
         [[instances]]
         name = 'web-1'
         host = 'kvm-1'
         desired = 'running'
         [[instances]]
         id = '7b8e6a0e-52a5-4d5c-9f0c-2d6a1f0e3b11'
         host = 'kvm-2'
         desired = 'shutoff'
         policy = 'mine'
         priority = -3
         [policies.mine]",
    )
    .unwrap();
    let [first, second] = &settings.hosts[..] else { panic!("{:?}", settings.hosts) };
    assert_eq!((first.id.as_str(), first.max_concurrent_actions), ("kvm-1", 4));
    assert_eq!((first.unmanaged, first.labels.len()), (Unmanaged::Alert, 0));
    assert_eq!((second.max_concurrent_actions, second.unmanaged), (2, Unmanaged::Adopt));
    assert_eq!(second.labels["rack"], "a3");
    let [web, other] = &settings.instances[..] else { panic!("{:?}", settings.instances) };
    assert_eq!(web.domain, Domain::Name("web-1".into()));
    assert_eq!((web.policy.as_str(), web.priority), ("default", 0));
    assert!(matches!(other.domain, Domain::Id(_)));
    assert_eq!((&other.host, other.desired), (&HostId::from("kvm-2"), DesiredState::Shutoff));
    assert_eq!((other.policy.as_str(), other.priority), ("mine", -3));
}

#[test]
fn the_example_for_operators_is_a_configuration() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let settings = load(&[example], std::iter::empty()).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(!settings.hosts.is_empty() && !settings.instances.is_empty());
}

/// The one that is installed. Behind a `#` without a space is what an operator may want: it is right too.
#[test]
fn the_first_configuration_names_no_host() {
    let first = include_str!("../../config/first.toml");
    let settings = read_files(&[first], &[]).unwrap();
    assert!(settings.hosts.is_empty() && settings.instances.is_empty());
    assert_eq!(settings.log.format, LogFormat::Journald);

    let wanted = |line: &str| {
        let behind = line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', ':']));
        behind.unwrap_or(line).to_owned() + "\n"
    };
    let all: String = first.lines().map(wanted).collect();
    let settings = read_files(&[&all], &[]).unwrap();
    assert_eq!((settings.hosts.len(), settings.instances.len()), (1, 0));
}

#[test]
fn tables_merge_key_by_key_and_a_later_file_wins() {
    let first = "[poll]\ninterval = '3s'\njitter = 0.2\nby_state = { paused = '4s' }";
    let second = "[poll]\ninterval = '7s'\nby_state = { missing = '5s' }";
    let poll = read_files(&[first, second], &[]).unwrap().poll;
    assert_eq!(poll.interval, Duration::from_secs(7));
    assert!((poll.jitter - 0.2).abs() < 1e-9);
    let secs = |state| poll.interval_in(state).as_secs();
    assert_eq!((secs(State::Paused), secs(State::Missing), secs(State::Shutdown)), (4, 5, 2));
    assert_eq!(secs(State::Running), 7);
    let turned = read_files(&[second, first], &[]).unwrap().poll;
    assert_eq!(turned.interval, Duration::from_secs(3));
}

#[test]
fn arrays_are_replaced_whole() {
    let first =
        "hosts = [{ id = 'a', uri = 'qemu:///system' }, { id = 'b', uri = 'qemu+ssh://b/system' }]";
    let second = "[[hosts]]\nid = 'c'\nuri = 'qemu:///session'";
    let hosts = read_files(&[first, second], &[]).unwrap().hosts;
    assert_eq!(hosts.iter().map(|host| host.id.as_str()).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn a_users_rules_merge_across_files_but_not_with_the_built_in_ones() {
    let first = "[policies.default.running]\n'paused/user' = { action = 'resume', grace = '5s' }";
    let second = "[policies.default.running]\n'paused/user' = { severity = 'critical' }";
    let settings = read_files(&[first, second], &[]).unwrap();
    let text = format!("{:?}", settings.policies);
    assert!(text.contains("grace: 5s"), "{text}");
    let errors = read_files(&[second], &[]).unwrap_err();
    assert_eq!(errors[0].key, "policies.default.running.\"paused/user\".action");
}

#[test]
fn the_environment_has_the_last_word() {
    let settings = read_files(
        &["[poll]\ninterval = '3s'"],
        &[
            ("ASSURED__POLL__INTERVAL", "1m"),
            ("ASSURED__POLL__EVENTS", "false"),
            ("ASSURED__POLL__JITTER", "0.5"),
            ("ASSURED__POLL__BY_STATE__PAUSED", "9s"),
            ("ASSURED__SERVICE__MAX_CONCURRENT_ACTIONS", "7"),
            ("ASSURED__SERVICE__DATA_DIR", "/srv/a"),
            ("ASSURED__POLICIES__DEFAULT__RUNNING__SHUTOFF__ACTION", "alert"),
            ("ASSURED_URL", "http://127.0.0.1:1"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(settings.poll.interval, Duration::from_secs(60));
    assert!(!settings.poll.events);
    assert!((settings.poll.jitter - 0.5).abs() < 1e-9);
    assert_eq!(settings.poll.by_state[&State::Paused], Duration::from_secs(9));
    assert_eq!(settings.service.max_concurrent_actions, 7);
    let Location::File(path) = &settings.database.url else { panic!("a file") };
    assert_eq!(path, &PathBuf::from("/srv/a/assured.db"));
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    assert!(read("\u{feff}[log]\nfilter = 'debug'").is_ok());
}

#[test]
fn no_password_is_shown() {
    let file = "[[hosts]]\nid = 'a'\nuri = 'qemu+ssh://me:secret@b:22/system?x=1'";
    let settings = read(file).unwrap();
    assert_eq!(settings.hosts[0].uri, "qemu+ssh://me:secret@b:22/system?x=1");
    assert!(!format!("{settings:?}").contains("secret"));
    let wrong = [file.replace("/system", "/oops"), file.replace("uri =", "url =")];
    let database = "database.url = 'postgres://me:secret@b/a'\ndatabase.urls = 'secret'".to_owned();
    for file in wrong.iter().chain([&database]) {
        assert!(!format!("{:?}", read(file).unwrap_err()).contains("secret"));
    }
}

#[test]
fn the_database_is_a_file_in_whatever_directory() {
    for (url, path) in
        [("sqlite:///srv/a.db", "/srv/a.db"), ("sqlite:///srv/a%20b/c.db", "/srv/a b/c.db")]
    {
        let database = read(&format!("database.url = '{url}'")).unwrap().database;
        assert_eq!(database.url, Location::File(path.into()));
        assert_eq!(database.url.to_string(), url);
    }
    let odd = read("service.data_dir = '/srv/100 % ?#ü'").unwrap().database.url.to_string();
    let again = read(&format!("database.url = '{odd}'")).unwrap().database.url;
    assert_eq!(again, Location::File("/srv/100 % ?#ü/assured.db".into()));
}

#[test]
fn the_database_is_on_a_server() {
    let url = "postgres://me:secret@db.example.net:5433/x?sslmode=require&host=/run/x";
    let database = read(&format!("database.url = '{url}'")).unwrap().database;
    assert_eq!(database.url.to_string(), "postgres://me@db.example.net:5433/x?host=/run/x");
    let with_file = "[database]\nurl = 'postgresql://me@db/x'\npassword_file = '/etc/a b/pw'";
    let Location::Server(server) = read(with_file).unwrap().database.url else {
        panic!("a server")
    };
    assert!(!server.has_password(), "nobody has read it yet");
}
