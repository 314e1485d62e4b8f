//! Many domains become instances.

use super::asking::Service;
use crate::actors::messages::Refusal;
use crate::http::tests::fake::{Says, fleet, id};
use crate::model::Condition;
use crate::snapshot::{Fleet, HostView, Unmanaged};

const MANY: u32 = 450;

/// A host with many domains that are no instances.
fn crowded() -> Fleet {
    let mut fleet = fleet(2);
    let host = fleet.hosts.values().next().unwrap();
    let domain = |number| Unmanaged {
        id: id(1000 + number),
        name: format!("new-{number:03}"),
        condition: Condition::RunningBooted,
    };
    let host = HostView { unmanaged: (0..MANY).map(domain).collect(), ..HostView::clone(host) };
    fleet.hosts.insert(host.id.clone(), host.into());
    fleet
}

#[test]
fn all_are_adopted_part_by_part_and_none_is_told_twice() {
    let service = Service::start(crowded(), Says::Yes);
    let said = service.run(&["hosts", "adopt", "kvm-1"]).done();
    assert!(said.ends_with("\n450 domains of kvm-1 adopted\n"), "{said}");
    assert_eq!(said.lines().count(), 451);
    let told = service.json(&["hosts", "adopt", "kvm-1"]);
    assert_eq!(told["items"].as_array().unwrap().len(), 450);
    assert_eq!(told["refused"].as_array().unwrap().len(), 0);
}

#[test]
fn of_each_that_is_not_adopted_it_is_said_why() {
    let refusal = Refusal::NotAdoptable {
        host: "kvm-1".into(),
        name: "new".into(),
        condition: Condition::PmSuspendedUnknown,
    };
    let service = Service::start(crowded(), Says::No(refusal));
    let ran = service.run(&["hosts", "adopt", "kvm-1", "new-001", "new-002", "new-003"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[1].starts_with("new-002: not adopted: domain new on host kvm-1 is pmsuspended"));
    assert_eq!(lines[3], "0 domains of kvm-1 adopted, 3 not adopted");
}

#[test]
fn what_has_nothing_to_do_with_a_domain_ends_it_at_once() {
    let service = Service::start(crowded(), Says::No(Refusal::NotNow("it is starting".into())));
    let words = ["cannot take this now: it is starting", "before that, 0 domains adopted"];
    service.run(&["hosts", "adopt", "kvm-1"]).failed(1, &words);
}
