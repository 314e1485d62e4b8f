//! The thread that writes the database is a child like the others. In real time: it is a real thread.

use std::time::Duration;

use super::rig::{Rig, Service, virtual_time};
use crate::hypervisor::Signal;
use crate::model::{Condition, DesiredState, EventKind, Status};
use crate::snapshot::NodeId;
use crate::store::{Outage, Store};
use Condition::RunningBooted;
use DesiredState::{Running, Shutoff};

/// Runs a test in real time; each of its waits has a bound.
fn real_time<F: Future<Output = ()> + 'static>(test: impl FnOnce() -> F + 'static) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move { test().await });
}

/// A rig whose database is a file.
fn on_file() -> (Rig, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap().join("assured.db");
    let mut rig = Rig::new(&["kvm-1"]);
    rig.store = Store::open(&format!("sqlite://{}", path.display())).unwrap();
    (rig, dir)
}

fn restarts(service: &Service) -> u64 {
    service.metrics.actor_restarts.with_label_values(&["store"]).get()
}

#[test]
fn a_database_s_thread_that_ends_is_begun_anew_and_all_goes_on() {
    real_time(|| async {
        let (mut rig, _dir) = on_file();
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        for round in 1..=3 {
            rig.store.end_thread();
            service.until("another thread", 20, |s| restarts(s) == round).await;
            service.until("healthy", 20, |s| s.board.fleet().database_healthy).await;
        }
        service.desire(id, Shutoff).await.unwrap();
        service.in_sync(id, 30).await;
        let node = service.board.tree().get(&NodeId::root().child("store")).cloned().unwrap();
        assert_eq!((node.kind, node.state, node.incarnation), ("store", "running", 4));
        let why = "failed: the thread that writes the database panicked: as the test wants it";
        assert_eq!(node.last_exit.as_deref(), Some(why));
        let arbiter = service.board.tree().get(&NodeId::root().child("arbiter")).cloned().unwrap();
        assert_eq!(arbiter.incarnation, 1, "to it the database was away for a while");
        let told = rig.events().await.into_iter();
        let told = told.filter(|e| e.kind == EventKind::Supervision && e.text.contains(why));
        assert_eq!(told.count(), 3);
    });
}

/// What an arbiter was about to write when the thread ended is refused, and nothing of it is done.
#[test]
fn an_order_on_a_thread_that_ends_is_refused_and_can_be_given_again() {
    real_time(|| async {
        let (mut rig, _dir) = on_file();
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.store.simulate(Outage::Stalls);
        rig.store.end_thread();
        let order = service.desire(id, Shutoff);
        let (answer, ()) = tokio::join!(order, async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            rig.store.simulate(Outage::Ends);
        });
        assert!(answer.is_err(), "{answer:?}");
        service.until("another thread", 20, |s| restarts(s) == 1).await;
        service.until("healthy", 20, |s| s.board.fleet().database_healthy).await;
        service.in_sync(id, 30).await;
        assert_eq!(service.view(id).desired.state, Running);
        service.desire(id, Shutoff).await.unwrap();
        service.in_sync(id, 30).await;
        assert_eq!(rig.deeds(id).len(), 1);
    });
}

#[test]
fn a_thread_that_ends_again_and_again_ends_the_tree() {
    real_time(|| async {
        let (mut rig, _dir) = on_file();
        rig.config += "[supervision]\narbiter = { restarts = 2, window = \"1h\" }\n";
        let service = rig.start().await;
        for round in 1..=2 {
            rig.store.end_thread();
            service.until("another thread", 20, |s| restarts(s) == round).await;
        }
        rig.store.end_thread();
        let ending = tokio::time::timeout(Duration::from_secs(20), service.ending()).await.unwrap();
        let text = format!("{ending:?}");
        assert!(text.contains("store: more than 2 restarts in 3600s; last exit failed"), "{text}");
    });
}

#[test]
fn a_database_that_does_not_answer_is_unavailable_and_looks_go_on() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let other = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.in_sync(other, 20).await;
        rig.store.simulate(Outage::Stalls);
        // A commit is under way: whether it is kept nobody can know.
        let order = service.desire(id, Shutoff).await;
        let refused = format!("{:?}", order.unwrap_err());
        assert!(refused.contains("has not answered for 30s"), "{refused}");
        assert!(!service.board.fleet().database_healthy);
        rig.host("kvm-1").destroy(other);
        service.pass(1800).await;
        assert_eq!(
            (rig.deeds(id), rig.deeds(other)),
            (vec![], vec![]),
            "nothing without an intent"
        );
        let looked = service.view(id).freshness.at().unwrap();
        assert!(service.clock.now().duration_since(looked).as_secs() < 15, "looks go on");
        let again = service.desire(id, Shutoff).await;
        assert!(again.is_err(), "at once");
        let arbiter = service.board.tree().get(&NodeId::root().child("arbiter")).cloned().unwrap();
        assert_eq!(arbiter.incarnation, 1, "it waits, and doesn't hang");
        rig.store.simulate(Outage::Ends);
        // The order was kept, late: it is seen, and carried out.
        service.until("healthy", 30, |s| s.board.fleet().database_healthy).await;
        service.until("off", 60, |s| s.view(id).desired.state == Shutoff).await;
        service.in_sync(id, 60).await;
        service.in_sync(other, 60).await;
        assert_eq!((rig.deeds(id).len(), rig.deeds(other).len()), (1, 1));
        assert_eq!(service.status(id), Status::InSync);
        assert_eq!(service.view(id).generation().0, 2, "once");
    });
}

/// libvirt's event loop serves all hosts: its end is a failure of each host's actor that has a session.
#[test]
fn hosts_that_hear_nothing_any_more_are_begun_anew() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let ids = ["kvm-1", "kvm-2"]
            .map(|host| rig.instance(host, &format!("web-{host}"), RunningBooted, Running));
        let service = rig.start().await;
        for id in ids {
            service.in_sync(id, 20).await;
        }
        for host in ["kvm-1", "kvm-2"] {
            rig.host(host).signal(Signal::Deaf { why: "it panicked".to_owned() });
        }
        let restarts = service.metrics.actor_restarts.with_label_values(&["host"]);
        service.until("begun anew", 5, |_| restarts.get() == 2).await;
        for (host, id) in ["kvm-1", "kvm-2"].into_iter().zip(ids) {
            let node = service.board.tree().get(&NodeId::root().child(host)).cloned().unwrap();
            let why = "failed: libvirt's event loop ended: it panicked";
            assert_eq!(node.last_exit.as_deref(), Some(why));
            service.until("a new session", 5, |_| rig.host(host).sessions() == 1).await;
            rig.host(host).destroy(id);
            service.until("repaired", 10, |_| rig.deeds(id).len() == 1).await;
            service.in_sync(id, 20).await;
        }
    });
}
