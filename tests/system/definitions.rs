//! Definitions: kept when they change, and used once when a domain is gone.

use std::sync::Arc;

use assured::actors::messages::ForgetInstance;
use assured::hypervisor::sim::SimHost;
use assured::model::{
    By, Command, Condition, Correction, DesiredState, EventKind, InstanceId, Resolution, Severity,
    Status,
};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, host, virtual_time};

use Command::{Redefine, Start};
use Condition::{Missing, RunningBooted, ShutoffDestroyed, ShutoffUnknown};
use DesiredState::{Running, Shutoff};

pub const REDEFINE: &str = "[policies.default.running]\nmissing = { action = 'redefine' }\n\
                        [policies.default.shutoff]\nmissing = { action = 'redefine' }\n";

/// What the database keeps of an instance.
async fn kept(rig: &Rig, id: InstanceId) -> Option<Arc<str>> {
    rig.store.definition(id).await.unwrap().map(|definition| definition.xml)
}

/// A service under these rules, with a guest that runs and whose definition is kept.
pub async fn kept_running(hosts: &[&str], rules: &str) -> (Rig, InstanceId, SimHost, Service) {
    let mut rig = Rig::new(hosts);
    let id = rig.instance(hosts[0], "web-1", RunningBooted, Running);
    rig.config += rules;
    let service = rig.start().await;
    service.in_sync(id, 20).await;
    service.until("its definition is kept", 5, |s| s.view(id).definition.is_some()).await;
    let on = rig.host(hosts[0]);
    (rig, id, on, service)
}

#[test]
fn a_definition_is_kept_and_renewed_when_it_changes() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], "").await;
        assert_eq!(kept(&rig, id).await.unwrap(), on.definition_of(id).unwrap().xml);
        on.edit(id, "another disk");
        service.pass(2).await;
        let xml = kept(&rig, id).await.unwrap();
        assert!(xml.contains("another disk"), "an event told of it: {xml}");
        // What no event told of is found within the hour and a tenth; what is the same is not written.
        let (calls, commits) = (on.calls().definitions, service.commits());
        service.pass(3 * 3600).await;
        let calls = on.calls().definitions - calls;
        assert!((2..=4).contains(&calls), "once an hour: {calls}");
        assert_eq!(service.commits(), commits, "nothing has changed");
        on.set_autostart(id);
        service.pass(4000).await;
        assert_eq!(on.corrections(), [(id, Correction::Autostart)]);
        assert_eq!(service.view(id).definition.as_ref().map(|d| d.autostart), Some(false));
    });
}

#[test]
fn every_new_connection_reads_all_and_none_that_is_away_is_read() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        for number in 0..20 {
            rig.instance("kvm-1", &format!("web-{number}"), RunningBooted, Running);
        }
        let service = rig.start().await;
        service.pass(30).await;
        let on = rig.host("kvm-1");
        let first = on.calls().definitions;
        let commits = service.commits();
        on.drop_sessions();
        service.pass(30).await;
        assert_eq!(on.calls().definitions, first + 20);
        on.hang();
        service.pass(60).await;
        let away = on.calls().definitions;
        service.pass(7200).await;
        assert_eq!(on.calls().definitions, away, "it is away");
        on.answer();
        service.pass(60).await;
        assert_eq!(on.calls().definitions, away + 20);
        // The host's loss and its return were written, and no definition.
        let definitions = rig.events().await.iter().filter(|e| e.kind == EventKind::Note).count();
        assert_eq!((definitions, service.commits() > commits), (0, true));
    });
}

#[test]
fn it_is_read_at_a_low_pace() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        for number in 0..100 {
            rig.instance("kvm-1", &format!("web-{number}"), RunningBooted, Running);
        }
        let service = rig.start().await;
        let (on, before) = (rig.host("kvm-1"), rig.world.age());
        service.until("all were read", 60, |_| on.calls().definitions >= 100).await;
        assert!(rig.world.age() - before > std::time::Duration::from_secs(4));
        service.pass(60).await;
        assert_eq!(on.calls().definitions, 100);
    });
}

#[test]
fn what_somebody_undefined_and_killed_is_back_after_one_redefine_and_one_start() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        on.edit(id, "mine");
        service.pass(2).await;
        on.undefine(id);
        service.pass(5).await;
        assert_eq!(service.view(id).definition.as_ref().map(|d| d.persistent), Some(false));
        assert_eq!(rig.deeds(id), [], "it runs on");
        on.kill(id);
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
        assert_eq!(on.condition(id), RunningBooted);
        assert!(on.definition_of(id).unwrap().persistent, "from now on its host remembers it");
        assert!(on.definition_of(id).unwrap().xml.contains("mine"));
        let incidents = rig.store.incidents(IncidentQuery::default()).await.unwrap();
        let [incident] = &incidents[..] else { panic!("{incidents:?}") };
        assert_eq!((incident.resolution, incident.attempts), (Some(Resolution::Repaired), 2));
        service.pass(3600).await;
        assert_eq!(rig.deeds(id).len(), 2);
        assert_eq!(service.view(id).definition.as_ref().map(|d| d.persistent), Some(true));
    });
}

#[test]
fn what_is_supposed_to_be_off_is_only_defined_again() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", ShutoffDestroyed, Shutoff);
        rig.config += REDEFINE;
        let service = rig.start().await;
        service.pass(5).await;
        rig.host("kvm-1").undefine(id);
        service.pass(120).await;
        assert_eq!(rig.deeds(id), [Redefine]);
        assert_eq!(rig.host("kvm-1").condition(id), ShutoffUnknown);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn an_order_begins_with_the_redefine_where_the_policy_has_one() {
    virtual_time(|| async {
        for (rules, deeds) in [(REDEFINE, vec![Redefine, Start]), ("", vec![])] {
            let mut rig = Rig::new(&["kvm-1"]);
            let id = rig.instance("kvm-1", "web-1", ShutoffDestroyed, Shutoff);
            // Off it may be gone; but not once it is to run.
            rig.config +=
                &rules.replace("[policies.default.shutoff]\nmissing = { action = 'redefine' }", "");
            let service = rig.start().await;
            service.pass(5).await;
            rig.host("kvm-1").undefine(id);
            service.pass(120).await;
            assert_eq!(rig.deeds(id), []);
            service.desire(id, Running).await.unwrap();
            service.pass(120).await;
            assert_eq!(rig.deeds(id), deeds);
            service.stop().await;
        }
    });
}

#[test]
fn the_built_in_policy_only_reports_it() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], "").await;
        on.undefine(id);
        on.kill(id);
        service.pass(600).await;
        assert_eq!((rig.deeds(id), service.status(id)), (vec![], Status::OutOfSync));
    });
}

#[test]
fn a_transient_guest_comes_back_as_a_persistent_one() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.config += REDEFINE;
        let on = rig.host("kvm-1");
        on.make_transient(id);
        let service = rig.start().await;
        service.pass(5).await;
        on.kill(id);
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
        assert!(on.definition_of(id).unwrap().persistent);
        on.kill(id);
        service.pass(20).await;
        assert_eq!(rig.deeds(id), [Redefine, Start, Start]);
    });
}

#[test]
fn without_a_definition_nothing_is_tried_and_the_reason_is_said() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        service.stop().await;
        // As after an update from a version that kept none, with the guest gone meanwhile.
        let without = Rig { store: assured::store::Store::in_memory().unwrap(), ..rig };
        without.store.commit(record_only(id)).await.unwrap();
        on.undefine(id);
        on.kill(id);
        let service = without.start_at_once().await;
        service.pass(7200).await;
        assert_eq!(without.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        let why = service.view(id).next.as_ref().map(|next| next.why.clone());
        assert!(why.is_some_and(|why| why.contains("no definition of it is kept")));
        let incidents = without.store.incidents(IncidentQuery::default()).await.unwrap();
        let [incident] = &incidents[..] else { panic!("{incidents:?}") };
        assert!(incident.severity >= Severity::Warning && incident.closed_at.is_none());
        let attempts =
            without.events().await.iter().filter(|e| e.kind == EventKind::Attempt).count();
        assert_eq!(attempts, 0);
    });
}

/// The record of an instance that ran, and nothing of its definition.
fn record_only(id: InstanceId) -> assured::store::Batch {
    use assured::model::{Budget, Desired, Generation, Instance, LastActive, Observed, Source};
    let at: jiff::Timestamp = "2026-01-01T00:00:01Z".parse().unwrap();
    let instance = Instance {
        id,
        name: "web-1".to_owned(),
        host: host("kvm-1"),
        policy: "default".to_owned(),
        priority: 0,
        added_at: at,
        desired: Desired { state: Running, generation: Generation(1), since: at, by: By::Config },
        settled: true,
        in_sync_since: Some(at),
        observed: Some(Observed { condition: RunningBooted, since: at, source: Source::Poll }),
        down_with: None,
        last_active: Some(LastActive { host: host("kvm-1"), at }),
        budget: Budget { since: at },
        holds: Vec::new(),
        configured: None,
    };
    assured::store::Batch { instances: vec![instance], ..assured::store::Batch::default() }
}

#[test]
fn a_restart_of_the_service_forgets_no_definition_and_writes_none_anew() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        let taken_at = service.view(id).definition.as_ref().unwrap().taken_at;
        service.stop().await;
        on.undefine(id);
        on.kill(id);
        let service = rig.start_at_once().await;
        service.in_sync(id, 60).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
        service.stop().await;
        let service = rig.start().await;
        service.pass(60).await;
        assert_eq!(rig.deeds(id).len(), 2);
        let definition = service.view(id).definition.clone().unwrap();
        assert_eq!(definition.taken_at, taken_at, "it is the same as ever");
        let forget = ForgetInstance { id, by: By::ApiLocal };
        service.arbiter.send(forget).await.unwrap().unwrap();
        service.pass(10).await;
        assert_eq!(kept(&rig, id).await, None, "removed with its instance");
    });
}

#[test]
fn what_libvirt_refuses_is_a_failed_attempt_with_its_words() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        on.undefine(id);
        on.kill(id);
        // Somebody was quicker with the name.
        on.define(InstanceId(uuid::Uuid::from_u128(7)), "web-1");
        service.pass(5).await;
        let failed = rig.events().await.into_iter().find(|e| e.kind == EventKind::Outcome).unwrap();
        assert!(failed.text.contains("redefine: failed"), "{}", failed.text);
        assert!(failed.text.contains("domain 'web-1' already exists with uuid"), "{}", failed.text);
        service.pass(7200).await;
        let tried = rig.sent(id, Redefine);
        assert!((6..=10).contains(&tried), "five, and then at the slow pace: {tried}");
        assert_eq!(on.condition(id), Missing);
    });
}

#[test]
fn n2_nothing_is_defined_while_it_may_run_on_a_host_that_cannot_be_reached() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1", "kvm-2"], REDEFINE).await;
        let there = rig.host("kvm-2");
        there.hang();
        service.pass(60).await;
        // It went there, and nobody can be asked.
        on.undefine(id);
        on.migrate(id, &there);
        service.pass(3600).await;
        assert_eq!(on.condition(id), Missing);
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::OutOfSync);
        let why = service.view(id).next.as_ref().map(|next| next.why.clone()).unwrap();
        assert!(why.starts_with("it may") && why.contains("kvm-2, which"), "{why}");
        there.answer();
        service.pass(120).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.view(id).host, host("kvm-2"), "it is followed");
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn n2_what_has_moved_is_not_defined_where_it_was() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1", "kvm-2", "kvm-3"], REDEFINE).await;
        // As by `virsh migrate --undefinesource`; the other end takes its time to answer.
        rig.host("kvm-2").set_latency(std::time::Duration::from_secs(3));
        on.undefine(id);
        on.migrate(id, &rig.host("kvm-2"));
        service.pass(60).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.view(id).host, host("kvm-2"));
        // And its definition is that of its new place, where it is gone now.
        rig.host("kvm-2").undefine(id);
        rig.host("kvm-2").kill(id);
        service.pass(60).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
        assert_eq!(rig.host("kvm-2").starts(id), 1);
        assert_eq!(rig.world.doubly_active(), []);
    });
}

#[test]
fn n2_what_another_host_has_off_is_left_there() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1", "kvm-2"], REDEFINE).await;
        rig.host("kvm-2").define(id, "web-1");
        on.undefine(id);
        on.kill(id);
        service.pass(600).await;
        assert_eq!(rig.deeds(id), []);
        let why = service.view(id).next.as_ref().map(|next| next.why.clone()).unwrap();
        assert!(why.contains("kvm-2 has the domain"), "{why}");
        rig.host("kvm-2").undefine(id);
        service.pass(120).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
    });
}

#[test]
fn a_host_that_can_be_reached_is_asked_before_anything_is_defined() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1", "kvm-2"], REDEFINE).await;
        let lists = rig.host("kvm-2").calls().lists;
        on.undefine(id);
        on.kill(id);
        service.pass(10).await;
        assert_eq!(rig.deeds(id), [Redefine, Start]);
        assert!(rig.host("kvm-2").calls().lists > lists);
    });
}

#[test]
fn with_the_database_away_no_definition_is_lost() {
    virtual_time(|| async {
        use assured::store::Outage;
        let (rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        rig.store.simulate(Outage::Begins);
        on.edit(id, "new while it was away");
        service.pass(60).await;
        rig.store.simulate(Outage::Ends);
        service.pass(60).await;
        assert!(kept(&rig, id).await.unwrap().contains("new while it was away"));
    });
}
