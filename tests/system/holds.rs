//! Somebody works on an instance.

use std::time::Duration;

use assured::actors::messages::{PutHold, Refusal, ReleaseHold};
use assured::model::{By, Command, Condition, InstanceId, Status};
use assured::store::IncidentQuery;

use crate::rig::{Service, one_running, virtual_time};

fn ann() -> By {
    By::ApiToken("ann".into())
}

fn bob() -> By {
    By::ApiToken("bob".into())
}

async fn hold(service: &Service, id: InstanceId, by: By, seconds: u64) {
    let ttl = Duration::from_secs(seconds);
    let put = PutHold { id, ttl, reason: "disk".into(), by };
    service.arbiter.send(put).await.unwrap().unwrap();
}

/// Releases; answers until when it is held still, in seconds from now.
async fn release(service: &Service, id: InstanceId, by: By) -> Result<Option<i64>, Refusal> {
    let release = ReleaseHold { id, of: None, by };
    let view = service.arbiter.send(release).await.unwrap()?;
    let now = service.clock.now();
    Ok(view.holds.last().map(|hold| hold.until.duration_since(now).as_secs()))
}

#[test]
fn nothing_is_done_while_it_is_held_and_one_start_after_that() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        hold(&service, id, ann(), 600).await;
        rig.host("kvm-1").destroy(id);
        service.pass(590).await;
        assert_eq!(service.status(id), Status::Held);
        let incidents = rig.store.incidents(IncidentQuery::default()).await.unwrap();
        assert_eq!((rig.deeds(id), incidents.len()), (vec![], 0));
        service.in_sync(id, 15).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert!(service.view(id).holds.is_empty());
        let events = rig.events().await;
        assert!(events.iter().any(|e| e.text.contains("ended by its time limit")));
    });
}

#[test]
fn held_twice_and_released_once_it_is_held_until_the_latest_end() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        hold(&service, id, ann(), 300).await;
        hold(&service, id, ann(), 100).await;
        rig.host("kvm-1").destroy(id);
        assert_eq!(release(&service, id, ann()).await.unwrap(), Some(299));
        service.pass(200).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(release(&service, id, ann()).await.unwrap(), None);
        service.in_sync(id, 5).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
        assert_eq!(release(&service, id, ann()).await.unwrap(), None, "nothing to release");
    });
}

#[test]
fn nobody_releases_anothers_hold_by_mistake() {
    virtual_time(|| async {
        let (_rig, id, service) = one_running().await;
        hold(&service, id, ann(), 300).await;
        let refusal = release(&service, id, bob()).await.unwrap_err();
        assert!(matches!(refusal, Refusal::HeldByOthers { .. }), "{refusal}");
        let of_ann = ReleaseHold { id, of: Some(ann()), by: bob() };
        let view = service.arbiter.send(of_ann).await.unwrap().unwrap();
        assert!(view.holds.is_empty());
    });
}

#[test]
fn a_hold_survives_a_restart_of_the_service_and_ends_all_the_same() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        hold(&service, id, ann(), 300).await;
        service.kill().await;
        rig.host("kvm-1").destroy(id);
        let service = rig.start().await;
        service.pass(280).await;
        assert_eq!((service.status(id), rig.deeds(id)), (Status::Held, vec![]));
        service.in_sync(id, 60).await;
        assert_eq!(rig.deeds(id), [Command::Start]);
    });
}

#[test]
fn an_order_waits_for_the_end_of_a_hold_as_well() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        hold(&service, id, ann(), 300).await;
        service.desire(id, assured::model::DesiredState::Shutoff).await.unwrap();
        service.pass(290).await;
        assert_eq!(rig.deeds(id), []);
        service.in_sync(id, 30).await;
        assert_eq!(rig.deeds(id), [Command::Shutdown]);
    });
}

#[test]
fn libvirts_own_job_counts_as_a_hold() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").pause_as(id, Condition::PausedMigration);
        service.pass(590).await;
        assert_eq!(service.status(id), Status::Held);
        let incidents = rig.store.incidents(IncidentQuery::default()).await.unwrap();
        assert_eq!((rig.deeds(id), incidents.len()), (vec![], 0));
        rig.host("kvm-1").resume(id);
        service.in_sync(id, 15).await;
        rig.host("kvm-1").pause_as(id, Condition::PausedMigration);
        service.until("reported", 620, |s| s.status(id) == Status::OutOfSync).await;
    });
}

#[test]
fn a_domain_that_libvirt_is_busy_with_costs_no_attempt() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        rig.host("kvm-1").begin_job(id);
        rig.host("kvm-1").destroy(id);
        service.pass(600).await;
        assert!(service.view(id).attempts.used <= 1, "one under way at most");
        assert!(rig.sent(id, Command::Start) > 5, "it is tried again and again");
        rig.host("kvm-1").end_job(id);
        service.in_sync(id, 60).await;
        assert_eq!(rig.host("kvm-1").starts(id), 1);
        assert_eq!(service.view(id).attempts.used, 1);
    });
}
