//! The same machine on two hosts: nothing may be started twice.

use assured::actors::messages::ChangeInstance;
use assured::model::{By, Condition, DesiredState, Severity, Status};

use assured::store::IncidentQuery;

use crate::rig::{Rig, host, virtual_time};

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
