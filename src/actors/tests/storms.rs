//! After a thousand restarts there is nobody but those who should be there.

use std::cell::RefCell;
use std::rc::Rc;

use super::rig::{Rig, Service, host, virtual_time};
use crate::actors::arbiter::reached::{Boom, Hang, WhereIs, WhereIsHost};
use crate::actors::instance::Instance;
use crate::model::{Command, Condition, DesiredState};
use crate::supervision::Turns;
use Condition::RunningBooted;
use DesiredState::Running;

/// The living, by name.
fn living() -> Vec<String> {
    let mut names: Vec<_> = Turns::here().living().iter().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

const ALL: [&str; 7] = [
    "root",
    "the arbiter",
    "the host kvm-1",
    "the notifier",
    "the store",
    "web-1 on kvm-1",
    "web-2 on kvm-1",
];

async fn patient(rig: &mut Rig) -> Service {
    rig.config += "[supervision]\ninstance = { restarts = 1000, window = \"1s\" }\n\
                   host = { restarts = 1000, window = \"1s\" }\n\
                   arbiter = { restarts = 1000, window = \"1s\" }\n";
    rig.start().await
}

#[test]
fn a_thousand_restarts_leave_no_orphan() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let first = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let second = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let service = patient(&mut rig).await;
        service.in_sync(first, 20).await;
        let gone: Rc<RefCell<Vec<actix::WeakAddr<Instance>>>> = Rc::default();
        for round in 0_u32..1000 {
            match round % 3 {
                0 => {
                    let actor = service.arbiter.send(WhereIs(first)).await.unwrap();
                    if let Some(actor) = actor {
                        gone.borrow_mut().push(actor.downgrade());
                        actor.do_send(Boom);
                    }
                }
                1 => {
                    let actor = service.arbiter.send(WhereIsHost(host("kvm-1"))).await.unwrap();
                    actor.unwrap().do_send(Boom);
                }
                _ => service.arbiter.do_send(Boom),
            }
            service.pass(3).await;
        }
        service.pass(60).await;
        let restarts = |kind| service.metrics.actor_restarts.with_label_values(&[kind]).get();
        assert_eq!(restarts("instance") + restarts("host") + restarts("arbiter"), 1000);
        assert_eq!(living(), ALL);
        assert_eq!(rig.host("kvm-1").sessions(), 1);
        let left = gone.borrow().iter().filter(|addr| addr.upgrade().is_some()).count();
        assert_eq!(left, 0, "of {} mailboxes", gone.borrow().len());
        // One look of each in a round, as before: no timer of an earlier life asks as well.
        let calls = |rig: &Rig| {
            let calls = rig.host("kvm-1").calls();
            calls.reads_of_all + calls.reads_of_some
        };
        let before = calls(&rig);
        service.pass(1000).await;
        let looks = calls(&rig) - before;
        assert!((70..=140).contains(&looks), "{looks} reads in 1000 s");
        assert_eq!((rig.deeds(first), rig.deeds(second)), (vec![], vec![]));
        // And whoever is there acts, once.
        rig.host("kvm-1").destroy(first);
        service.pass(20).await;
        assert_eq!(rig.deeds(first), [Command::Start]);
        service.kill().await;
        tokio::task::yield_now().await;
        assert_eq!(living(), Vec::<String>::new(), "a parent's end is its children's");
        assert_eq!(rig.host("kvm-1").sessions(), 0);
    });
}

#[test]
fn many_hangs_leave_no_orphan() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let first = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let _second = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let service = patient(&mut rig).await;
        service.in_sync(first, 20).await;
        for round in 0_u32..60 {
            match round % 3 {
                0 => {
                    let actor = service.arbiter.send(WhereIs(first)).await.unwrap().unwrap();
                    actor.do_send(Hang);
                }
                1 => {
                    let actor = service.arbiter.send(WhereIsHost(host("kvm-1"))).await.unwrap();
                    actor.unwrap().do_send(Hang);
                }
                _ => service.arbiter.do_send(Hang),
            }
            service.pass(60).await;
        }
        let restarts = |kind| service.metrics.actor_restarts.with_label_values(&[kind]).get();
        assert_eq!(["instance", "host", "arbiter"].map(restarts), [20, 20, 20]);
        assert_eq!(living(), ALL);
        assert_eq!(rig.host("kvm-1").sessions(), 1);
    });
}

/// Every actor panics once a second for a minute, while guests end: the tree stands, each guest is
/// started once for each of its ends, and all is well soon after.
#[test]
fn a_storm_of_panics_is_lived_through() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        // An attempt that its actor's failure interrupts counts, for it may have been sent.
        rig.config += "[policies.default.running]\n\"shutoff/destroyed\" = \
                       { action = \"start\", retry = { attempts = 200, max = \"2s\" } }\n";
        let ids: Vec<_> = (0..6)
            .map(|n| {
                let host = if n % 2 == 0 { "kvm-1" } else { "kvm-2" };
                rig.instance(host, &format!("web-{n}"), RunningBooted, Running)
            })
            .collect();
        let service = patient(&mut rig).await;
        for &id in &ids {
            service.in_sync(id, 20).await;
        }
        for second in 0..60 {
            for &id in &ids {
                if let Some(actor) = service.arbiter.send(WhereIs(id)).await.ok().flatten() {
                    actor.do_send(Boom);
                }
            }
            // Time for the instances' next lives, before their hosts' ends are theirs.
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            for name in ["kvm-1", "kvm-2"] {
                let actor = service.arbiter.send(WhereIsHost(host(name))).await.ok().flatten();
                if let Some(actor) = actor {
                    actor.do_send(Boom);
                }
            }
            service.arbiter.do_send(Boom);
            if second == 20 {
                for (n, &id) in ids.iter().enumerate() {
                    rig.host(if n % 2 == 0 { "kvm-1" } else { "kvm-2" }).destroy(id);
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        let restarts = |kind| service.metrics.actor_restarts.with_label_values(&[kind]).get();
        for kind in ["instance", "host", "arbiter"] {
            assert!(restarts(kind) > 10, "{kind}: {} restarts", restarts(kind));
        }
        for &id in &ids {
            service.in_sync(id, 60).await;
            let starts = rig.host("kvm-1").starts(id) + rig.host("kvm-2").starts(id);
            assert_eq!(starts, 1, "it ended once");
        }
        let root = &service.board.tree()[&crate::snapshot::NodeId::root()];
        assert_eq!((root.incarnation, root.restarts), (1, 0), "nobody has given up");
        assert_eq!(living().len(), 1 + 1 + 1 + 1 + 2 + ids.len());
    });
}
