//! A host that cannot be reached: one incident of its own, with all that it has.

use assured::model::{
    Condition, DesiredState, HostId, HostState, Incident, InstanceId, Severity, Status,
};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, virtual_time};

use Condition::{RunningBooted, ShutoffDestroyed};
use DesiredState::{Running, Shutoff};

async fn three() -> (Rig, Vec<InstanceId>, Service) {
    let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
    let mut ids: Vec<_> =
        ["a", "b"].map(|name| rig.instance("kvm-1", name, RunningBooted, Running)).into();
    ids.push(rig.instance("kvm-1", "off", ShutoffDestroyed, Shutoff));
    let service = rig.start().await;
    for &id in &ids {
        service.in_sync(id, 20).await;
    }
    (rig, ids, service)
}

async fn is(service: &Service, state: HostState) {
    let there = |s: &Service| s.board.fleet().hosts[&HostId::from("kvm-1")].state == state;
    service.until("the host's state", 60, there).await;
}

async fn incidents(rig: &Rig) -> Vec<Incident> {
    let query = IncidentQuery { limit: 1000, ..IncidentQuery::default() };
    rig.store.incidents(query).await.unwrap()
}

#[test]
fn it_is_one_incident_of_the_host_and_over_when_it_answers() {
    virtual_time(|| async {
        let (rig, ids, service) = three().await;
        rig.host("kvm-1").hang();
        is(&service, HostState::Unreachable).await;
        service.pass(600).await;
        let open = incidents(&rig).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((open[0].instance, open[0].severity), (None, Severity::Critical));
        let mut named = open[0].instances.clone();
        named.sort_unstable();
        let mut all = ids.clone();
        all.sort_unstable();
        assert_eq!((named, open[0].closed_at), (all, None));
        assert!(open[0].summary.contains("kvm-1 is unreachable"), "{}", open[0].summary);
        assert!(ids.iter().all(|&id| service.status(id) == Status::Unknown));
        rig.host("kvm-1").answer();
        is(&service, HostState::Up).await;
        service.pass(1).await;
        let over = incidents(&rig).await;
        assert!(over.len() == 1 && over[0].closed_at.is_some(), "{over:?}");
        assert_eq!(rig.world.journal(), [], "nothing was done");
    });
}

#[test]
fn after_a_reboot_it_is_over_when_all_are_back() {
    virtual_time(|| async {
        let (rig, ids, service) = three().await;
        rig.host("kvm-1").lose_power();
        is(&service, HostState::Unreachable).await;
        rig.host("kvm-1").set_start_delay(std::time::Duration::from_secs(20));
        rig.host("kvm-1").boot();
        is(&service, HostState::Up).await;
        service.pass(1).await;
        let host_is_open =
            |all: &[Incident]| all.iter().any(|i| i.instance.is_none() && i.closed_at.is_none());
        assert!(host_is_open(&incidents(&rig).await), "they are being brought back");
        for &id in &ids {
            service.in_sync(id, 120).await;
        }
        service.pass(1).await;
        let all = incidents(&rig).await;
        assert!(all.iter().all(|i| i.closed_at.is_some()), "{all:?}");
        assert_eq!(all.iter().filter(|i| i.instance.is_none()).count(), 1);
        assert_eq!(rig.host("kvm-1").all_starts(), 2);
    });
}

#[test]
fn it_goes_on_over_a_restart_of_the_service() {
    virtual_time(|| async {
        let (rig, _, service) = three().await;
        rig.host("kvm-1").hang();
        is(&service, HostState::Unreachable).await;
        service.pass(1).await;
        service.kill().await;
        let service = rig.start_at_once().await;
        is(&service, HostState::Unreachable).await;
        service.pass(60).await;
        assert_eq!(incidents(&rig).await.len(), 1, "the same one");
        rig.host("kvm-1").answer();
        is(&service, HostState::Up).await;
        service.pass(1).await;
        assert!(incidents(&rig).await.iter().all(|i| i.closed_at.is_some()));
    });
}

#[test]
fn one_that_was_never_reached_has_one_too() {
    virtual_time(|| async {
        let rig = Rig::new(&["kvm-1"]);
        rig.host("kvm-1").refuse();
        let service = rig.start_at_once().await;
        is(&service, HostState::Unreachable).await;
        service.pass(1).await;
        assert_eq!(incidents(&rig).await.len(), 1);
        rig.host("kvm-1").answer();
        is(&service, HostState::Up).await;
        service.pass(1).await;
        assert!(incidents(&rig).await[0].closed_at.is_some());
    });
}
