//! The same machine on two hosts: nothing may be started twice.

use assured::model::{Condition, DesiredState, Severity, Status};

use crate::rig::{Rig, virtual_time};

use Condition::{RunningBooted, RunningMigrated, ShutoffDestroyed, ShutoffMigrated};
use DesiredState::Running;

#[test]
fn nothing_is_started_while_the_same_machine_runs_on_another_host() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").migrate(id, &rig.host("kvm-2"));
        service.pass(600).await;
        assert_eq!(rig.host("kvm-1").condition(id), ShutoffMigrated);
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        // An order changes nothing about that.
        service.desire(id, DesiredState::Shutoff).await.unwrap();
        service.desire(id, Running).await.unwrap();
        service.pass(600).await;
        assert_eq!(rig.world.doubly_active(), []);
        assert_eq!(rig.host("kvm-1").starts(id), 0);
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
        rig.host("kvm-2").hang();
        service.pass(600).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        rig.host("kvm-2").put(id, "web-1", ShutoffDestroyed);
        rig.host("kvm-2").answer();
        service.pass(120).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1, "it is off there, so it may run here");
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
