//! The same machine on two hosts: nothing may be started twice.

use assured::actors::messages::ChangeInstance;
use assured::hypervisor::{Lifecycle, Signal};
use assured::model::{By, Command, Condition, DesiredState, InstanceId, Severity, Status};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, host, kinds, virtual_time};

use Condition::{RunningBooted, RunningMigrated, ShutoffDestroyed, ShutoffMigrated};
use DesiredState::Running;

#[test]
fn a_machine_that_has_moved_is_followed_and_never_started() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").migrate(id, &rig.host("kvm-2"));
        service.pass(10).await;
        assert_eq!(rig.host("kvm-1").condition(id), ShutoffMigrated);
        assert_eq!(service.view(id).host, host("kvm-2"));
        service.in_sync(id, 5).await;
        // It is looked after where it is now, and is followed on its way back.
        rig.host("kvm-2").destroy(id);
        service.pass(10).await;
        assert_eq!((rig.host("kvm-1").starts(id), rig.host("kvm-2").starts(id)), (0, 1));
        rig.host("kvm-2").migrate(id, &rig.host("kvm-1"));
        service.pass(10).await;
        assert_eq!(service.view(id).host, host("kvm-1"));
        service.pass(600).await;
        assert_eq!(rig.world.doubly_active(), []);
        assert_eq!(rig.deeds(id).len(), 1);
        let incidents = rig.store.incidents(IncidentQuery::default()).await.unwrap();
        assert!(incidents.iter().all(|i| i.severity < Severity::Critical), "{incidents:?}");
    });
}

#[test]
fn what_moved_and_went_down_before_it_was_seen_there_is_followed_where_that_is_certain() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2", "kvm-3"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        let [one, two, three] = ["kvm-1", "kvm-2", "kvm-3"].map(|name| rig.host(name));
        service.kill().await;
        one.migrate(id, &two);
        two.reboot();
        three.hang();
        let service = rig.start_at_once().await;
        service.pass(60).await;
        assert_eq!(service.view(id).host, host("kvm-1"), "it may run on the one that is silent");
        assert_eq!(rig.deeds(id), []);
        three.answer();
        service.until("it was followed", 60, |s| s.view(id).host == host("kvm-2")).await;
        service.in_sync(id, 20).await;
        assert_eq!([one.starts(id), two.starts(id), three.starts(id)], [0, 1, 0]);

        // Once more, with an old definition on the third.
        service.kill().await;
        three.define(id, "web-1");
        two.migrate(id, &one);
        one.reboot();
        let service = rig.start().await;
        service.pass(600).await;
        assert_eq!(service.view(id).host, host("kvm-2"), "nobody knows on which of the two it was");
        assert_eq!(rig.deeds(id).len(), 1);
        assert_eq!(service.board.fleet().open_incidents[Severity::Critical as usize], 1);
        assert_eq!(rig.world.doubly_active(), []);
    });
}

#[test]
fn nothing_is_started_while_the_other_host_that_had_it_cannot_be_reached() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.host("kvm-2").put(id, "web-1", RunningMigrated);
        rig.host("kvm-1").put(id, "web-1", ShutoffDestroyed);
        let service = rig.start().await;
        service.pass(30).await;
        assert_eq!(service.view(id).host, host("kvm-2"), "it was followed");
        rig.host("kvm-2").hang();
        service.pass(60).await;
        // Somebody says that it belongs where it is off.
        let to = Some(host("kvm-1"));
        let change =
            ChangeInstance { id, policy: None, priority: None, host: to, by: By::ApiLocal };
        service.arbiter.send(change).await.unwrap().unwrap();
        service.pass(600).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        rig.host("kvm-2").put(id, "web-1", ShutoffDestroyed);
        rig.host("kvm-2").answer();
        service.pass(120).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1, "it is off there, so it may run here");
        assert_eq!(rig.host("kvm-2").starts(id), 0);
    });
}

#[test]
fn active_on_two_hosts_is_critical_and_nothing_is_done_on_either() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.host("kvm-2").put(id, "web-1", RunningBooted);
        let service = rig.start().await;
        service.pass(60).await;
        let open = service.board.fleet().open_incidents;
        assert_eq!(open[Severity::Critical as usize], 1);
        service.desire(id, DesiredState::Shutoff).await.unwrap();
        service.pass(600).await;
        assert_eq!(rig.deeds(id), []);
    });
}

/// A machine that runs on its own host, and on another that has a guest of its own to look at.
async fn on_two() -> (Rig, InstanceId, Service) {
    let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
    let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
    rig.instance("kvm-2", "web-2", RunningBooted, Running);
    let service = rig.start().await;
    service.in_sync(id, 20).await;
    rig.host("kvm-2").define(id, "web-1");
    rig.host("kvm-2").start(id);
    service.until("it is known", 20, |s| s.status(id) == Status::OutOfSync).await;
    (rig, id, service)
}

fn critical(service: &Service) -> usize {
    service.board.fleet().open_incidents[Severity::Critical as usize]
}

/// N2, over a restart: who saw it there last does not matter.
#[test]
fn where_it_was_active_is_known_after_a_restart() {
    virtual_time(|| async {
        let (rig, id, service) = on_two().await;
        service.kill().await;
        rig.host("kvm-2").hang();
        rig.host("kvm-1").destroy(id);
        let service = rig.start().await;
        service.pass(600).await;
        assert_eq!(rig.deeds(id), [], "it may run on kvm-2 still");
        rig.host("kvm-2").put(id, "web-1", ShutoffDestroyed);
        rig.host("kvm-2").answer();
        service.in_sync(id, 120).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
    });
}

#[test]
fn a_copy_that_has_ended_is_no_incident_any_more() {
    virtual_time(|| async {
        let (rig, id, service) = on_two().await;
        assert_eq!(critical(&service), 1);
        rig.host("kvm-2").destroy(id);
        service.in_sync(id, 20).await;
        assert_eq!(critical(&service), 0);
        // And it is not thought to be there when that host is away.
        rig.host("kvm-2").hang();
        service.pass(60).await;
        rig.host("kvm-1").destroy(id);
        service.pass(60).await;
        assert_eq!((service.status(id), rig.deeds(id)), (Status::InSync, vec![Command::Start]));
    });
}

#[test]
fn the_incident_of_a_copy_goes_on_over_a_restart() {
    virtual_time(|| async {
        let (rig, id, service) = on_two().await;
        service.kill().await;
        rig.pass(1).await;
        let service = rig.start().await;
        service.pass(60).await;
        assert_eq!((service.status(id), critical(&service)), (Status::OutOfSync, 1));
        let kinds = kinds(&rig.events().await);
        assert_eq!(kinds.get("incident_closed"), None, "{kinds:?}");
        assert_eq!(kinds["incident_opened"], 1);
    });
}

/// Whatever the policy says about one that is off: it runs where nobody has looked yet.
#[test]
fn what_has_gone_to_another_host_is_not_started_before_that_was_heard() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.config += "[policies.default.running]\nshutoff = { action = \"start\" }\n";
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").migrate(id, &rig.host("kvm-2"));
        service.pass(10).await;
        assert_eq!((service.view(id).host.clone(), rig.deeds(id)), (host("kvm-2"), vec![]));
        // It is nowhere else: then the policy's word counts.
        rig.host("kvm-2").put(id, "web-1", ShutoffMigrated);
        service.pass(60).await;
        assert_eq!((service.status(id), rig.deeds(id)), (Status::InSync, vec![Command::Start]));
    });
}

/// As long as one host was not tried, nothing is known to be over; and then it is.
#[test]
fn what_was_put_right_meanwhile_is_over_when_every_host_was_tried() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.config += "[policies.default.running]\nshutoff = { action = \"alert\" }\n";
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").destroy(id);
        service.until("it is known", 20, |s| s.status(id) == Status::OutOfSync).await;
        service.kill().await;
        rig.host("kvm-1").start(id);
        rig.host("kvm-2").hang();
        let service = rig.start_at_once().await;
        service.pass(60).await;
        assert_eq!((service.status(id), service.view(id).incident), (Status::InSync, None));
    });
}

/// What a listing that was not true has lacked is found at the next look.
#[test]
fn a_copy_that_one_listing_lacks_is_found_again() {
    virtual_time(|| async {
        let (rig, id, service) = on_two().await;
        // By now its looks have found it as well.
        service.pass(60).await;
        let kvm = rig.host("kvm-2");
        kvm.answer_empty(1);
        kvm.signal(Signal::Lifecycle { id, event: Lifecycle::Defined });
        service.pass(60).await;
        assert_eq!((service.status(id), critical(&service)), (Status::OutOfSync, 1));
    });
}

#[test]
fn the_incident_of_a_host_is_over_for_those_who_have_moved_away() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let ids: Vec<_> = (0..2)
            .map(|n| rig.instance("kvm-1", &format!("web-{n}"), RunningBooted, Running))
            .collect();
        rig.config += "[service]\nmass_change = { at_least = 2, share = 0.5 }\n";
        let service = rig.start().await;
        service.in_sync(ids[1], 20).await;
        service.stop().await;
        rig.host("kvm-1").migrate(ids[0], &rig.host("kvm-2"));
        rig.host("kvm-1").destroy(ids[1]);
        let service = rig.start().await;
        service.in_sync(ids[0], 60).await;
        service.in_sync(ids[1], 60).await;
        service.pass(1).await;
        assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 0);
    });
}
