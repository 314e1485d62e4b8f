//! An operator works on a host: looks go on, nothing is done on it, and nothing is reported.

use std::time::Duration;

use assured::actors::messages::{Adopt, EndMaintenance, PutMaintenance, Refusal, Reply};
use assured::model::{
    By, Command, Condition, DesiredState, EventKind, HostState, Incident, InstanceId, Severity,
    Status,
};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, host, one_running, virtual_time};

use Condition::RunningBooted;
use DesiredState::{Running, Shutoff};

fn ann() -> By {
    By::ApiToken("ann".into())
}

/// Puts kvm-1 into maintenance.
async fn begin(service: &Service) {
    begin_for(service, "disks", ann()).await;
}

async fn begin_for(service: &Service, reason: &str, by: By) {
    let put = PutMaintenance { host: host("kvm-1"), reason: reason.into(), by };
    let view = service.arbiter.send(put).await.unwrap().unwrap();
    assert!(view.maintenance.is_some());
}

/// Ends its maintenance.
async fn end(service: &Service) {
    let end = EndMaintenance { host: host("kvm-1"), by: By::ApiLocal };
    let view = service.arbiter.send(end).await.unwrap().unwrap();
    assert!(view.maintenance.is_none());
}

/// `count` guests on kvm-1 that run and are supposed to, and a service that has seen them.
async fn many(rig: &mut Rig, count: usize) -> (Vec<InstanceId>, Service) {
    let ids: Vec<_> = (0..count)
        .map(|n| rig.instance("kvm-1", &format!("vm-{n}"), RunningBooted, Running))
        .collect();
    let service = rig.start().await;
    all_are(&service, &ids, Status::InSync, 30).await;
    (ids, service)
}

async fn all_are(service: &Service, ids: &[InstanceId], status: Status, seconds: u64) {
    let all = |s: &Service| ids.iter().all(|&id| s.status(id) == status);
    service.until(&format!("all {status}"), seconds, all).await;
}

async fn incidents(rig: &Rig) -> Vec<Incident> {
    let query = IncidentQuery { limit: 1000, ..IncidentQuery::default() };
    rig.store.incidents(query).await.unwrap()
}

#[test]
fn nothing_is_done_and_nothing_is_reported_until_it_is_over() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        begin(&service).await;
        rig.host("kvm-1").destroy(id);
        service.pass(3600).await;
        assert_eq!(service.status(id), Status::Held);
        assert_eq!(service.view(id).observed, Some(Condition::ShutoffDestroyed), "looks go on");
        assert_eq!((rig.deeds(id), incidents(&rig).await.len()), (vec![], 0));
        let next = service.view(id).next.clone().unwrap();
        assert_eq!((next.at, next.why.as_str()), (None, "the host is in maintenance"));
        end(&service).await;
        service.in_sync(id, 15).await;
        assert_eq!((rig.deeds(id), incidents(&rig).await.len()), (vec![Command::Start], 1));
        let events = rig.events().await;
        let said: Vec<_> = events
            .iter()
            .filter(|e| e.kind == EventKind::Host && e.text.starts_with("maintenance"))
            .map(|e| (e.text.split(" after").next().unwrap(), e.by.as_deref().unwrap()))
            .collect();
        assert_eq!(
            said,
            [("maintenance begins: disks", "api:ann"), ("maintenance is over", "api:local")]
        );
    });
}

#[test]
fn what_is_as_desired_is_held_too_and_shown_so() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-2", "kvm-1"]);
        let other = rig.instance("kvm-2", "other", RunningBooted, Running);
        let (ids, service) = many(&mut rig, 3).await;
        let all = [ids.clone(), vec![other]].concat();
        let kept = |s: &Service| all.iter().all(|&id| s.view(id).definition.is_some());
        service.until("their definitions are kept", 5, kept).await;
        let commits = service.commits();
        begin(&service).await;
        assert!(ids.iter().all(|&id| service.status(id) == Status::Held));
        assert_eq!(service.view(ids[0]).next.as_ref().unwrap().why, "the host is in maintenance");
        assert_eq!(service.status(other), Status::InSync);
        assert_eq!(service.board.fleet().with_status(Status::Held), 3);
        assert_eq!(service.commits(), commits + 1);
        service.pass(60).await;
        assert_eq!(service.commits(), commits + 1, "it writes nothing more");
        rig.host("kvm-2").destroy(other);
        service.pass(10).await;
        assert_eq!(rig.deeds(other), [Command::Start], "the other host's are looked after");
        end(&service).await;
        assert!(ids.iter().all(|&id| service.status(id) == Status::InSync), "at once");
        assert!(service.view(ids[0]).next.is_none());
    });
}

#[test]
fn it_survives_the_service() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        begin(&service).await;
        let before = service.board.fleet().hosts[&host("kvm-1")].maintenance.clone();
        service.kill().await;
        rig.host("kvm-1").destroy(id);
        rig.pass(1).await;
        let service = rig.start().await;
        service.pass(600).await;
        assert_eq!(service.board.fleet().hosts[&host("kvm-1")].maintenance, before);
        assert_eq!((service.status(id), rig.deeds(id)), (Status::Held, vec![]));
        service.stop().await;
        let service = rig.start().await;
        service.pass(60).await;
        assert_eq!((rig.deeds(id), incidents(&rig).await.len()), (vec![], 0));
        end(&service).await;
        service.in_sync(id, 15).await;
        service.kill().await;
        rig.host("kvm-1").destroy(id);
        let service = rig.start().await;
        service.in_sync(id, 15).await;
        assert_eq!(rig.deeds(id), [Command::Start; 2], "that it is over is remembered as well");
    });
}

#[test]
fn orders_are_taken_and_carried_out_after_it() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        begin(&service).await;
        let view = service.desire(id, Shutoff).await.unwrap();
        assert_eq!((view.desired.state, view.status), (Shutoff, Status::Held));
        service.pass(300).await;
        assert_eq!((service.status(id), rig.deeds(id)), (Status::Held, vec![]));
        end(&service).await;
        service.in_sync(id, 30).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown]);
        assert_eq!(incidents(&rig).await.len(), 0);
    });
}

#[test]
fn what_is_under_way_ends_and_what_waits_is_not_sent() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "max_concurrent_actions = 2\n";
        let (ids, service) = many(&mut rig, 9).await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(20));
        for &id in &ids[..4] {
            rig.host("kvm-1").destroy(id);
        }
        service.until("two are being started", 10, |_| rig.world.journal().len() == 2).await;
        begin(&service).await;
        let under_way = service.board.fleet().with_status(Status::Repairing);
        assert_eq!(under_way, 2, "shown as what they are");
        service.pass(600).await;
        assert_eq!(rig.world.journal().len(), 2, "they end, and no other goes out");
        assert_eq!(rig.host("kvm-1").all_starts(), 2);
        assert_eq!(service.board.fleet().actions_waiting, 0);
        all_are(&service, &ids, Status::Held, 1).await;
        end(&service).await;
        all_are(&service, &ids, Status::InSync, 120).await;
        assert_eq!(rig.host("kvm-1").all_starts(), 4);
    });
}

#[test]
fn what_was_decided_and_has_not_gone_out_is_withdrawn() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").set_latency(Duration::from_secs(1));
        rig.host("kvm-1").destroy(id);
        let decided = |s: &Service| s.board.fleet().actions_in_flight == 1;
        service.until("it is decided", 10, decided).await;
        assert_eq!(rig.deeds(id), [], "the fresh look is awaited");
        begin(&service).await;
        service.pass(600).await;
        assert_eq!((rig.deeds(id), service.status(id)), (vec![], Status::Held));
        assert_eq!(service.view(id).attempts.used, 0, "it costs no attempt");
        let events = rig.events().await;
        assert!(events.iter().any(|e| e.text.starts_with("start: withdrawn")), "{events:#?}");
        end(&service).await;
        service.in_sync(id, 15).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
    });
}

#[test]
fn at_its_end_each_grace_begins_anew() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let (ids, service) = many(&mut rig, 3).await;
        begin(&service).await;
        rig.host("kvm-1").power_off(ids[0]);
        rig.host("kvm-1").suspend(ids[1]);
        service.pass(3600).await;
        end(&service).await;
        assert_eq!(service.status(ids[0]), Status::Settling);
        service.pass(25).await;
        assert_eq!(rig.deeds(ids[1]), [], "paused/user: 30 s");
        service.in_sync(ids[1], 15).await;
        assert_eq!(rig.deeds(ids[1]), [Command::Resume]);
        service.pass(70).await;
        assert_eq!(service.view(ids[0]).desired.state, Running, "shutoff/shutdown: 2 min");
        service.pass(30).await;
        assert_eq!(service.view(ids[0]).desired.state, Shutoff, "then as ever");
    });
}

#[test]
fn a_host_that_is_away_meanwhile_is_no_incident_before_the_end() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        begin(&service).await;
        rig.host("kvm-1").lose_power();
        let is = |state| move |s: &Service| s.board.fleet().hosts[&host("kvm-1")].state == state;
        service.until("unreachable", 60, is(HostState::Unreachable)).await;
        service.pass(600).await;
        assert_eq!(service.status(id), Status::Unknown);
        assert_eq!(incidents(&rig).await.len(), 0);
        end(&service).await;
        let told = incidents(&rig).await;
        assert_eq!((told.len(), told[0].instance, told[0].severity), (1, None, Severity::Critical));
        rig.host("kvm-1").boot();
        service.in_sync(id, 60).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert!(incidents(&rig).await.iter().all(|i| i.closed_at.is_some()));
    });
}

#[test]
fn much_that_goes_down_at_once_is_no_incident_either() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let (ids, service) = many(&mut rig, 20).await;
        begin(&service).await;
        for &id in &ids[..15] {
            rig.host("kvm-1").put(id, "", Condition::ShutoffDestroyed);
        }
        service.pass(300).await;
        all_are(&service, &ids, Status::Held, 1).await;
        assert_eq!((rig.world.journal().len(), incidents(&rig).await.len()), (0, 0));
        let noted = rig.events().await;
        let noted = noted.iter().filter(|e| e.kind == EventKind::Host);
        assert!(noted.clone().any(|e| e.text.starts_with("15 of 20")), "the audit log has it");
        end(&service).await;
        all_are(&service, &ids, Status::InSync, 60).await;
        assert_eq!(rig.host("kvm-1").all_starts(), 15);
    });
}

#[test]
fn guests_that_were_shut_down_for_a_reboot_are_brought_back_after_it() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let off = rig.instance("kvm-1", "off-1", Condition::ShutoffShutdown, Shutoff);
        let (ids, service) = many(&mut rig, 4).await;
        begin(&service).await;
        for &id in &ids {
            rig.host("kvm-1").power_off(id);
            service.pass(240).await;
        }
        for _ in 0..2 {
            rig.host("kvm-1").lose_power();
            service.pass(300).await;
            rig.host("kvm-1").boot();
            service.pass(300).await;
        }
        all_are(&service, &ids, Status::Held, 1).await;
        assert_eq!((rig.world.journal().len(), incidents(&rig).await.len()), (0, 0));
        end(&service).await;
        all_are(&service, &ids, Status::InSync, 60).await;
        service.pass(600).await;
        assert!(ids.iter().all(|&id| rig.deeds(id) == [Command::Start]));
        assert!(ids.iter().all(|&id| service.view(id).desired.state == Running));
        assert_eq!((rig.deeds(off), service.status(off)), (vec![], Status::InSync));
    });
}

#[test]
fn an_incident_that_was_open_goes_on_and_is_over_when_it_is() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").fail_actions(Command::Start, 100, "no such disk");
        rig.host("kvm-1").kill(id);
        service.until("tried", 30, |_| rig.deeds(id).len() >= 2).await;
        begin(&service).await;
        let tried = rig.deeds(id).len();
        let open = incidents(&rig).await;
        assert_eq!((open.len(), open[0].closed_at), (1, None));
        service.pass(600).await;
        assert_eq!((rig.deeds(id).len(), incidents(&rig).await), (tried, open));
        rig.host("kvm-1").start(id);
        service.pass(20).await;
        assert!(incidents(&rig).await[0].closed_at.is_some(), "somebody has seen to it");
        end(&service).await;
        service.pass(600).await;
        assert_eq!((rig.deeds(id).len(), incidents(&rig).await.len()), (tried, 1));
    });
}

#[test]
fn said_again_the_newest_reason_counts_and_the_same_changes_nothing() {
    virtual_time(|| async {
        let (rig, _id, service) = one_running().await;
        let shown = || service.board.fleet().hosts[&host("kvm-1")].maintenance.clone().unwrap();
        begin(&service).await;
        let first = shown();
        let (commits, events) = (service.commits(), rig.events().await.len());
        service.pass(60).await;
        begin_for(&service, "disks", By::ApiLocal).await;
        assert_eq!((shown(), service.commits()), (first.clone(), commits));
        begin_for(&service, "kernel", By::ApiLocal).await;
        let now = shown();
        assert_eq!((now.by.as_str(), now.reason.as_str()), ("api:local", "kernel"));
        assert_eq!(now.since, first.since, "it has lasted since then");
        let new = rig.events().await;
        assert_eq!(new.len(), events + 1);
        let line = new.iter().max_by_key(|e| e.id).unwrap();
        assert_eq!(line.text, "maintenance goes on: kernel (before: disks by api:ann)");
        end(&service).await;
        let commits = service.commits();
        end(&service).await;
        assert_eq!(service.commits(), commits, "there is nothing to end");
    });
}

#[test]
fn a_host_that_is_not_there_is_not_maintained() {
    virtual_time(|| async {
        let (_rig, _id, service) = one_running().await;
        let host = host("kvm-9");
        let put = PutMaintenance { host: host.clone(), reason: "x".into(), by: ann() };
        let refused =
            |answer: Reply<_>| assert_eq!(answer.unwrap_err(), Refusal::NoSuchHost("kvm-9".into()));
        refused(service.arbiter.send(put).await.unwrap().map(|_| ()));
        let end = EndMaintenance { host, by: ann() };
        refused(service.arbiter.send(end).await.unwrap().map(|_| ()));
    });
}

#[test]
fn one_machine_on_two_hosts_is_told_all_the_same() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        begin(&service).await;
        rig.host("kvm-2").define(id, "web-1");
        rig.host("kvm-2").start(id);
        service.pass(60).await;
        let told = incidents(&rig).await;
        assert_eq!((told.len(), told[0].severity), (1, Severity::Critical));
        assert_eq!((rig.deeds(id), service.status(id)), (vec![], Status::OutOfSync));
    });
}

#[test]
fn a_guest_that_leaves_is_looked_after_where_it_is_and_held_when_it_returns() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        begin(&service).await;
        rig.host("kvm-1").migrate(id, &rig.host("kvm-2"));
        service.in_sync(id, 20).await;
        assert_eq!(service.view(id).host, host("kvm-2"));
        rig.host("kvm-2").destroy(id);
        service.pass(20).await;
        assert_eq!(rig.deeds(id), [Command::Start], "there it is nobody's work");
        rig.host("kvm-2").migrate(id, &rig.host("kvm-1"));
        service.until("held", 20, |s| s.status(id) == Status::Held).await;
        rig.host("kvm-1").destroy(id);
        service.pass(600).await;
        assert_eq!(rig.deeds(id).len(), 1);
    });
}

#[test]
fn what_is_adopted_meanwhile_is_held_too() {
    virtual_time(|| async {
        let (rig, _id, service) = one_running().await;
        begin(&service).await;
        let new = rig.host("kvm-1").add(RunningBooted);
        let adopt = Adopt { host: host("kvm-1"), domains: Some(vec![new]), by: ann() };
        service.arbiter.send(adopt).await.unwrap().unwrap();
        service.until("held", 20, |s| s.status(new) == Status::Held).await;
        assert_eq!(service.view(new).desired.state, Running);
        rig.host("kvm-1").destroy(new);
        service.pass(600).await;
        assert_eq!(rig.deeds(new), []);
        end(&service).await;
        service.in_sync(new, 15).await;
        assert_eq!(rig.deeds(new), [Command::Start]);
    });
}
