//! The configuration is read again while the service runs.

use std::fs;
use std::process::Command;

use assured_lab::GuestKind;
use serde_json::{Value, json};

use crate::deeds::{assert_story, text};
use crate::rig::Service;
use crate::world::World;

/// The ids of the hosts that the service has.
fn hosts(service: &Service<'_>) -> Vec<String> {
    service.list("/api/v1/hosts", "").iter().map(|host| text(&host["id"])).collect()
}

/// A host's part of the supervision tree, its children included.
fn tree(service: &Service<'_>, host: &str) -> Value {
    let root = service.get("/api/v1/supervision");
    let children = root["children"].as_array().unwrap();
    children.iter().find(|child| child["name"] == host).cloned().unwrap_or_default()
}

fn hang_up(service: &Service<'_>) {
    let pid = service.pid().to_string();
    let sent = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_host_goes_and_comes_back_and_a_bad_file_changes_nothing() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let web = world.running(0, "web-1", GuestKind::Idle);
    let db = world.running(1, "db-1", GuestKind::Idle);
    let (service, site) = (world.site.start(), &world.site);
    service.adopt(&[&web, &db]);
    let before = tree(&service, "kvm-1");
    assert_eq!(before["children"][0]["name"], "web-1", "{before}");
    let both = fs::read_to_string(site.config()).unwrap();

    // What is wrong is told in full, and changes nothing.
    fs::write(site.config(), format!("{both}[poll.by_state]\nasleep = \"1s\"\n")).unwrap();
    let refused = service.as_operator("POST", "/api/v1/reload", &json!({}), &[]);
    assert_eq!(refused.status, 422, "{refused:?}");
    let errors = refused.body["errors"].as_array().unwrap();
    assert_eq!(errors[0]["key"], "poll.by_state.asleep", "{refused:?}");
    hang_up(&service);
    let status = || service.get("/api/v1/status")["service"].clone();
    service.until("the refusal to be shown", || status()["config_error"].is_string());
    assert_eq!(hosts(&service), ["kvm-1", "kvm-2"]);
    let nobody = service.ask("POST", "/api/v1/reload", None, &[]);
    assert_eq!(nobody.status, 401, "{nobody:?}");

    // One host less, by the signal.
    let at = both.find("[[hosts]]\nid = \"kvm-2\"").unwrap();
    fs::write(site.config(), &both[..at]).unwrap();
    hang_up(&service);
    service.until("kvm-2 to be gone", || hosts(&service) == ["kvm-1"]);
    assert!(status()["config_error"].is_null());
    assert_eq!(service.status(&db), "unknown");
    db.host().virsh(&["destroy", "db-1"]).unwrap();
    service.look_again(&[&web], 3);
    assert_eq!(db.starts().unwrap(), 1, "it is nobody's matter now");

    // And back, by the API.
    fs::write(site.config(), &both).unwrap();
    let said = service.order("POST", "/api/v1/reload", &json!({}));
    assert_eq!(said["hosts_added"], json!(["kvm-2"]), "{said}");
    assert_eq!(said["needs_restart"], json!([]), "{said}");
    service.until_back(&db, "running/booted", 2);
    service.look_again(&[&db], 2);
    assert_eq!(db.starts().unwrap(), 2);
    assert_eq!(tree(&service, "kvm-1"), before, "nothing of kvm-1 was started anew");
    assert_story(&service, &web, &[], &[]);
    assert_eq!(service.terminate().code(), Some(0));
    world.end();
}
