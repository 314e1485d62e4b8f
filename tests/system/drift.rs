//! A machine changes behind the record's back.

use assured::model::{Command, Condition, DesiredState, Status};

use crate::rig::{Rig, one_running, virtual_time};

use Condition::{PausedIoError, RunningBooted, ShutoffDestroyed};
use DesiredState::{Paused, Running, Shutoff};

#[test]
fn a_destroyed_guest_is_started_once() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").destroy(id);
        service
            .until("running again", 5, |_| rig.host("kvm-1").condition(id) == RunningBooted)
            .await;
        service.in_sync(id, 5).await;
        service.pass(120).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
    });
}

#[test]
fn a_guest_that_powers_itself_off_is_accepted_after_its_grace() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").power_off(id);
        service.until("settling", 5, |s| s.status(id) == Status::Settling).await;
        service.pass(110).await;
        assert_eq!(service.view(id).desired.state, Running, "within its grace");
        service.pass(25).await;
        let view = service.view(id);
        assert_eq!((view.desired.state, view.status), (Shutoff, Status::InSync));
        assert_eq!(view.desired.by.to_string(), "accept:shutdown");
        assert_eq!(rig.deeds(id), []);
    });
}

#[test]
fn a_guest_whose_process_was_ended_by_a_signal_is_started() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").terminate(id);
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        let events = rig.events().await;
        assert!(events.iter().any(|e| e.text.starts_with("shutoff/terminated")));
    });
}

#[test]
fn a_suspended_guest_is_resumed_after_its_grace() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").suspend(id);
        service.pass(28).await;
        assert_eq!(rig.deeds(id), []);
        service.pass(6).await;
        assert_eq!(rig.deeds(id), [Command::Resume]);
        service.in_sync(id, 5).await;
    });
}

#[test]
fn a_daemon_restart_is_no_reason_for_anything() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let ids: Vec<_> = (0..100)
            .map(|n| {
                let (seen, desired) = match n % 3 {
                    0 => (RunningBooted, Running),
                    1 => (ShutoffDestroyed, Shutoff),
                    _ => (Condition::PausedUser, Paused),
                };
                rig.instance("kvm-1", &format!("vm-{n}"), seen, desired)
            })
            .collect();
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 20).await;
        }
        rig.host("kvm-1").kill_daemon();
        service.pass(20).await;
        assert!(ids.iter().all(|&id| service.status(id) == Status::Unknown));
        rig.host("kvm-1").start_daemon();
        service.pass(60).await;
        assert!(ids.iter().all(|&id| service.status(id) == Status::InSync));
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn a_guest_that_died_while_the_daemon_was_down_is_found() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").kill_daemon();
        service.pass(20).await;
        rig.host("kvm-1").kill(id);
        rig.host("kvm-1").start_daemon();
        service.pass(60).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn a_host_that_hangs_costs_its_own_instances_their_freshness_and_no_other_anything() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let far = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let near = rig.instance("kvm-2", "web-2", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(near, 20).await;
        rig.host("kvm-1").hang();
        service.pass(40).await;
        assert_eq!(service.status(far), Status::Unknown);
        assert!(service.view(far).is_stale());
        assert_eq!(service.view(far).observed, Some(RunningBooted), "the last look is kept");
        rig.host("kvm-2").destroy(near);
        service.pass(1).await;
        service.in_sync(near, 2).await;
        assert_eq!(rig.sent(near, Command::Start), 1);
        assert_eq!(rig.deeds(far), []);
    });
}

#[test]
fn an_alert_is_told_once() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", Condition::PausedUser, Paused);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").pause_as(id, PausedIoError);
        service.pass(5).await;
        let before = service.commits();
        service.pass(3600).await;
        assert_eq!(service.commits(), before, "a mismatch that lasts writes nothing");
        assert_eq!(service.status(id), Status::OutOfSync);
        assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 1);
        rig.host("kvm-1").pause_as(id, Condition::PausedUser);
        service.in_sync(id, 20).await;
        assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 0);
    });
}

#[test]
fn a_slow_host_leaves_no_repair_unseen() {
    virtual_time(|| async {
        use std::time::Duration;
        for (latency, start) in [(10, 300), (300, 10), (700, 700), (1500, 400), (400, 1500)] {
            let mut rig = Rig::new(&["kvm-1"]);
            let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
            let service = rig.start().await;
            service.in_sync(id, 20).await;
            rig.host("kvm-1").set_latency(Duration::from_millis(latency));
            rig.host("kvm-1").set_start_delay(Duration::from_millis(start));
            rig.host("kvm-1").destroy(id);
            service.pass(25).await;
            assert_eq!(rig.deeds(id), [Command::Start], "{latency} ms, {start} ms");
            assert_eq!(service.status(id), Status::InSync, "{latency} ms, {start} ms");
            assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 0);
        }
    });
}

#[test]
fn the_steady_state_writes_nothing() {
    virtual_time(|| async {
        let (_rig, id, service) = one_running().await;
        let (before, looked) = (service.commits(), service.view(id).freshness.at());
        service.pass(3600).await;
        assert_eq!(service.commits(), before);
        assert!(service.view(id).freshness.at() > looked, "and yet it was looked at");
    });
}

#[test]
fn each_kind_of_drift_has_its_action() {
    virtual_time(|| async {
        use Command::{Destroy, Pause, Restart, Resume, Shutdown, Start, Wakeup};
        let rows = [
            (Running, Condition::PmSuspendedUnknown, Wakeup),
            (Running, Condition::CrashedPanicked, Restart),
            (Running, Condition::PausedWatchdog, Restart),
            (Running, Condition::PausedIoError, Resume),
            (Running, Condition::ShutoffSaved, Start),
            (Running, Condition::ShutoffUnknown, Start),
            (Paused, RunningBooted, Pause),
            (Shutoff, RunningBooted, Shutdown),
            (Shutoff, Condition::PausedUser, Destroy),
            (Shutoff, Condition::CrashedPanicked, Destroy),
        ];
        for (desired, seen, expected) in rows {
            let mut rig = Rig::new(&["kvm-1"]);
            let settled = match desired {
                Running => RunningBooted,
                Paused => Condition::PausedUser,
                Shutoff => ShutoffDestroyed,
            };
            let id = rig.instance("kvm-1", "web-1", settled, desired);
            let service = rig.start().await;
            service.in_sync(id, 20).await;
            rig.host("kvm-1").put(id, "web-1", seen);
            service.pass(110).await;
            assert_eq!(rig.deeds(id), [expected], "{desired} {seen}");
            assert_eq!(service.status(id), Status::InSync, "{desired} {seen}");
        }
    });
}

#[test]
fn what_is_ignored_is_neither_touched_nor_told() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[policies.default.running]\nshutoff = { action = \"ignore\" }\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").destroy(id);
        service.pass(600).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 0);
    });
}

#[test]
fn what_is_down_when_the_service_starts_is_not_asked_of_an_actor_that_is_not_there_yet() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let ids: Vec<_> = (0..8)
            .map(|n| rig.instance("kvm-1", &format!("vm-{n}"), Condition::ShutoffCrashed, Running))
            .collect();
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 30).await;
        }
        service.kill().await;
        for &id in &ids {
            rig.host("kvm-1").kill(id);
        }
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 30).await;
            assert_eq!(rig.deeds(id), [Command::Start; 2]);
        }
        let events = rig.events().await;
        let withdrawn = events.iter().find(|e| e.text.contains("withdrawn"));
        assert!(withdrawn.is_none(), "{withdrawn:?}");
    });
}
