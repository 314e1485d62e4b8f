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

const ALL: [&str; 6] =
    ["root", "the arbiter", "the host kvm-1", "the store", "web-1 on kvm-1", "web-2 on kvm-1"];

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
