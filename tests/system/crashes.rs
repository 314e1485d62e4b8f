//! The service itself ends, at the worst moments.

use std::time::Duration;

use assured::actors::root::Ending;
use assured::model::{Command, Condition, DesiredState, OutcomeKind, Status};

use crate::rig::{Rig, one_running, virtual_time};

use Condition::{RunningBooted, ShutoffDestroyed};
use DesiredState::Running;

#[test]
fn killed_between_intent_and_outcome_it_looks_first() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(3));
        rig.host("kvm-1").destroy(id);
        service.pass(1).await;
        assert_eq!(service.status(id), Status::Repairing);
        service.kill().await;
        // The start that was sent goes on by itself.
        rig.pass(3).await;
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.pass(60).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        let loaded = rig.store.load().unwrap();
        let outcomes: Vec<_> =
            loaded.attempts.iter().map(|a| a.outcome.clone().unwrap().kind).collect();
        assert_eq!(outcomes, [OutcomeKind::Interrupted], "counted once");
    });
}

#[test]
fn a_start_that_is_still_under_way_when_it_returns_is_not_doubled() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(5));
        rig.host("kvm-1").destroy(id);
        service.pass(1).await;
        service.kill().await;
        let service = rig.start().await;
        service.pass(60).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn sigterm_lets_actions_end_and_begins_none() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let ids: Vec<_> = (0..8)
            .map(|n| rig.instance("kvm-1", &format!("vm-{n}"), RunningBooted, Running))
            .collect();
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 20).await;
        }
        rig.host("kvm-1").set_start_delay(Duration::from_secs(2));
        for &id in &ids {
            rig.host("kvm-1").destroy(id);
        }
        service.pass(1).await;
        let begun = tokio::time::Instant::now();
        assert_eq!(service.stop().await, Ending::Stopped);
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(rig.world.journal().len(), 4, "the limit of the host, and no more");
        let loaded = rig.store.load().unwrap();
        assert!(loaded.attempts.iter().all(|a| a.outcome.is_some()), "none is left open");
    });
}

#[test]
fn nothing_is_done_before_every_host_was_tried() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.instance("kvm-2", "web-2", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.kill().await;
        rig.host("kvm-1").put(id, "web-1", ShutoffDestroyed);
        rig.host("kvm-2").hang();
        let service = rig.start_at_once().await;
        service.pass(8).await;
        assert_eq!(rig.deeds(id), [], "one host is still being tried");
        service.pass(8).await;
        assert_eq!(rig.deeds(id), [Command::Start], "the other has failed twice by now");
        assert_eq!(service.board.fleet().hosts.len(), 2);
    });
}

#[test]
fn what_an_earlier_session_says_late_is_not_held_against_the_next() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        let host = rig.host("kvm-1");
        host.set_start_delay(Duration::from_secs(20));
        host.destroy(id);
        service.pass(1).await;
        assert_eq!(service.status(id), Status::Repairing);
        host.restart_daemon();
        service.pass(15).await;
        // The daemon that was asked is gone; but that is heard only now.
        let connects = host.calls().connects;
        host.set_start_delay(Duration::ZERO);
        service.pass(60).await;
        assert_eq!(host.calls().connects, connects, "the link that stands is left alone");
        assert_eq!(rig.deeds(id), [Command::Start; 2]);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn adopted_as_it_is_nothing_is_done() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "unmanaged = \"adopt\"\n";
        for condition in [RunningBooted, ShutoffDestroyed, Condition::PausedUser] {
            rig.host("kvm-1").populate(5, condition);
        }
        let service = rig.start().await;
        service.until("adopted", 20, |s| s.board.fleet().with_status(Status::InSync) == 15).await;
        service.pass(300).await;
        assert_eq!(rig.world.journal(), []);
    });
}
