//! Hosts that somebody works on.

use std::sync::Arc;

use super::asking::Service;
use crate::http::tests::fake::{Says, at, fleet, host, instance, put};
use crate::model::{HostId, Maintenance, Status};
use crate::snapshot::{Fleet, HostView, InstanceView, Next};

/// kvm-1 in maintenance, with an instance that is held by that, beside one in trouble on kvm-2.
fn maintained() -> Fleet {
    let (by, reason) = ("api:ann".to_owned(), "new disks".to_owned());
    let maintenance = Some(Maintenance { by, reason, since: at("2026-11-23T05:00:00Z") });
    let mut fleet = fleet(0);
    let view = HostView { maintenance, ..host("kvm-1") };
    fleet.hosts.insert(HostId::from("kvm-1"), Arc::new(view));
    let why = "the host is in maintenance".to_owned();
    let next = Some(Next { action: "look".into(), at: None, why });
    put(&mut fleet, InstanceView { status: Status::Held, next, ..instance(1) });
    let kvm_2 = HostId::from("kvm-2");
    put(&mut fleet, InstanceView { status: Status::GivenUp, host: kvm_2, ..instance(2) });
    fleet
}

#[test]
fn a_host_is_put_into_maintenance_and_taken_out_of_it() {
    let service = Service::start(fleet(3), Says::Yes);
    let begin = ["hosts", "maintenance", "kvm-1", "--reason", "new disks"];
    let said = service.run(&begin).done();
    assert!(said.starts_with("kvm-1 is in maintenance since 2026-11-23 06:00:"), "{said}");
    let rest = ": new disks\n3 instances held until `assured hosts resume kvm-1`\n";
    assert!(said.ends_with(rest), "{said}");
    assert_eq!(service.json(&begin)["maintenance"]["reason"], "new disks");
    let resume = ["hosts", "resume", "kvm-1"];
    assert_eq!(
        service.run(&resume).done(),
        "kvm-1 is in no maintenance now; it is up, 0 of its 3 instances out of sync\n"
    );
    assert!(service.json(&resume)["maintenance"].is_null());
    let blank = ["hosts", "maintenance", "kvm-1", "--reason", " "];
    service.run(&blank).failed(1, &["`reason` is empty"]);
    let ghost = ["hosts", "maintenance", "kvm-9", "--reason", "x"];
    service.run(&ghost).failed(1, &["no host kvm-9"]);
    service.run(&["hosts", "resume", "kvm-9"]).failed(1, &["no host kvm-9"]);
}

#[test]
fn hosts_are_shown_with_who_works_on_them() {
    let service = Service::start(maintained(), Says::Yes);
    let listed = service.run(&["hosts", "list"]).done();
    let line = |word: &str| listed.lines().find(|l| l.starts_with(word)).unwrap().to_owned();
    assert!(line("kvm-1").contains("✓ up, maintenance"), "{listed}");
    assert!(line("kvm-1").contains("maintenance by api:ann: new disks"), "{listed}");
    assert!(!line("kvm-2").contains("maintenance"), "{listed}");
    let shown = service.run(&["hosts", "show", "kvm-1"]).done();
    let line = shown.lines().find(|line| line.starts_with("maintains ")).unwrap();
    assert!(line.starts_with("maintains api:ann, since "), "{line}");
    assert!(line.ends_with(" ago: new disks"), "{line}");
}

#[test]
fn a_glance_shows_trouble_before_what_is_held() {
    let service = Service::start(maintained(), Says::Yes);
    let drawn = service.run(&["status"]).done();
    assert!(drawn.contains("✓ up, maintenance"), "{drawn}");
    let (_, below) = drawn.split_once("Not in sync, or held: 2 of 2").expect(&drawn);
    let rows: Vec<_> = below.lines().filter(|line| line.starts_with("web-")).collect();
    assert!(rows[0].contains("given_up"), "{drawn}");
    assert!(rows[1].contains("‖ held"), "{drawn}");
    assert!(rows[1].ends_with("look (the host is in maintenance)"), "{drawn}");
}
