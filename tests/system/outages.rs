//! The database is away for a while, or an instance is, in the midst of an action.

use std::time::Duration;

use assured::actors::messages::{ForgetInstance, SetDesired};
use assured::model::{
    By, Command, Condition, DesiredState, Generation, IncidentId, InstanceId, Status,
};
use assured::store::Outage;

use crate::rig::{Rig, Service, host, one_running, virtual_time};

use Condition::RunningBooted;
use DesiredState::Running;

/// A host that does one thing at a time, with two guests that run and are supposed to.
async fn two_of_which_one_at_once() -> (Rig, InstanceId, InstanceId, Service) {
    let mut rig = Rig::new(&["kvm-1"]);
    rig.config += "max_concurrent_actions = 1\n";
    let first = rig.instance("kvm-1", "web-1", RunningBooted, Running);
    let second = rig.instance("kvm-1", "web-2", RunningBooted, Running);
    let service = rig.start().await;
    service.in_sync(second, 20).await;
    service.in_sync(first, 20).await;
    (rig, first, second, service)
}

/// N4: the call goes on while the arbiter begins anew, so it counts still; and its end is its own.
#[test]
fn a_call_that_is_under_way_over_an_outage_keeps_its_place() {
    virtual_time(|| async {
        let (rig, first, second, service) = two_of_which_one_at_once().await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(30));
        rig.host("kvm-1").destroy(first);
        service.pass(1).await;
        rig.store.simulate(Outage::Begins);
        rig.host("kvm-1").destroy(second);
        service.pass(3).await;
        rig.store.simulate(Outage::Ends);
        service.in_sync(first, 60).await;
        service.in_sync(second, 60).await;
        let journal = rig.world.journal();
        let done = journal[0].done.unwrap();
        assert_eq!((journal.len(), journal[1].id), (2, second));
        assert!(journal[1].asked >= done, "one at a time");
        assert!(rig.store.load().unwrap().attempts.iter().all(|a| a.outcome.is_some()));
    });
}

#[test]
fn looks_are_shown_on_after_an_outage() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.store.simulate(Outage::Begins);
        rig.host("kvm-1").suspend(id);
        service.pass(3).await;
        rig.store.simulate(Outage::Ends);
        service.pass(60).await;
        let looked = service.view(id).freshness.at().unwrap();
        assert!(service.clock.now().duration_since(looked).as_secs() < 15);
    });
}

/// N9: one listing that fails, after the arbiter began anew, stops nothing for good.
#[test]
fn a_listing_that_fails_is_made_again() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.store.simulate(Outage::Begins);
        rig.host("kvm-1").suspend(id);
        service.pass(3).await;
        rig.store.simulate(Outage::Ends);
        rig.host("kvm-1").fail_reads(3, "internal error");
        service.pass(60).await;
        rig.host("kvm-1").destroy(id);
        service.pass(30).await;
        assert_eq!((rig.sent(id, Command::Start), service.status(id)), (1, Status::InSync));
    });
}

#[test]
fn what_could_not_be_forgotten_is_repaired_still() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.store.simulate(Outage::Begins);
        rig.host("kvm-1").suspend(id);
        service.pass(3).await;
        let forget = ForgetInstance { id, by: By::ApiLocal };
        assert!(service.arbiter.send(forget).await.unwrap().is_err());
        rig.store.simulate(Outage::Ends);
        rig.host("kvm-1").destroy(id);
        service.pass(60).await;
        assert_eq!((rig.deeds(id), service.status(id)), (vec![Command::Start], Status::InSync));
    });
}

/// N7: its attempt is over, and it takes nobody's place.
#[test]
fn what_is_forgotten_in_the_midst_of_an_action_leaves_its_place() {
    virtual_time(|| async {
        let (rig, first, second, service) = two_of_which_one_at_once().await;
        rig.host("kvm-1").set_start_delay(Duration::from_secs(30));
        rig.host("kvm-1").destroy(first);
        service.pass(1).await;
        let forget = ForgetInstance { id: first, by: By::ApiLocal };
        service.arbiter.send(forget).await.unwrap().unwrap();
        assert!(rig.store.load().unwrap().attempts.iter().all(|a| a.outcome.is_some()));
        rig.host("kvm-1").destroy(second);
        service.in_sync(second, 60).await;
        assert_eq!(service.board.fleet().actions_in_flight, 0);
    });
}

#[test]
fn what_the_first_listing_lacked_and_the_next_look_found_is_awaited_no_more() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        service.kill().await;
        rig.pass(1).await;
        rig.host("kvm-1").answer_empty(1);
        let service = rig.start_at_once().await;
        service.pass(90).await;
        assert_eq!(service.status(id), Status::InSync);
        assert!(service.board.fleet().hosts[&host("kvm-1")].pending.is_empty());
    });
}

/// What is shown is what the record says, and not what it may say soon.
#[test]
fn nothing_is_shown_before_it_is_committed() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.store.simulate(Outage::Stalls);
        rig.host("kvm-1").kill(id);
        service.pass(1).await;
        // While that is being committed, this changes the same instance.
        let order =
            SetDesired { id, state: DesiredState::Shutoff, if_match: None, by: By::ApiLocal };
        service.arbiter.do_send(order);
        service.pass(1).await;
        rig.store.simulate(Outage::Ends);
        rig.store.simulate(Outage::Begins);
        service.pass(1).await;
        let (shown, ordered) = (service.view(id), Generation(2));
        assert_eq!((shown.incident, shown.generation() < ordered), (Some(IncidentId(1)), true));
        rig.store.simulate(Outage::Ends);
        service.pass(60).await;
        assert!(service.view(id).generation() < ordered, "nobody was told that it is so");
    });
}
