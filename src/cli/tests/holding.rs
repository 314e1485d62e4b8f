//! Instances that somebody works on.

use super::asking::Service;
use crate::cli::instances::table;
use crate::cli::screen::Screen;
use crate::http::body::InstanceBody;
use crate::http::tests::fake::{Says, at, fleet, hold, instance, put};
use crate::model::{Hold, Status};
use crate::snapshot::{InstanceView, Next};

/// A service at 06:00:01, with an instance that these hold.
fn held(holds: Vec<Hold>) -> Service {
    let mut fleet = fleet(3);
    put(&mut fleet, InstanceView { holds, ..instance(1) });
    Service::start(fleet, Says::Yes)
}

#[test]
fn who_holds_is_told_until_when() {
    let hold_it = ["instances", "hold", "web-00001", "--for", "10m", "--reason", "new disk"];
    let said = held(Vec::new()).run(&hold_it).done();
    assert!(said.starts_with("web-00001 on kvm-1 is held until 2026-11-23 06:10:"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    let service = held(vec![
        hold("api:patch", "2026-11-23T06:05:00Z"),
        hold("api:backup", "2026-11-23T07:00:00Z"),
    ]);
    let said = service.run(&hold_it).done();
    let mut lines = said.lines();
    let own = lines.next().unwrap();
    assert!(own.starts_with("web-00001 on kvm-1 is held until 2026-11-23 06:10:"), "{said}");
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "it is held as well by api:patch until 2026-11-23 06:05:00Z: api:patch works on it",
            "it is held as well by api:backup until 2026-11-23 07:00:00Z: api:backup works on it",
            "so it is held until 2026-11-23 07:00:00Z at the latest",
        ]
    );
    let json = service.json(&hold_it);
    assert_eq!(
        (&json["holds"][1]["reason"], &json["hold"]["by"]),
        (&"new disk".into(), &"api:backup".into(),)
    );
    // Of several that read alike, the one that was put just now is told of first.
    let before = Hold { reason: "new disk".into(), ..hold("api:local", "2026-11-23T06:03:00Z") };
    let said = held(vec![before]).run(&hold_it).done();
    assert!(said.starts_with("web-00001 on kvm-1 is held until 2026-11-23 06:10:"), "{said}");
    assert!(said.contains("as well by api:local until 2026-11-23 06:03:00Z: new disk"), "{said}");
    let long = ["instances", "hold", "web-00001", "--for", "31d", "--reason", "x"];
    service.run(&long).failed(64, &["from 1s to 30days"]);
    let blank = ["instances", "hold", "web-00001", "--for", "1d", "--reason", " "];
    service.run(&blank).failed(1, &["`reason` is empty"]);
    let ghost = ["instances", "hold", "web-9", "--for", "1d", "--reason", "x"];
    service.run(&ghost).failed(1, &["no instance called web-9"]);
}

#[test]
fn who_releases_is_told_who_holds_it_still() {
    let service = held(vec![
        hold("api:local", "2026-11-23T06:10:00Z"),
        hold("api:backup", "2026-11-23T07:00:00Z"),
    ]);
    let release = ["instances", "release", "web-00001"];
    assert_eq!(
        service.run(&release).done(),
        "web-00001 on kvm-1 is still held by api:backup until 2026-11-23 07:00:00Z: api:backup \
         works on it\n"
    );
    let of_other = [&release[..], &["--of", "api:backup"]].concat();
    let said = service.run(&of_other).done();
    assert!(said.contains("is still held by api:local until 2026-11-23 06:10:00Z"), "{said}");
    assert_eq!(service.json(&of_other)["holds"][0]["by"], "api:local");
    let nobody = [&release[..], &["--of", "nobody"]].concat();
    service.run(&nobody).failed(1, &["`nobody` names nobody", "api:TOKEN NAME"]);
    let another = [&release[..], &["--of", "api:patch"]].concat();
    service.run(&another).failed(1, &["not held by api:patch, but by api:local, api:backup"]);

    let last = held(vec![hold("api:local", "2026-11-23T06:10:00Z")]);
    let said = last.run(&release).done();
    assert_eq!(said, "web-00001 on kvm-1 is held by nobody now; it is in_sync\n");
}

#[test]
fn each_hold_is_shown() {
    let service = held(vec![
        hold("api:local", "2026-11-23T06:10:00Z"),
        hold("api:backup", "2026-11-23T07:00:00Z"),
    ]);
    let shown = service.run(&["instances", "show", "web-00001"]).done();
    let held: Vec<_> = shown.lines().filter(|line| line.starts_with("held ")).collect();
    assert_eq!(
        held,
        [
            "held      by api:local until 2026-11-23 06:10:00Z: api:local works on it",
            "held      by api:backup until 2026-11-23 07:00:00Z: api:backup works on it",
        ]
    );
    let free = service.run(&["instances", "show", "web-00002"]).done();
    assert!(!free.contains("held"), "{free}");
}

#[test]
fn a_list_marks_what_is_held() {
    let now = at("2026-11-23T06:00:01Z");
    let by_backup = || vec![hold("api:backup", "2026-11-23T06:10:01Z")];
    let next = Some(Next {
        action: "start".into(),
        at: Some(at("2026-11-23T06:10:01Z")),
        why: "held by api:backup: a backup".into(),
    });
    let rows = [
        InstanceView { holds: by_backup(), ..instance(1) },
        InstanceView { holds: by_backup(), status: Status::Held, next, ..instance(2) },
        InstanceView { holds: by_backup(), status: Status::GivenUp, ..instance(3) },
        instance(4),
    ];
    let rows: Vec<_> = rows.iter().map(|view| InstanceBody::new(view, now)).collect();
    assert_eq!(
        table(&rows, now, Screen::PLAIN),
        "\
NAME       HOST   DESIRED  OBSERVED        STATUS            SEEN    NEXT
web-00001  kvm-1  running  running/booted  ✓ in_sync, held   1s ago  held by api:backup for 10m 0s: api:backup works on it
web-00002  kvm-1  running  running/booted  ‖ held            1s ago  start in 10m 0s (held by api:backup: a backup)
web-00003  kvm-1  running  running/booted  ✗ given_up, held  1s ago  0 of 5 attempts used: `retry`?
web-00004  kvm-1  running  running/booted  ✓ in_sync         1s ago"
    );
}
