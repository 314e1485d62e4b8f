//! Somebody says what a machine is supposed to be.

use assured::actors::messages::{Refusal, SetDesired};
use assured::model::{By, Command, Condition, DesiredState, Generation, Status};

use crate::rig::{Rig, kinds, one_running, virtual_time};

use Condition::{RunningBooted, ShutoffShutdown};
use DesiredState::{Paused, Running, Shutoff};

#[test]
fn shutoff_is_a_shutdown_and_no_incident() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        let view = service.desire(id, Shutoff).await.unwrap();
        assert_eq!(view.desired.generation, Generation(2));
        service.until("off", 30, |_| rig.host("kvm-1").condition(id) == ShutoffShutdown).await;
        service.in_sync(id, 5).await;
        service.pass(300).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown]);
        assert_eq!(kinds(&rig.events().await).get("incident_opened"), None);
    });
}

#[test]
fn a_guest_that_does_not_listen_is_destroyed_after_force_after() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.host("kvm-1").ignore_shutdown(id);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.desire(id, Shutoff).await.unwrap();
        service.pass(115).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown]);
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown, Command::Destroy]);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn force_after_counts_from_the_stored_shutdown_across_a_restart() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.host("kvm-1").ignore_shutdown(id);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.desire(id, Shutoff).await.unwrap();
        service.pass(60).await;
        service.kill().await;
        let service = rig.start().await;
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown], "no second signal");
        service.pass(60).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown, Command::Destroy]);
        let asked: Vec<_> = rig.world.journal().iter().map(|d| d.asked).collect();
        let between = (asked[1] - asked[0]).as_secs_f64();
        assert!((120.0..121.0).contains(&between), "{between} s after the stored shutdown");
    });
}

#[test]
fn every_desired_state_is_reached_from_every_other() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        for state in [Paused, Running, Shutoff, Paused, Shutoff, Running] {
            service.desire(id, state).await.unwrap();
            service.in_sync(id, 60).await;
            assert!(state.is_met_by(rig.host("kvm-1").condition(id)));
        }
        use Command::{Destroy, Pause, Resume, Shutdown, Start, StartPaused};
        assert_eq!(rig.deeds(id), [Pause, Resume, Shutdown, StartPaused, Destroy, Start]);
    });
}

#[test]
fn of_two_changes_one_wins_by_generation() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        let order =
            |state| SetDesired { id, state, if_match: Some(Generation(1)), by: By::ApiLocal };
        let (first, second) =
            (service.arbiter.send(order(Shutoff)), service.arbiter.send(order(Paused)));
        let (first, second) = tokio::join!(first, second);
        assert!(first.unwrap().is_ok());
        let refusal = second.unwrap().unwrap_err();
        let (asked, current) = (Generation(1), Generation(2));
        assert_eq!(refusal, Refusal::Generation { asked, current });
    });
}

#[test]
fn an_accept_that_waits_its_grace_is_dropped_by_an_order() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").power_off(id);
        service.pass(10).await;
        service.desire(id, Shutoff).await.unwrap();
        service.desire(id, Running).await.unwrap();
        service.in_sync(id, 5).await;
        service.pass(300).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(service.view(id).desired.state, Running);
    });
}

#[test]
fn an_instance_that_its_host_does_not_know_is_refused() {
    virtual_time(|| async {
        use assured::actors::messages::{AddInstance, Which};
        let rig = Rig::new(&["kvm-1"]);
        let service = rig.start().await;
        let which = Which::Name("nobody".to_owned());
        let add = AddInstance {
            which: which.clone(),
            host: crate::rig::host("kvm-1"),
            desired: Running,
            policy: None,
            priority: None,
            by: By::ApiLocal,
        };
        let refusal = service.arbiter.send(add).await.unwrap().unwrap_err();
        let host = crate::rig::host("kvm-1");
        assert_eq!(refusal, Refusal::UnknownDomain { host, which });
    });
}
