//! Domains that no instance stands for: shown as they are, left alone, told of, or adopted.

use assured::actors::messages::{
    Adopt, EndMaintenance, ForgetInstance, PutMaintenance, Refusal, Reload, Reply,
};
use assured::model::{By, Command, Condition, DesiredState, Event, EventKind, InstanceId, Status};
use assured::store::IncidentQuery;

use crate::rig::{Rig, Service, host, virtual_time};

use Condition::{PausedMigration, PausedUser, RunningBooted, ShutoffDestroyed};
use DesiredState::{Paused, Running, Shutoff};

/// A world of one host with one instance, and what the host's configuration says of the others.
fn rig(unmanaged: &str) -> (Rig, InstanceId) {
    let mut rig = Rig::new(&["kvm-1"]);
    rig.config += &format!("unmanaged = \"{unmanaged}\"\n");
    let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
    (rig, id)
}

/// What is shown of a host's others, by name.
fn shown(service: &Service, name: &str) -> Vec<(InstanceId, String, String)> {
    let fleet = service.board.fleet();
    let others = fleet.hosts[&host(name)].unmanaged.iter();
    others.map(|d| (d.id, d.name.clone(), d.condition.to_string())).collect()
}

/// Whether these are they.
fn are(service: &Service, expected: &[(InstanceId, &str)]) -> bool {
    let shown = shown(service, "kvm-1");
    let shown: Vec<_> = shown.iter().map(|(id, _, condition)| (*id, condition.as_str())).collect();
    shown == expected
}

async fn adopt(
    service: &Service,
    on: &str,
    domains: Option<Vec<InstanceId>>,
) -> Reply<Vec<InstanceId>> {
    let adopt = Adopt { host: host(on), domains, by: By::ApiLocal };
    let adopted = service.arbiter.send(adopt).await.unwrap()?;
    Ok(adopted.iter().map(|view| view.id).collect())
}

async fn forget(service: &Service, id: InstanceId) {
    service.arbiter.send(ForgetInstance { id, by: By::ApiLocal }).await.unwrap().unwrap();
}

/// The lines that tell of others.
async fn told(rig: &Rig) -> Vec<String> {
    let of_others = |e: &Event| e.kind == EventKind::Note && e.text.contains("no instance");
    let mut events = rig.events().await;
    events.sort_by_key(|e| e.id);
    events.into_iter().filter(of_others).map(|e| e.text).collect()
}

async fn incidents(rig: &Rig) -> usize {
    rig.store.incidents(IncidentQuery::default()).await.unwrap().len()
}

#[test]
fn they_are_shown_as_they_are() {
    virtual_time(|| async {
        let (rig, _) = rig("ignore");
        let sim = rig.host("kvm-1");
        let a = sim.add(RunningBooted);
        let service = rig.start().await;
        assert_eq!(shown(&service, "kvm-1"), [(a, "vm-1".into(), "running/booted".into())]);
        // An event tells of it.
        sim.suspend(a);
        service.until("paused", 2, |s| are(s, &[(a, "paused/user")])).await;
        // None does.
        sim.put(a, "", ShutoffDestroyed);
        service.until("off", 70, |s| are(s, &[(a, "shutoff/destroyed")])).await;
        let b = sim.add(PausedUser);
        let both = [(a, "shutoff/destroyed"), (b, "paused/user")];
        service.until("two", 70, |s| are(s, &both)).await;
        sim.undefine(a);
        service.until("one", 2, |s| are(s, &[(b, "paused/user")])).await;
        // Transient: it goes with its end.
        sim.undefine(b);
        service.pass(5).await;
        assert!(are(&service, &[(b, "paused/user")]));
        sim.destroy(b);
        service.until("none", 2, |s| are(s, &[])).await;
        assert_eq!((rig.world.journal().len(), incidents(&rig).await), (0, 0));
        assert_eq!(told(&rig).await, [""; 0]);
    });
}

#[test]
fn each_is_told_of_once_and_again_when_it_has_gone_and_come_back() {
    virtual_time(|| async {
        let (rig, _) = rig("alert");
        let sim = rig.host("kvm-1");
        let (a, b) = (sim.add(RunningBooted), sim.add(RunningBooted));
        let service = rig.start().await;
        service.pass(600).await;
        sim.suspend(a);
        sim.drop_sessions();
        service.pass(60).await;
        assert_eq!(told(&rig).await, ["2 domains are no instances: vm-1, vm-2"]);
        let c = sim.add(RunningBooted);
        service.pass(120).await;
        assert_eq!(told(&rig).await[1..], ["1 domain is no instance: vm-3"]);
        sim.destroy(b);
        sim.undefine(b);
        service.pass(60).await;
        sim.define(b, "vm-2");
        service.pass(60).await;
        assert_eq!(told(&rig).await[2..], ["1 domain is no instance: vm-2"]);
        adopt(&service, "kvm-1", Some(vec![c])).await.unwrap();
        forget(&service, c).await;
        service.pass(120).await;
        assert_eq!(told(&rig).await.len(), 3, "of what an operator forgets he knows");
        assert_eq!((rig.world.journal().len(), incidents(&rig).await), (0, 0));
    });
}

#[test]
fn one_that_is_on_its_way_is_adopted_when_it_has_come_to_rest() {
    virtual_time(|| async {
        let (rig, _) = rig("adopt");
        let sim = rig.host("kvm-1");
        let moving = sim.add(PausedMigration);
        let others = [(RunningBooted, Running), (ShutoffDestroyed, Shutoff), (PausedUser, Paused)]
            .map(|(condition, desired)| (sim.add(condition), desired));
        let service = rig.start().await;
        service.pass(300).await;
        for (id, desired) in others {
            let view = service.view(id);
            assert_eq!((view.desired.state, view.status), (desired, Status::InSync));
        }
        assert!(are(&service, &[(moving, "paused/migration")]));
        let refused = adopt(&service, "kvm-1", Some(vec![moving])).await.unwrap_err();
        assert!(matches!(refused, Refusal::NotAdoptable { .. }), "{refused}");
        assert_eq!(adopt(&service, "kvm-1", None).await.unwrap(), [], "the others are");
        sim.resume(moving);
        service.in_sync(moving, 5).await;
        assert_eq!(service.view(moving).desired.state, Running);
        // Of this nobody tells.
        let late = sim.add(PausedMigration);
        service.pass(120).await;
        sim.put(late, "", RunningBooted);
        service.in_sync(late, 70).await;
        assert_eq!((rig.world.journal().len(), incidents(&rig).await), (0, 0));
    });
}

#[test]
fn an_instance_of_another_host_is_not_adopted() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        rig.config += "unmanaged = \"adopt\"\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.host("kvm-2").put(id, "web-1", ShutoffDestroyed);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        service.pass(300).await;
        assert_eq!(
            (service.view(id).host.clone(), shown(&service, "kvm-2")),
            (host("kvm-1"), vec![])
        );
        let refused = adopt(&service, "kvm-2", Some(vec![id])).await.unwrap_err();
        let there =
            matches!(&refused, Refusal::AlreadyThere { host, .. } if host.as_str() == "kvm-1");
        assert!(there, "{refused}");
        assert_eq!(adopt(&service, "kvm-2", None).await.unwrap(), []);
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn what_is_an_instance_already_is_adopted_once() {
    virtual_time(|| async {
        let (rig, own) = rig("ignore");
        let a = rig.host("kvm-1").add(RunningBooted);
        let service = rig.start().await;
        assert_eq!(adopt(&service, "kvm-1", Some(vec![a, a, own])).await.unwrap(), [a, own]);
        let lines = rig.events().await.len();
        assert_eq!(adopt(&service, "kvm-1", Some(vec![a])).await.unwrap(), [a]);
        assert_eq!(rig.events().await.len(), lines);
        let ghost = InstanceId(uuid::Uuid::from_u128(7));
        let refused = adopt(&service, "kvm-1", Some(vec![ghost])).await.unwrap_err();
        assert!(matches!(refused, Refusal::UnknownDomain { .. }), "{refused}");
    });
}

#[test]
fn nothing_is_told_or_adopted_by_itself_while_the_host_is_in_maintenance() {
    for unmanaged in ["alert", "adopt"] {
        virtual_time(move || async move {
            let (rig, _) = rig(unmanaged);
            let service = rig.start().await;
            let put = PutMaintenance { host: host("kvm-1"), reason: "x".into(), by: By::ApiLocal };
            service.arbiter.send(put).await.unwrap().unwrap();
            let a = rig.host("kvm-1").add(ShutoffDestroyed);
            let gone = rig.host("kvm-1").add(RunningBooted);
            service.pass(300).await;
            let both = [(a, "shutoff/destroyed"), (gone, "running/booted")];
            assert!(are(&service, &both), "they are shown");
            assert_eq!(told(&rig).await, [""; 0]);
            rig.host("kvm-1").start(a);
            rig.host("kvm-1").destroy(gone);
            rig.host("kvm-1").undefine(gone);
            service.pass(60).await;
            let end = EndMaintenance { host: host("kvm-1"), by: By::ApiLocal };
            service.arbiter.send(end).await.unwrap().unwrap();
            service.pass(5).await;
            if unmanaged == "alert" {
                assert_eq!(told(&rig).await, ["1 domain is no instance: vm-1"]);
            } else {
                assert_eq!(service.view(a).desired.state, Running, "as it is then");
            }
            assert_eq!(rig.world.journal(), []);
        });
    }
}

#[test]
fn what_was_forgotten_is_left_alone_until_it_has_gone_or_somebody_says_otherwise() {
    virtual_time(|| async {
        let (rig, id) = rig("adopt");
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        forget(&service, id).await;
        assert!(are(&service, &[(id, "running/booted")]), "it is shown at once");
        rig.host("kvm-1").destroy(id);
        service.pass(300).await;
        assert!(are(&service, &[(id, "shutoff/destroyed")]));
        assert_eq!(adopt(&service, "kvm-1", None).await.unwrap(), [id]);
        service.in_sync(id, 10).await;
        assert_eq!(service.view(id).desired.state, Shutoff);
        forget(&service, id).await;
        service.pass(60).await;
        rig.host("kvm-1").undefine(id);
        service.pass(60).await;
        rig.host("kvm-1").define(id, "web-1");
        service.in_sync(id, 10).await;
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn another_word_of_the_configuration_counts_for_those_that_are_there() {
    virtual_time(|| async {
        let (rig, _) = rig("alert");
        let a = rig.host("kvm-1").add(RunningBooted);
        let service = rig.start().await;
        assert_eq!(told(&rig).await.len(), 1);
        // Nobody tells of this: what it is desired as goes by how it is now.
        rig.host("kvm-1").put(a, "", ShutoffDestroyed);
        *rig.next.borrow_mut() = rig.config.replace("\"alert\"", "\"adopt\"");
        service.doors.reload.send(Reload { by: "test".to_owned() }).await.unwrap().unwrap();
        service.in_sync(a, 5).await;
        assert_eq!(service.view(a).desired.state, Shutoff);
        assert_eq!(rig.world.journal(), []);
    });
}

#[test]
fn a_transient_domain_that_was_adopted_is_missed_when_it_ends() {
    virtual_time(|| async {
        let (rig, _) = rig("adopt");
        let transient = rig.host("kvm-1").add(RunningBooted);
        rig.host("kvm-1").undefine(transient);
        let service = rig.start().await;
        service.in_sync(transient, 20).await;
        rig.host("kvm-1").destroy(transient);
        service.pass(300).await;
        assert_eq!(service.view(transient).observed, Some(Condition::Missing));
        assert_eq!(
            (service.status(transient), rig.sent(transient, Command::Start)),
            (Status::OutOfSync, 0)
        );
        forget(&service, transient).await;
        assert!(are(&service, &[]), "there is nothing to show");
    });
}

#[test]
fn what_was_left_behind_off_is_not_adopted_while_another_host_runs_it() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        rig.config += "unmanaged = \"adopt\"\n";
        let id = rig.host("kvm-2").add(RunningBooted);
        rig.host("kvm-1").put(id, "left", ShutoffDestroyed);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        assert_eq!(service.view(id).host, host("kvm-2"), "kvm-1 was listed first, and has it off");
        assert_eq!(service.view(id).desired.state, Running);
        service.pass(300).await;
        assert_eq!((rig.world.journal().len(), incidents(&rig).await), (0, 0));
    });
}

#[test]
fn an_order_to_adopt_names_the_host_that_runs_it() {
    virtual_time(|| async {
        let rig = Rig::new(&["kvm-1", "kvm-2"]);
        let id = rig.host("kvm-2").add(RunningBooted);
        rig.host("kvm-1").put(id, "left", ShutoffDestroyed);
        let service = rig.start().await;
        service.pass(5).await;
        let refused = adopt(&service, "kvm-1", Some(vec![id])).await.unwrap_err();
        assert!(refused.to_string().contains("on kvm-2 it is: adopt it there"), "{refused}");
        assert_eq!(adopt(&service, "kvm-1", None).await.unwrap(), []);
        assert_eq!(adopt(&service, "kvm-2", None).await.unwrap(), [id]);
        service.in_sync(id, 20).await;
        assert_eq!(rig.world.journal().len(), 0);
    });
}
