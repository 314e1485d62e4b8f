//! Another configuration while the service runs: taken over or refused as a whole, and nobody is
//! disturbed whom it does not concern.

use std::time::Duration;

use assured::actors::messages::{Reload, ReloadRefusal, Reloaded};
use assured::model::{Command, Condition, DesiredState, EventKind, HostId, HostState, Status};
use assured::snapshot::{Node, NodeId};

use crate::rig::{Rig, Service, id_of, one_running, virtual_time};

use Condition::{RunningBooted, ShutoffDestroyed, ShutoffShutdown};
use DesiredState::Running;

async fn reload(rig: &Rig, service: &Service, config: &str) -> Result<Reloaded, ReloadRefusal> {
    *rig.next.borrow_mut() = config.to_owned();
    let reload = Reload { by: "test".to_owned() };
    service.doors.reload.send(reload).await.expect("the root is there")
}

fn host(name: &str, more: &str) -> String {
    format!("[[hosts]]\nid = \"{name}\"\nuri = \"test:///{name}\"\n{more}\n")
}

fn node(service: &Service, path: &[&str]) -> Node {
    let id = path.iter().fold(NodeId::root(), |id, name| id.child(name));
    service.board.tree().get(&id).cloned().expect("it is in the tree")
}

#[test]
fn another_policy_counts_at_once_for_what_is_under_way() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").power_off(id);
        service.until("settling", 5, |s| s.status(id) == Status::Settling).await;
        let connects = rig.host("kvm-1").calls().connects;
        let start = format!(
            "{}[policies.default.running]\n\"shutoff/shutdown\" = {{ action = \"start\" }}\n",
            rig.config
        );
        let done = reload(&rig, &service, &start).await.unwrap();
        assert_eq!(done.policies_changed, ["default"]);
        service.in_sync(id, 5).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(rig.host("kvm-1").calls().connects, connects, "over the same connection");
        assert_eq!(node(&service, &["kvm-1", "web-1"]).incarnation, 1);
        let shown = service.board.config();
        let cell = shown.policies.get("default").unwrap().cell(Running, ShutoffShutdown);
        assert!(format!("{cell:?}").contains("Start"), "{cell:?}");
        let told = rig.events().await;
        let told: Vec<_> = told.iter().filter(|e| e.kind == EventKind::Service).collect();
        assert_eq!((told.len(), told[0].by.as_deref()), (1, Some("test")));
        assert!(told[0].text.contains("policies changed: default"), "{}", told[0].text);
    });
}

#[test]
fn a_new_host_is_looked_after_and_the_old_one_notices_nothing() {
    virtual_time(|| async {
        let (mut rig, old, service) = one_running().await;
        let before = node(&service, &["kvm-1"]);
        let calls = rig.host("kvm-1").calls();
        rig.host("kvm-2");
        rig.config += &host("kvm-2", "");
        let new = rig.instance("kvm-2", "db-1", ShutoffDestroyed, Running);
        let done = reload(&rig, &service, &rig.config).await.unwrap();
        assert_eq!(done, Reloaded { hosts_added: vec!["kvm-2".into()], ..Reloaded::default() });
        service.in_sync(new, 30).await;
        assert_eq!(rig.deeds(new), [Command::Start]);
        rig.host("kvm-2").destroy(new);
        service.until("down", 5, |s| s.status(new) != Status::InSync).await;
        service.in_sync(new, 30).await;
        assert_eq!(node(&service, &["kvm-1"]), before);
        assert_eq!(rig.host("kvm-1").calls().connects, calls.connects);
        assert_eq!(service.status(old), Status::InSync);
    });
}

#[test]
fn a_host_that_is_taken_out_is_left_alone_and_comes_back_as_it_was() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let stays = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let goes = rig.instance("kvm-2", "db-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(stays, 20).await;
        service.in_sync(goes, 20).await;
        let smaller = host("kvm-1", "");
        let done = reload(&rig, &service, &smaller).await.unwrap();
        assert_eq!(done, Reloaded { hosts_removed: vec!["kvm-2".into()], ..Reloaded::default() });
        service.until("gone", 5, |s| s.board.fleet().hosts.len() == 1).await;
        assert_eq!(service.status(goes), Status::Unknown);
        service.until("closed", 5, |_| rig.host("kvm-2").sessions() == 0).await;
        assert!(service.board.tree().keys().all(|id| id.name() != "kvm-2" && id.name() != "db-1"));
        rig.host("kvm-2").destroy(goes);
        service.pass(600).await;
        assert_eq!(rig.deeds(goes), [], "nobody's matter now");
        assert_eq!(rig.host("kvm-2").sessions(), 0);
        // The instance is still known, and its host is taken in again.
        let done = reload(&rig, &service, &rig.config).await.unwrap();
        assert_eq!(done, Reloaded { hosts_added: vec!["kvm-2".into()], ..Reloaded::default() });
        service.in_sync(goes, 30).await;
        assert_eq!(rig.deeds(goes), [Command::Start]);
        assert_eq!(rig.deeds(stays), []);
    });
}

#[test]
fn what_was_under_way_on_a_host_that_is_taken_out_is_settled_by_a_look() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(30));
        rig.host("kvm-1").destroy(id);
        service.until("repairing", 5, |s| s.board.fleet().actions_in_flight == 1).await;
        service.pass(1).await;
        reload(&rig, &service, &host("kvm-9", "")).await.unwrap();
        service.until("given back", 5, |s| s.board.fleet().actions_in_flight == 0).await;
        reload(&rig, &service, &rig.config).await.unwrap();
        service.in_sync(id, 120).await;
        service.pass(120).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1, "not started a second time");
        assert!(rig.world.doubly_active().is_empty());
    });
}

#[test]
fn a_host_that_is_reached_in_another_way_is_connected_anew() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let (one, two) = (
            rig.instance("kvm-1", "web-1", RunningBooted, Running),
            rig.instance("kvm-2", "db-1", RunningBooted, Running),
        );
        let service = rig.start().await;
        service.in_sync(one, 20).await;
        service.in_sync(two, 20).await;
        let connects = |name| rig.host(name).calls().connects;
        let before = (connects("kvm-1"), connects("kvm-2"));
        let config = rig.config.replace("test:///kvm-2", "test:///kvm-2-by-another-name");
        let done = reload(&rig, &service, &config).await.unwrap();
        assert_eq!(done, Reloaded { hosts_relinked: vec!["kvm-2".into()], ..Reloaded::default() });
        service
            .until("up", 5, |s| {
                s.board.fleet().hosts[&HostId::from("kvm-2")].uri.contains("another")
            })
            .await;
        service.in_sync(two, 20).await;
        assert_eq!((connects("kvm-1"), connects("kvm-2")), (before.0, before.1 + 1));
        rig.host("kvm-2").destroy(two);
        service.until("started", 20, |_| rig.deeds(two) == [Command::Start]).await;
        service.in_sync(two, 20).await;
        assert_eq!(rig.host("kvm-2").sessions(), 1);
    });
}

#[test]
fn a_bad_configuration_changes_nothing() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        let loaded_at = service.board.config().loaded_at;
        let bad = format!("{}[poll]\ninterval = \"soon\"\n[service]\nodd = 1\n", host("kvm-2", ""));
        let refused = reload(&rig, &service, &bad).await.unwrap_err();
        assert!(matches!(&refused, ReloadRefusal::Wrong(errors) if errors.len() == 2), "{refused}");
        service.pass(60).await;
        let shown = service.board.config();
        assert!(shown.error.as_ref().unwrap().contains("poll.interval"), "{:?}", shown.error);
        assert_eq!(shown.loaded_at, loaded_at);
        assert_eq!(service.metrics.config_reload_success.get(), 0);
        assert_eq!(service.board.fleet().hosts.len(), 1);
        assert_eq!(service.status(id), Status::InSync);
        let told = rig.events().await;
        assert!(told.iter().any(|e| e.kind == EventKind::Service && e.text.contains("refused")));
        let done = reload(&rig, &service, &rig.config).await.unwrap();
        assert_eq!(done, Reloaded::default());
        assert_eq!(service.board.config().error, None);
        assert_eq!(service.metrics.config_reload_success.get(), 1);
    });
}

#[test]
fn another_pace_of_looks_needs_no_new_connection() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        let looks = || rig.host("kvm-1").calls();
        let before = looks();
        service.pass(100).await;
        let slow = looks();
        let config = format!("{}[poll]\ninterval = \"1s\"\ndeadline = \"2s\"\n", rig.config);
        let done = reload(&rig, &service, &config).await.unwrap();
        assert_eq!(done.needs_restart, ["poll.deadline"]);
        service.pass(100).await;
        let fast = looks();
        let reads = |c: &assured::hypervisor::sim::Calls| c.reads_of_all + c.reads_of_some;
        let (then, now) = (reads(&slow) - reads(&before), reads(&fast) - reads(&slow));
        assert!(now >= 5 * then, "{then} looks in 100 s, and then {now}");
        assert_eq!(fast.connects, before.connects);
        assert_eq!(service.status(id), Status::InSync);
        // It is still said at the next time, for it is still so.
        let done = reload(&rig, &service, &config).await.unwrap();
        assert_eq!(done.needs_restart, ["poll.deadline"]);
    });
}

#[test]
fn fewer_actions_at_once_hold_from_the_next_one_on() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let ids: Vec<_> = (0..6)
            .map(|n| rig.instance("kvm-1", &format!("vm-{n}"), RunningBooted, Running))
            .collect();
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 20).await;
        }
        let config = format!("{}[service]\nmax_concurrent_actions = 1\n", rig.config);
        reload(&rig, &service, &config).await.unwrap();
        rig.host("kvm-1").set_start_delay(Duration::from_secs(10));
        // Fewer than are a matter of the host's.
        for &id in &ids[..3] {
            rig.host("kvm-1").destroy(id);
        }
        service.pass(5).await;
        let fleet = service.board.fleet();
        assert_eq!((fleet.actions_in_flight, fleet.actions_waiting), (1, 2));
        for &id in &ids {
            service.in_sync(id, 120).await;
        }
    });
}

#[test]
fn a_configured_instance_that_is_new_is_taken_in_and_the_apis_later_word_stays() {
    virtual_time(|| async {
        let (mut rig, old, service) = one_running().await;
        service.desire(old, DesiredState::Shutoff).await.unwrap();
        service.in_sync(old, 120).await;
        rig.host("kvm-1").put(id_of("web-2"), "web-2", ShutoffDestroyed);
        let new = rig.instance("kvm-1", "web-2", ShutoffDestroyed, Running);
        reload(&rig, &service, &rig.config).await.unwrap();
        service.in_sync(new, 60).await;
        service.pass(60).await;
        assert_eq!(rig.deeds(new), [Command::Start]);
        assert_eq!(rig.deeds(old), [Command::Shutdown], "the API's word is the later one");
    });
}

#[test]
fn a_host_that_cannot_be_reached_may_be_taken_out() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").hang();
        service
            .until("lost", 60, |s| {
                s.board.fleet().hosts[&HostId::from("kvm-1")].state == HostState::Unreachable
            })
            .await;
        reload(&rig, &service, &host("kvm-2", "")).await.unwrap();
        service.pass(5).await;
        assert_eq!(service.status(id), Status::Unknown);
        assert_eq!(service.board.fleet().open_incidents.iter().sum::<usize>(), 0);
    });
}

#[test]
fn what_is_done_now_and_then_is_done_no_more_often_after_many_reloads() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        // That makes the service write down once a minute when its hosts answered.
        rig.config += "[policies.default.running]\n\"shutoff/crashed\" = { action = \"start\", max_downtime = \"10m\" }\n";
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        for _ in 0..10 {
            reload(&rig, &service, &rig.config).await.unwrap();
            service.pass(1).await;
        }
        let before = service.commits();
        service.pass(600).await;
        let commits = service.commits() - before;
        assert!((9..=11).contains(&commits), "{commits} in ten minutes");
    });
}
