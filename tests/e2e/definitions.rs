//! What is gone is defined again from what the database keeps, and no hypervisor acts by itself.

use assured_lab::GuestKind;

use crate::deeds::{assert_story, text};
use crate::world::World;

#[test]
fn a_guest_that_was_undefined_and_killed_is_back_after_one_start() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let web = world.running(0, "web-1", GuestKind::Button);
    let host = web.host();
    host.virsh(&["autostart", web.name()]).unwrap();
    let service = world.site.start();
    service.add(&web, "keep");
    service.until_back(&web, "running/booted", 1);
    let definition = || service.instance(&web)["definition"].clone();
    service.until("autostart to be off", || definition()["autostart"] == false);
    let corrected: Vec<_> =
        service.events(&web).into_iter().filter(|event| event["kind"] == "note").collect();
    assert_eq!(corrected.len(), 1, "{corrected:#?}");
    assert_eq!(corrected[0]["detail"]["correction"], "autostart");
    let info = host.virsh(&["dominfo", web.name()]).unwrap();
    assert!(info.lines().any(|line| line.starts_with("Autostart") && line.ends_with("disable")));

    // It runs on without a definition, which is seen; then its QEMU dies.
    host.virsh(&["undefine", web.name()]).unwrap();
    service.until("it to be transient", || definition()["persistent"] == false);
    service.look_again(&[&web], 2);
    assert_eq!(service.deeds(&web), Vec::<String>::new());
    web.kill().unwrap();
    service.until_back(&web, "running/booted", 2);
    service.look_again(&[&web], 2);
    service.first_seen(&web, "missing");
    assert_story(&service, &web, &["redefine", "start"], &[("repaired", 2)]);
    service.until("it to be persistent", || definition()["persistent"] == true);

    // Undefined while it is off, across a life of the service.
    service.desire(&web, "shutoff");
    service.until_back(&web, "shutoff/shutdown", 2);
    service.kill();
    host.virsh(&["undefine", web.name()]).unwrap();
    let service = world.site.start();
    service.until("it to be defined again", || web.state().is_ok_and(|s| s.state == "shutoff"));
    service.until("it to be in sync", || service.status(&web) == "in_sync");
    assert_eq!(text(&service.instance(&web)["observed"]["state"]), "shutoff");
    assert_eq!(web.starts().unwrap(), 2);
    service.kill();
    world.end();
}
