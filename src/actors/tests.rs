//! What can only be done from inside: making real actors fail, and seeing that the rest goes on.

#[path = "../../tests/system/rig.rs"]
#[allow(dead_code, unreachable_pub, clippy::panic)]
mod rig;

use std::cell::Cell;
use std::rc::Rc;

use actix::{Context, Handler, Message};

use self::rig::{Rig, virtual_time};
use super::arbiter::Arbiter;
use crate::hypervisor::{Acted, Answer, Hypervisor, Listed, Session, Signal};
use crate::model::{Command, Condition, Correction, Definition, DesiredState, InstanceId, Status};
use Condition::RunningBooted;
use DesiredState::{Running, Shutoff};

/// Makes the arbiter panic.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Panic;

impl Handler<Panic> for Arbiter {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
        panic!("as the test wants it");
    }
}

/// A host whose sessions panic, in the actor that calls them, as often as is left.
struct Trap {
    host: Rc<dyn Hypervisor>,
    connects: Rc<Cell<u32>>,
    acts: Rc<Cell<u32>>,
    /// Only for this one.
    victim: InstanceId,
}

struct TrapSession {
    session: Rc<dyn Session>,
    acts: Rc<Cell<u32>>,
    victim: InstanceId,
}

fn spring(left: &Cell<u32>) {
    if let Some(fewer) = left.get().checked_sub(1) {
        left.set(fewer);
        panic!("as the test wants it");
    }
}

impl Hypervisor for Trap {
    fn connect(
        &self,
        signals: tokio::sync::mpsc::UnboundedSender<Signal>,
    ) -> Answer<Rc<dyn Session>> {
        spring(&self.connects);
        let (session, acts, victim) =
            (self.host.connect(signals), Rc::clone(&self.acts), self.victim);
        Box::pin(async move {
            let session = session.await?;
            Ok(Rc::new(TrapSession { session, acts, victim }) as Rc<dyn Session>)
        })
    }
}

impl Session for TrapSession {
    fn list(&self) -> Answer<Vec<Listed>> {
        self.session.list()
    }

    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>> {
        self.session.all_states()
    }

    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>> {
        self.session.states_of(ids)
    }

    fn act(&self, id: InstanceId, command: Command) -> Answer<Acted> {
        if id == self.victim {
            spring(&self.acts);
        }
        self.session.act(id, command)
    }

    fn definition(&self, id: InstanceId) -> Answer<Definition> {
        self.session.definition(id)
    }

    fn define(&self, id: InstanceId, xml: std::sync::Arc<str>) -> Answer<Acted> {
        self.session.define(id, xml)
    }

    fn correct(&self, id: InstanceId, correction: Correction) -> Answer<()> {
        self.session.correct(id, correction)
    }
}

/// How often the traps spring.
#[derive(Clone, Default)]
struct Traps {
    connects: Rc<Cell<u32>>,
    acts: Rc<Cell<u32>>,
}

fn trapped(rig: &mut Rig, victim: InstanceId) -> Traps {
    let traps = Traps::default();
    let set = traps.clone();
    rig.wrap = Some(Rc::new(move |_, host| {
        let (connects, acts) = (Rc::clone(&set.connects), Rc::clone(&set.acts));
        Rc::new(Trap { host, connects, acts, victim })
    }));
    traps
}

#[test]
fn an_arbiter_that_panics_keeps_its_address_and_reads_the_database_again() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.desire(id, Shutoff).await.unwrap();
        service.in_sync(id, 60).await;
        assert!(service.arbiter.send(Panic).await.is_err());
        service.pass(5).await;
        service.desire(id, Running).await.unwrap();
        service.in_sync(id, 20).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown, Command::Start]);
        assert_eq!(service.view(id).generation().0, 3, "what was committed is known");
        let restarts = service.metrics.actor_restarts.with_label_values(&["arbiter"]);
        assert_eq!(restarts.get(), 1);
    });
}

#[test]
fn an_arbiter_that_panics_while_an_action_is_under_way_does_not_repeat_it() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").set_start_delay(std::time::Duration::from_secs(3));
        rig.host("kvm-1").destroy(id);
        service.pass(1).await;
        assert!(service.arbiter.send(Panic).await.is_err());
        service.pass(60).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn an_arbiter_that_panics_again_and_again_ends_the_tree() {
    virtual_time(|| async {
        let rig = Rig::new(&["kvm-1"]);
        let service = rig.start().await;
        for _ in 0..11 {
            let _ = service.arbiter.send(Panic).await;
            service.pass(12).await;
        }
        let ending = service.ending().await;
        assert!(
            matches!(&ending, super::root::Ending::GaveUp(why) if why.contains("budget spent")),
            "{ending:?}"
        );
    });
}

#[test]
fn an_instance_whose_actor_panics_is_repaired_by_the_next_life() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let other = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let traps = trapped(&mut rig, id);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        traps.acts.set(1);
        rig.host("kvm-1").destroy(id);
        rig.host("kvm-1").destroy(other);
        service.pass(20).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(rig.deeds(other), [Command::Start]);
        assert_eq!((service.status(id), service.status(other)), (Status::InSync, Status::InSync));
        let restarts = service.metrics.actor_restarts.with_label_values(&["instance"]);
        assert_eq!(restarts.get(), 1);
    });
}

#[test]
fn an_instance_whose_actor_always_panics_is_quarantined_and_no_sibling_notices() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[supervision]\ninstance = { restarts = 2, window = \"1h\" }\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let other = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let traps = trapped(&mut rig, id);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        traps.acts.set(u32::MAX);
        rig.host("kvm-1").destroy(id);
        service.until("quarantined", 120, |s| s.status(id) == Status::Quarantined).await;
        rig.host("kvm-1").destroy(other);
        service.pass(20).await;
        assert_eq!(rig.deeds(other), [Command::Start]);
        assert_eq!(service.status(other), Status::InSync);
        traps.acts.set(0);
        service.in_sync(id, 1200).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
    });
}

#[test]
fn a_host_whose_actor_panics_starts_its_subtree_again() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let other = rig.instance("kvm-2", "web-2", RunningBooted, Running);
        let traps = trapped(&mut rig, id);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        traps.connects.set(1);
        rig.host("kvm-1").drop_sessions();
        service.pass(30).await;
        rig.host("kvm-1").destroy(id);
        rig.host("kvm-2").destroy(other);
        service.pass(30).await;
        assert_eq!((rig.deeds(id), rig.deeds(other)), (vec![Command::Start], vec![Command::Start]));
        assert_eq!((service.status(id), service.status(other)), (Status::InSync, Status::InSync));
        let restarts = service.metrics.actor_restarts.with_label_values(&["host"]);
        assert_eq!(restarts.get(), 1);
    });
}

#[test]
fn with_the_database_away_looks_go_on_and_actions_stop() {
    virtual_time(|| async {
        use crate::store::Outage;
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.store.simulate(Outage::Begins);
        rig.host("kvm-1").destroy(id);
        service.pass(60).await;
        assert_eq!(rig.deeds(id), [], "nothing without an intent on the disk");
        let refused = service.desire(id, Shutoff).await;
        assert!(refused.is_err(), "nothing is acknowledged that is not committed");
        let looked = service.view(id).freshness.at().unwrap();
        assert!(service.clock.now().duration_since(looked).as_secs() < 15, "looks go on");
        rig.store.simulate(Outage::Ends);
        service.pass(30).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(service.status(id), Status::InSync);
        assert_eq!(service.view(id).desired.state, Running);
    });
}
