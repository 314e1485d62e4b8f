//! Who hangs is found by his heartbeat and replaced; nobody else notices.

use super::rig::{Rig, Service, host, virtual_time};
use crate::actors::arbiter::reached::{Hang, WhereIs, WhereIsHost};
use crate::actors::root::Ending;
use crate::model::{Command, Condition, DesiredState, EventKind, InstanceId, Status};
use crate::snapshot::{Node, NodeId};
use Condition::RunningBooted;
use DesiredState::{Running, Shutoff};

/// The heartbeat, a look at it, and the delay of the restart.
const FOUND: u64 = 30 + 8 + 1;

fn node(service: &Service, path: &[&str]) -> Node {
    let id = path.iter().fold(NodeId::root(), |id, name| id.child(name));
    service.board.tree().get(&id).cloned().expect("it is in the tree")
}

fn restarts(service: &Service, kind: &str) -> u64 {
    service.metrics.actor_restarts.with_label_values(&[kind]).get()
}

/// What was written down of failures of actors.
async fn told(rig: &Rig) -> Vec<String> {
    let events = rig.events().await.into_iter();
    events.filter(|e| e.kind == EventKind::Supervision).map(|e| e.text).collect()
}

async fn two_hosts() -> (Rig, InstanceId, InstanceId, InstanceId, Service) {
    let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
    let first = rig.instance("kvm-1", "web-1", RunningBooted, Running);
    let sibling = rig.instance("kvm-1", "web-2", RunningBooted, Running);
    let far = rig.instance("kvm-2", "db-1", RunningBooted, Running);
    let service = rig.start().await;
    for id in [first, sibling, far] {
        service.in_sync(id, 20).await;
    }
    (rig, first, sibling, far, service)
}

#[test]
fn an_instance_whose_actor_hangs_is_looked_after_by_the_next_life() {
    virtual_time(|| async {
        let (rig, first, sibling, _, service) = two_hosts().await;
        let actor = service.arbiter.send(WhereIs(first)).await.unwrap().unwrap();
        actor.do_send(Hang);
        service.pass(1).await;
        for id in [first, sibling] {
            rig.host("kvm-1").destroy(id);
        }
        // The sibling is repaired at once, meanwhile.
        service.until("repaired", 5, |_| rig.deeds(sibling) == [Command::Start]).await;
        service.until("replaced", FOUND, |s| restarts(s, "instance") == 1).await;
        service.until("repaired", 5, |_| rig.deeds(first) == [Command::Start]).await;
        service.in_sync(first, 20).await;
        assert_eq!(
            (rig.deeds(first), rig.deeds(sibling)),
            (vec![Command::Start], vec![Command::Start])
        );
        assert!(!actor.connected());
        assert_eq!(restarts(&service, "instance"), 1);
        let shown = node(&service, &["kvm-1", "web-1"]);
        assert_eq!(shown.last_exit.as_deref(), Some("hung: no turn finished in 30s"));
        assert_eq!((shown.incarnation, shown.restarts, shown.state), (2, 1, "running"));
        for path in
            [&["kvm-1"][..], &["kvm-1", "web-2"], &["kvm-2"], &["kvm-2", "db-1"], &["arbiter"]]
        {
            assert_eq!(node(&service, path).incarnation, 1, "{path:?}");
        }
        let told = told(&rig).await;
        assert_eq!(
            told,
            ["the actor of web-1 hung: no turn finished in 30s; started again in 0.1 s"]
        );
    });
}

#[test]
fn a_host_whose_actor_hangs_is_replaced_with_all_that_is_below_it() {
    virtual_time(|| async {
        let (rig, first, sibling, far, service) = two_hosts().await;
        let actor = service.arbiter.send(WhereIsHost(host("kvm-1"))).await.unwrap().unwrap();
        let below = service.arbiter.send(WhereIs(first)).await.unwrap().unwrap();
        actor.do_send(Hang);
        service.pass(1).await;
        for (host, id) in [("kvm-1", first), ("kvm-2", far)] {
            rig.host(host).destroy(id);
        }
        service.until("repaired", 5, |_| rig.deeds(far) == [Command::Start]).await;
        service.until("replaced", FOUND, |s| restarts(s, "host") == 1).await;
        service.until("repaired", 5, |_| rig.deeds(first) == [Command::Start]).await;
        service.in_sync(first, FOUND).await;
        service.in_sync(sibling, FOUND).await;
        assert_eq!(
            (rig.deeds(first), rig.deeds(far)),
            (vec![Command::Start], vec![Command::Start])
        );
        assert!(!actor.connected() && !below.connected(), "nobody of the life before is left");
        assert_eq!(rig.host("kvm-1").sessions(), 1, "nor its session");
        let shown = node(&service, &["kvm-1"]);
        assert_eq!(shown.last_exit.as_deref(), Some("hung: no turn finished in 30s"));
        assert_eq!(shown.incarnation, 2);
        assert_eq!(restarts(&service, "instance"), 0);
        for name in ["web-1", "web-2"] {
            assert_eq!(node(&service, &["kvm-1", name]).incarnation, 2, "another actor");
        }
        for path in [&["kvm-2"][..], &["kvm-2", "db-1"]] {
            assert_eq!(node(&service, path).incarnation, 1, "{path:?}");
        }
        let told = told(&rig).await;
        assert_eq!(
            told,
            ["the actor of host kvm-1 hung: no turn finished in 30s; started again in 0.1 s"]
        );
    });
}

#[test]
fn what_is_below_a_host_whose_actor_rests_is_not_shown() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[supervision]\nhost = { restarts = 0, window = \"1h\" }\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        let actor = service.arbiter.send(WhereIsHost(host("kvm-1"))).await.unwrap().unwrap();
        actor.do_send(Hang);
        service.pass(FOUND).await;
        assert_eq!(node(&service, &["kvm-1"]).state, "quarantined");
        assert!(service.board.tree().keys().all(|id| id.name() != "web-1"));
        assert_eq!(rig.host("kvm-1").sessions(), 0);
        // It is tried again, slowly.
        service.in_sync(id, 330).await;
        assert_eq!(node(&service, &["kvm-1"]).state, "running");
        assert_eq!(node(&service, &["kvm-1", "web-1"]).incarnation, 2);
    });
}

#[test]
fn an_arbiter_that_hangs_is_restarted_in_its_place_and_answers_who_waited() {
    virtual_time(|| async {
        let (rig, first, sibling, far, service) = two_hosts().await;
        service.arbiter.do_send(Hang);
        let asked = service.desire(first, Shutoff);
        rig.host("kvm-2").destroy(far);
        let begun = service.clock.now();
        // The order waited in the mailbox. Whether it is taken before or after the database was read
        // anew, it is answered.
        let answer = asked.await;
        let waited = service.clock.now().duration_since(begun).as_secs();
        assert!((29..=39).contains(&waited), "{waited} s");
        if answer.is_err() {
            service.pass(1).await;
            service.desire(first, Shutoff).await.unwrap();
        }
        service.in_sync(far, 30).await;
        service.in_sync(first, 60).await;
        assert_eq!(
            (rig.deeds(first), rig.deeds(far)),
            (vec![Command::Shutdown], vec![Command::Start])
        );
        let shown = node(&service, &["arbiter"]);
        assert_eq!(shown.last_exit.as_deref(), Some("hung: no turn finished in 30s"));
        assert_eq!((shown.incarnation, shown.restarts, shown.state), (2, 1, "running"));
        assert_eq!(restarts(&service, "arbiter"), 1);
        for path in [&["kvm-1"][..], &["kvm-1", "web-1"], &["kvm-1", "web-2"], &["kvm-2"]] {
            assert_eq!(node(&service, path).incarnation, 1, "{path:?}");
        }
        assert_eq!(service.status(sibling), Status::InSync);
        let told = told(&rig).await;
        assert_eq!(
            told,
            ["the arbiter hung: no turn finished in 30s; restarted in its place in 0.1 s"]
        );
    });
}

#[test]
fn an_arbiter_that_hangs_again_and_again_ends_the_tree() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[supervision]\narbiter = { restarts = 2, window = \"1h\" }\n";
        let service = rig.start().await;
        for _ in 0..3 {
            service.arbiter.do_send(Hang);
            service.pass(FOUND + 1).await;
        }
        let ending = service.ending().await;
        assert!(
            matches!(&ending, Ending::GaveUp(why) if why.contains("last exit hung: no turn")),
            "{ending:?}"
        );
    });
}

#[test]
fn actors_that_have_nothing_to_do_live_on_for_hours() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        rig.config += "[poll]\ninterval = \"1h\"\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        let commits = service.commits();
        service.pass(6 * 3600).await;
        for kind in ["instance", "host", "arbiter", "notifier", "store"] {
            assert_eq!(restarts(&service, kind), 0, "{kind}");
        }
        let tree = service.board.tree();
        assert_eq!(tree.len(), 7, "root, store, arbiter, notifier, two hosts, an instance");
        assert!(tree.values().all(|node| node.incarnation == 1 && node.last_exit.is_none()));
        assert_eq!(told(&rig).await, Vec::<String>::new());
        assert_eq!(service.commits(), commits, "and nothing is written for it");
    });
}
