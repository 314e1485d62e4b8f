//! The hypervisor does not act by itself: what would make it do so is corrected once, or only shown.

use assured::actors::messages::{EndMaintenance, PutHold, PutMaintenance, ReleaseHold, Reload};
use assured::model::{
    By, Condition, Correction, DesiredState, Event, EventKind, InstanceId, OnCrash, Status,
};

use crate::definitions::{REDEFINE, kept_running};
use crate::rig::{Rig, host, virtual_time};

use Condition::RunningBooted;
use DesiredState::Running;

async fn notes(rig: &Rig, id: InstanceId) -> Vec<Event> {
    let mut events = rig.events().await;
    events.retain(|e| e.kind == EventKind::Note && e.instance == Some(id));
    events
}

#[test]
fn what_is_held_is_neither_defined_again_nor_corrected() {
    virtual_time(|| async {
        let (_rig, id, on, service) = kept_running(&["kvm-1"], REDEFINE).await;
        let hold = PutHold {
            id,
            ttl: std::time::Duration::from_secs(86_400),
            reason: "works on it".to_owned(),
            by: By::ApiLocal,
        };
        service.arbiter.send(hold).await.unwrap().unwrap();
        on.edit_on_crash(id, OnCrash::Restart);
        on.set_autostart(id);
        service.pass(3 * 3600).await;
        assert_eq!((on.corrections(), on.calls().corrections), (vec![], 0));
        let release = ReleaseHold { id, of: None, by: By::ApiLocal };
        service.arbiter.send(release).await.unwrap().unwrap();
        service.pass(5).await;
        assert_eq!(on.corrections(), [(id, Correction::Autostart), (id, Correction::OnCrash)]);
    });
}

#[test]
fn a_hypervisor_that_would_act_by_itself_is_corrected_once() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let quiet = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let on = rig.host("kvm-1");
        on.set_autostart(id);
        on.edit_on_crash(id, OnCrash::CoredumpRestart);
        on.edit_on_crash(quiet, OnCrash::Preserve);
        let unmanaged = on.add(RunningBooted);
        on.set_autostart(unmanaged);
        let service = rig.start().await;
        service.pass(30).await;
        let both = [(id, Correction::Autostart), (id, Correction::OnCrash)];
        assert_eq!(on.corrections(), both);
        let told = notes(&rig, id).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].text.contains("autostart switched off (before: on)"), "{}", told[0].text);
        assert!(told[1].text.contains("destroy (before: coredump-restart)"), "{}", told[1].text);
        assert!(!service.view(id).definition.as_ref().unwrap().acts_by_itself());
        assert!(notes(&rig, quiet).await.is_empty());
        service.pass(4 * 3600).await;
        assert_eq!(on.corrections(), both);
        assert_eq!((rig.deeds(id), notes(&rig, id).await.len()), (vec![], 2));
        // Somebody sets it again.
        on.edit_on_crash(id, OnCrash::Restart);
        service.pass(5).await;
        assert_eq!(on.corrections().len(), 3);
    });
}

#[test]
fn a_correction_that_fails_is_told_once_and_tried_at_the_next_read() {
    virtual_time(|| async {
        let (rig, id, on, service) = kept_running(&["kvm-1"], "").await;
        on.fail_corrections(3, "not today");
        on.edit_on_crash(id, OnCrash::Restart);
        service.pass(60).await;
        assert_eq!(on.calls().corrections, 1, "not in a loop");
        service.pass(2 * 3600 + 1800).await;
        let told = notes(&rig, id).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].text.contains("not today"), "{}", told[0].text);
        service.pass(2 * 3600).await;
        assert_eq!(on.corrections(), [(id, Correction::OnCrash)]);
        assert_eq!(notes(&rig, id).await.len(), 2);
        assert_eq!(service.status(id), Status::InSync);
    });
}

#[test]
fn where_the_hypervisor_may_act_by_itself_that_is_only_shown() {
    virtual_time(|| async {
        let rules = "[service]\npassive_hypervisor = false\n";
        let (rig, id, on, service) = kept_running(&["kvm-1"], rules).await;
        on.edit_on_crash(id, OnCrash::Restart);
        on.set_autostart(id);
        service.pass(4 * 3600).await;
        on.drop_sessions();
        service.pass(60).await;
        assert_eq!(on.calls().corrections, 0);
        assert!(service.view(id).definition.as_ref().unwrap().acts_by_itself());
        let told = notes(&rig, id).await;
        let found: Vec<_> = told.iter().map(|e| e.text.as_str()).collect();
        let begin = "its host would act by itself: ";
        assert_eq!(found, [format!("{begin}autostart is on, on_crash is restart")]);
    });
}

#[test]
fn on_a_host_in_maintenance_nothing_is_corrected_before_that_is_over() {
    virtual_time(|| async {
        let (_rig, id, on, service) = kept_running(&["kvm-1"], "").await;
        let host = host("kvm-1");
        let begin =
            PutMaintenance { host: host.clone(), reason: "a new disk".into(), by: By::ApiLocal };
        service.arbiter.send(begin).await.unwrap().unwrap();
        on.edit_on_crash(id, OnCrash::Restart);
        service.pass(2 * 3600).await;
        assert_eq!(on.calls().corrections, 0);
        let end = EndMaintenance { host, by: By::ApiLocal };
        service.arbiter.send(end).await.unwrap().unwrap();
        service.pass(5).await;
        assert_eq!(on.corrections(), [(id, Correction::OnCrash)]);
    });
}

#[test]
fn another_word_about_it_counts_without_a_restart() {
    virtual_time(|| async {
        let rules = "[service]\npassive_hypervisor = false\n";
        let (rig, id, on, service) = kept_running(&["kvm-1"], rules).await;
        on.edit_on_crash(id, OnCrash::Restart);
        service.pass(60).await;
        assert_eq!(on.calls().corrections, 0);
        *rig.next.borrow_mut() = rig.config.replace("= false", "= true");
        let reload = Reload { by: "test".to_owned() };
        let done = service.doors.reload.send(reload).await.unwrap().unwrap();
        assert_eq!(done.needs_restart, Vec::<&str>::new());
        service.pass(5).await;
        assert_eq!(on.corrections(), [(id, Correction::OnCrash)]);
    });
}
