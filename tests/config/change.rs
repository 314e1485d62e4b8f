//! From one configuration to the next while the service runs.

use super::read;

/// Each key that is in force only after a restart, with a value that is not its default.
const WAITING: [(&str, &str); 9] = [
    ("http", "[http]\nlisten = \"127.0.0.1:9999\""),
    ("database.url", "[database]\nurl = \"sqlite:///elsewhere/assured.db\""),
    ("supervision", "[supervision]\nheartbeat = \"31s\""),
    ("log", "[log]\nfilter = \"debug\""),
    (
        "service.data_dir",
        "[service]\ndata_dir = \"/elsewhere\"\n[database]\nurl = \"sqlite:///x.db\"",
    ),
    ("service.action_deadline", "[service]\naction_deadline = \"3m\""),
    ("service.mass_change", "[service.mass_change]\nat_least = 7"),
    ("poll.deadline", "[poll]\ndeadline = \"7s\""),
    ("poll.events", "[poll]\nevents = false"),
];

/// Others, which are in force at once.
const AT_ONCE: &str = "
[service]
shutdown_grace = \"11s\"
max_concurrent_actions = 3
[database]
retain_events = \"30d\"
[poll]
interval = \"3s\"
jitter = 0.2
by_state = { shutdown = \"9s\" }
[[hosts]]
id = \"kvm-1\"
uri = \"test:///default\"
[[instances]]
name = \"web-1\"
host = \"kvm-1\"
desired = \"running\"
[policies.default.running]
\"shutoff/shutdown\" = { action = \"start\" }
[[notify.webhook]]
url = \"http://127.0.0.1:9\"
";

#[test]
fn each_key_that_needs_a_restart_is_named_and_stays_as_it_was() {
    let old = read("[database]\nurl = \"sqlite:///x.db\"").unwrap();
    for (key, toml) in WAITING {
        let toml = if toml.contains("[database]") {
            toml.to_owned()
        } else {
            format!("{toml}\n[database]\nurl = \"sqlite:///x.db\"")
        };
        let new = read(&toml).unwrap();
        assert_ne!(new, old, "{key}");
        let (next, waiting) = old.succeeded_by(new.clone());
        assert_eq!((waiting, &next), (vec![key], &old), "{key}");
        // It is said again as long as it is so.
        assert_eq!(next.succeeded_by(new).1, [key]);
    }
}

#[test]
fn all_else_is_in_force_at_once() {
    let (old, new) = (read("").unwrap(), read(AT_ONCE).unwrap());
    let (next, waiting) = old.succeeded_by(new.clone());
    assert_eq!((next, waiting), (new, vec![]));
}

#[test]
fn a_link_stays_for_what_does_not_concern_it() {
    let host = |more: &str| {
        let toml = format!("[[hosts]]\nid = \"kvm-1\"\nuri = \"test:///a\"\n{more}");
        read(&toml).unwrap().hosts.remove(0)
    };
    let plain = host("");
    assert!(plain.is_reached_as(&host("labels = { rack = \"a3\" }\nunmanaged = \"adopt\"")));
    assert!(!plain.is_reached_as(&host("max_concurrent_actions = 9")));
    assert!(!plain.is_reached_as(&host("credentials = \"/etc/assured/kvm-1.auth\"")));
}
