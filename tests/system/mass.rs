//! Much goes down at once: an answer that is not true, a host that reboots, a host on its way down.

use assured::hypervisor::{Lifecycle, Signal};
use assured::model::{Command, Condition, DesiredState, EventKind, InstanceId, Status};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, virtual_time};

use Condition::{RunningBooted, ShutoffDestroyed};
use DesiredState::{Running, Shutoff};

/// A host with this many guests that run and are supposed to, seen by a service.
async fn many(count: usize) -> (Rig, Vec<InstanceId>, Service) {
    let mut rig = Rig::new(&["kvm-1"]);
    let ids: Vec<_> = (0..count)
        .map(|n| rig.instance("kvm-1", &format!("vm-{n}"), RunningBooted, Running))
        .collect();
    let service = rig.start().await;
    all_in_sync(&service, &ids, 30).await;
    (rig, ids, service)
}

async fn all_in_sync(service: &Service, ids: &[InstanceId], seconds: u64) {
    let all = |s: &Service| ids.iter().all(|&id| s.status(id) == Status::InSync);
    service.until("all in sync", seconds, all).await;
}

/// The host's own incidents: how many there were, and how many are open.
async fn of_the_host(rig: &Rig) -> (usize, usize) {
    let query = IncidentQuery { limit: 1000, ..IncidentQuery::default() };
    let all = rig.store.incidents(query).await.unwrap();
    let own: Vec<_> = all.iter().filter(|i| i.instance.is_none()).collect();
    (own.len(), own.iter().filter(|i| i.closed_at.is_none()).count())
}

#[test]
fn an_answer_that_is_suddenly_empty_is_not_believed() {
    virtual_time(|| async {
        let (rig, ids, service) = many(50).await;
        let connects = rig.host("kvm-1").calls().connects;
        rig.host("kvm-1").answer_empty(1);
        service.pass(60).await;
        all_in_sync(&service, &ids, 1).await;
        assert_eq!(rig.world.journal(), []);
        assert_eq!(rig.host("kvm-1").calls().connects, connects + 1, "a second look");
        assert_eq!(of_the_host(&rig).await, (1, 0), "one incident, and it is over");
        let seen = rig.events().await;
        let missing = seen.iter().filter(|e| e.text.starts_with("missing")).count();
        assert_eq!(missing, 0, "nothing of it was recorded");
    });
}

#[test]
fn a_listing_that_is_suddenly_empty_is_not_believed_either() {
    virtual_time(|| async {
        let (rig, ids, service) = many(50).await;
        // The first answer of a new connection is a listing.
        rig.host("kvm-1").drop_sessions();
        rig.host("kvm-1").answer_empty(1);
        service.pass(60).await;
        all_in_sync(&service, &ids, 1).await;
        assert_eq!(rig.world.journal(), []);
        assert_eq!(of_the_host(&rig).await, (1, 0));
    });
}

#[test]
fn nor_when_the_service_has_just_started() {
    virtual_time(|| async {
        let (rig, ids, service) = many(20).await;
        service.stop().await;
        rig.host("kvm-1").answer_empty(1);
        let service = rig.start_at_once().await;
        service.pass(60).await;
        all_in_sync(&service, &ids, 1).await;
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn what_two_looks_say_is_true_and_one_incident() {
    virtual_time(|| async {
        let (rig, ids, service) = many(20).await;
        for &id in &ids[..12] {
            rig.host("kvm-1").put(id, "", ShutoffDestroyed);
        }
        service.pass(5).await;
        service.pass(60).await;
        all_in_sync(&service, &ids, 1).await;
        for &id in &ids[..12] {
            assert_eq!(rig.deeds(id), [Command::Start]);
        }
        assert_eq!(of_the_host(&rig).await, (1, 0));
    });
}

#[test]
fn what_the_service_shuts_down_itself_is_no_mass_change() {
    virtual_time(|| async {
        let (rig, ids, service) = many(20).await;
        for &id in &ids {
            service.desire(id, Shutoff).await.unwrap();
        }
        all_in_sync(&service, &ids, 60).await;
        assert_eq!(of_the_host(&rig).await, (0, 0));
    });
}

#[test]
fn a_planned_reboot_is_not_forty_owners_wishes() {
    virtual_time(|| async {
        let (rig, ids, service) = many(40).await;
        for &id in &ids {
            rig.host("kvm-1").power_off(id);
            service.pass(2).await;
        }
        rig.host("kvm-1").kill_daemon();
        service.pass(300).await;
        rig.host("kvm-1").start_daemon();
        all_in_sync(&service, &ids, 300).await;
        for &id in &ids {
            assert_eq!(rig.deeds(id), [Command::Start], "brought back, once");
            assert_eq!(service.view(id).desired.state, Running);
        }
    });
}

#[test]
fn nor_is_a_host_whose_guests_go_down_one_by_one() {
    virtual_time(|| async {
        let (rig, ids, service) = many(40).await;
        for &id in &ids {
            rig.host("kvm-1").power_off(id);
            service.pass(3).await;
        }
        service.pass(200).await;
        all_in_sync(&service, &ids, 60).await;
        for &id in &ids {
            assert_eq!(rig.deeds(id), [Command::Start]);
            assert_eq!(service.view(id).desired.state, Running);
        }
    });
}

#[test]
fn a_few_owners_wishes_are_accepted_on_a_full_host() {
    virtual_time(|| async {
        let (rig, ids, service) = many(40).await;
        for &id in &ids[..4] {
            rig.host("kvm-1").power_off(id);
        }
        service.pass(150).await;
        for &id in &ids[..4] {
            assert_eq!(service.view(id).desired.state, Shutoff);
        }
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn a_host_that_comes_back_with_others_alive_begins_the_grace_anew() {
    virtual_time(|| async {
        let (rig, ids, service) = many(3).await;
        rig.host("kvm-1").power_off(ids[0]);
        service.pass(100).await;
        rig.host("kvm-1").hang();
        service.pass(300).await;
        assert_eq!(service.view(ids[0]).desired.state, Running, "the grace stands still");
        rig.host("kvm-1").answer();
        service.pass(100).await;
        assert_eq!(service.view(ids[0]).desired.state, Running, "and begins anew");
        service.pass(60).await;
        assert_eq!(service.view(ids[0]).desired.state, Shutoff);
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn a_reboot_is_brought_back_from_even_if_the_service_restarts_in_between() {
    virtual_time(|| async {
        let (mut rig, mut ids) = (Rig::new(&["kvm-1"]), Vec::new());
        rig.config += "[policies.default.running]\n\"shutoff/shutdown\" = { action = \"accept\", grace = \"2m\" }\n";
        for n in 0..8 {
            ids.push(rig.instance("kvm-1", &format!("vm-{n}"), RunningBooted, Running));
        }
        let service = rig.start().await;
        all_in_sync(&service, &ids, 30).await;
        for &id in &ids {
            rig.host("kvm-1").power_off(id);
        }
        service.pass(10).await;
        rig.host("kvm-1").lose_power();
        service.pass(30).await;
        service.kill().await;
        rig.host("kvm-1").boot();
        rig.host("kvm-1").set_start_delay(std::time::Duration::from_secs(5));
        let service = rig.start_at_once().await;
        service.until("some are being started", 30, |_| !rig.world.journal().is_empty()).await;
        service.kill().await;
        let service = rig.start_at_once().await;
        service.pass(400).await;
        all_in_sync(&service, &ids, 1).await;
        assert!(ids.iter().all(|&id| service.view(id).desired.state == Running));
        let starts: Vec<_> = ids.iter().map(|&id| rig.host("kvm-1").starts(id)).collect();
        assert_eq!(starts, [1; 8], "{:#?}", rig.world.journal());
        let accepts = rig.events().await;
        assert!(
            !accepts.iter().any(|e| e.kind == EventKind::Verdict && e.text.starts_with("accept"))
        );
    });
}

#[test]
fn a_listing_that_was_not_true_is_put_right_by_the_next_look() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", ShutoffDestroyed, Shutoff);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        let kvm = rig.host("kvm-1");
        // Somebody else's domain comes, so the host is listed; one domain gone is not many.
        kvm.answer_empty(1);
        let event = Lifecycle::Defined;
        kvm.signal(Signal::Lifecycle { id: crate::rig::id_of("other"), event });
        service.pass(5).await;
        // Its actor has never seen it gone, and would have seen nothing new.
        service.in_sync(id, 1).await;
        assert_eq!(service.view(id).observed, Some(kvm.condition(id)));
        let events = rig.events().await;
        let seen = events.iter().filter(|e| e.text.starts_with("missing")).count();
        assert_eq!(seen, 1, "the listing had been believed");
        assert_eq!(rig.deeds(id), []);
    });
}
