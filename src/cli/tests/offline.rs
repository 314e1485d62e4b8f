//! Commands that ask no service.

use serde_json::Value;

use super::{Files, run};

const HOST: &str = "[[hosts]]\nid = \"kvm-1\"\nuri = \"qemu+tls://kvm-1.example.net/system\"\n\
                    unmanaged = \"adopt\"\n";

#[test]
fn check_shows_hosts_and_policies() {
    let files = Files::with(&format!(
        "{HOST}[[instances]]\nname = \"web-1\"\nhost = \"kvm-1\"\ndesired = \"running\"\n\
         [policies.default.shutoff]\nrunning = {{ action = \"alert\" }}\n\
         [policies.gold.running]\n\"shutoff/shutdown\" = {{ action = \"start\" }}\n"
    ));
    let shown = files.run(&["check"]).done();
    let lines: Vec<&str> = shown.lines().skip(2).collect();
    assert_eq!(
        lines.join("\n"),
        "\
HOST   URI                                  ACTIONS AT ONCE  UNMANAGED  INSTANCES
kvm-1  qemu+tls://kvm-1.example.net/system                4  adopt              1

Policy default
OBSERVED                                   DESIRED RUNNING            DESIRED PAUSED            DESIRED SHUTOFF
nostate/*                                  alert after 1m             alert after 1m            alert after 1m
running/*                                  in sync                    pause                     alert *
blocked/*                                  in sync                    pause                     alert *
paused/unknown, user                       resume after 30s           in sync                   destroy after 30s
paused/migration, 8 others                 alert after 10m            alert after 10m           alert after 10m
paused/ioerror                             resume after 30s, warning  alert                     destroy after 30s
paused/watchdog, crashed, postcopy_failed  restart, critical          alert                     destroy
shutdown/*                                 alert after 5m             alert after 5m            alert after 5m
shutoff/unknown, 3 others                  start                      alert                     in sync
shutoff/shutdown                           accept after 2m            alert                     in sync
shutoff/crashed, failed                    start, warning             alert                     in sync
shutoff/migrated                           alert after 1m, critical   alert after 1m, critical  alert after 1m, critical
shutoff/saved                              start                      start_paused              in sync
shutoff/from_snapshot                      alert                      alert                     in sync
crashed/*                                  restart                    alert                     destroy
pmsuspended/*                              wakeup                     alert                     destroy
missing                                    alert, critical            alert, critical           alert

Policy gold, where it differs from default
OBSERVED          DESIRED RUNNING  DESIRED PAUSED  DESIRED SHUTOFF
shutoff/shutdown  start **         alert           in sync

* from [policies.default], ** from the policy itself, the rest is built in"
    );
    let json: Value = serde_json::from_str(&files.run(&["check", "-o", "json"]).done()).unwrap();
    assert_eq!((&json["ok"], &json["instances"]), (&Value::Bool(true), &Value::from(1)));
    assert_eq!(json["policies"][1]["running"]["shutoff/shutdown"]["action"], "start");
}

#[test]
fn check_shows_everything_that_is_wrong() {
    let files =
        Files::with("[poll]\ninterval = \"soon\"\nspeed = 3\n[http]\nlisten = \"0.0.0.0:1\"\n");
    let words = ["3 errors", "poll.interval", "poll.speed", "http.listen", "assured.toml"];
    files.run(&["check"]).failed(78, &words);
    let ran = files.run(&["check", "-o", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, json["errors"].as_array().unwrap().len()), (78, 3));
    run(&["check", "--config", "/nonexistent.toml"]).failed(78, &["/nonexistent.toml"]);
}

#[test]
fn explain_says_the_rule() {
    let files = Files::with("");
    let ask = ["explain", "--desired", "running", "--observed"];
    let crashed = files.run(&[&ask[..], &["shutoff/crashed"]].concat()).done();
    assert!(crashed.contains("rule `shutoff/crashed` (built-in)"), "{crashed}");
    let json = files.run(&[&ask[..], &["running", "-o", "json"]].concat()).done();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["in_sync"], &json["observed"]), (&true.into(), &"running/unknown".into()));
    assert_eq!((&json["action"], &json["rule"]), (&Value::Null, &Value::Null));
    let off = files.run(&[&ask[..], &["shutoff"]].concat()).done();
    assert!(off.starts_with("shutoff/unknown where running is desired: rule"), "{off}");
    assert!(off.contains("Not the same: shutoff/shutdown (accept after 2m, info)"), "{off}");
    let missing = files.run(&[&ask[..], &["missing"]].concat()).done();
    assert!(missing.starts_with("missing where running is desired: rule `missing`"), "{missing}");
    let silver = files.run(&[&ask[..], &["missing", "--policy", "silver"]].concat());
    silver.failed(1, &["no policy `silver`", "default"]);
}

#[test]
fn the_database_is_made_checked_and_copied() {
    let files = Files::with("");
    files.run(&["db", "check"]).failed(74, &["there is no database", "assured db migrate"]);
    let made = files.run(&["db", "migrate"]).done();
    assert!(made.contains(": ran 2026"), "{made}");
    assert!(files.run(&["db", "migrate"]).done().contains("is up to date"));
    assert!(files.run(&["db", "check"]).done().contains("is sound"));
    let copy = files.dir.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(files.run(&["db", "backup", copy]).done().contains("is copied to"));
    files.run(&["db", "backup", copy]).failed(74, &["overwrites nothing"]);
    std::fs::write(files.dir.path().join("assured.db"), "this is no database at all").unwrap();
    files.run(&["db", "check"]).failed(74, &["is not a SQLite database"]);
}
