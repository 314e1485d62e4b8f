//! Domains that no instance stands for, on a real host.

use std::fs;

use assured_lab::{Guest, GuestKind};
use serde_json::{Value, json};

use crate::deeds::{assert_story, text};
use crate::rig::Service;
use crate::world::World;

#[test]
fn they_are_shown_as_they_are_told_of_once_and_adopted_when_that_is_said() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let off = world.guest(0, "off-1", GuestKind::Idle);
    let transient = world.running(0, "transient-1", GuestKind::Idle);
    let web = world.running(0, "web-1", GuestKind::Idle);
    let virsh = |command: &str, guest: &Guest| {
        guest.host().virsh(&[command, guest.name()]).unwrap();
    };
    says(&world, "ignore", "alert");
    let service = world.site.start();
    assert_eq!(
        others(&service),
        [
            "off-1 shutoff/unknown".to_owned(),
            "transient-1 running/booted".to_owned(),
            "web-1 running/booted".to_owned()
        ]
    );
    let host = service.get("/api/v1/hosts/kvm-1");
    assert_eq!(host["unmanaged"][2]["id"], json!(web.uuid()));

    virsh("suspend", &web);
    service.until("the pause to be shown", || others(&service)[2] == "web-1 paused/user");
    virsh("undefine", &off);
    service.until("one that is undefined to be gone", || others(&service).len() == 2);
    virsh("undefine", &transient);
    virsh("destroy", &transient);
    service.until("one that was transient to be gone", || others(&service).len() == 1);
    let late = world.guest(0, "late-1", GuestKind::Idle);
    service.until("a new one to be shown", || others(&service).len() == 2);
    let told = || -> Vec<String> {
        service.list("/api/v1/events", "kind=note").iter().map(|e| text(&e["text"])).collect()
    };
    assert_eq!(
        told(),
        [
            "3 domains are no instances: off-1, transient-1, web-1",
            "1 domain is no instance: late-1"
        ]
    );
    assert_eq!(service.list("/api/v1/incidents", ""), Vec::<Value>::new());

    says(&world, "alert", "adopt");
    service.order("POST", "/api/v1/reload", &json!({}));
    let guests = [(&web, "paused", 1), (&late, "shutoff", 0)];
    service.until("both to be adopted", || {
        service.list("/api/v1/instances", "status=in_sync").len() == guests.len()
    });
    assert_eq!(others(&service), [""; 0]);
    service.look_again(&[&web, &late], 2);
    for (guest, state, starts) in guests {
        let desired = service.instance(guest)["desired"].clone();
        assert_eq!((text(&desired["state"]), text(&desired["by"])), (state.into(), "adopt".into()));
        assert_eq!(guest.starts().unwrap(), starts);
        assert_story(&service, guest, &[], &[]);
    }
    service.kill();
    world.end();
}

/// Another word of the configuration about them.
fn says(world: &World, before: &str, now: &str) {
    let file = world.site.config();
    let text = fs::read_to_string(&file).unwrap();
    let key = |word: &str| format!("unmanaged = \"{word}\"");
    fs::write(&file, text.replace(&key(before), &key(now))).unwrap();
}

/// What is shown of them: name and condition, by name.
fn others(service: &Service<'_>) -> Vec<String> {
    let host = service.get("/api/v1/hosts/kvm-1");
    let one =
        |d: &Value| format!("{} {}/{}", text(&d["name"]), text(&d["state"]), text(&d["reason"]));
    host["unmanaged"].as_array().unwrap().iter().map(one).collect()
}
