//! What happens to a whole host: its daemon hangs, or dies with a guest of its dying meanwhile.

use assured_lab::GuestKind;
use serde_json::json;

use crate::deeds::{assert_story, seconds, text};
use crate::rig::Service;
use crate::world::World;

/// The time between two looks (1 s), the deadline of one (5 s), that of its second witness (5 s), and as much again for
/// a busy machine; in seconds.
const PATIENCE: f64 = 22.0;

#[test]
fn a_hypervisor_that_hangs_costs_its_own_guests_their_freshness_and_no_other_anything() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let far =
        [world.running(0, "far-1", GuestKind::Idle), world.running(0, "far-2", GuestKind::Idle)];
    let near = world.running(1, "near-1", GuestKind::Idle);
    let service = world.site.start();
    service.adopt(&[&far[0], &far[1], &near]);

    world.hosts[0].hang_daemon().unwrap();
    service.until("the host to be unreachable", || host_state(&service, "kvm-1") == "unreachable");
    let host = service.get("/api/v1/hosts/kvm-1");
    assert!(!host["error"].is_null(), "{host}");
    let known_after = seconds(&host["since"]) - seconds(&host["last_seen"]);
    assert!(
        known_after < PATIENCE,
        "known to be unreachable {known_after} s after its last answer"
    );
    for guest in &far {
        let instance = service.instance(guest);
        assert_eq!(instance["status"], "unknown");
        assert_eq!(instance["observed"]["stale"], true);
        assert_eq!(instance["observed"]["state"], "running", "the last look is kept");
    }
    near.kill().unwrap();
    service.until_back(&near, "running/booted", 2);
    assert_eq!(host_state(&service, "kvm-1"), "unreachable", "it hung all the while");
    assert_eq!(host_state(&service, "kvm-2"), "up");
    assert_story(&service, &near, &["start"], &[("repaired", 1)]);

    world.hosts[0].unhang_daemon().unwrap();
    service.until("the host to be up", || host_state(&service, "kvm-1") == "up");
    for guest in &far {
        service.until_back(guest, "running/booted", 1);
    }
    service.look_again(&[&far[0], &far[1], &near], 3);
    for guest in &far {
        assert_eq!(guest.starts().unwrap(), 1);
        assert_story(&service, guest, &[], &[]);
        assert_eq!(service.instance(guest)["observed"]["stale"], false);
    }
    service.kill();
    world.end();
}

#[test]
fn a_guest_that_died_while_its_daemon_was_down_is_found_when_that_returns() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let [dead, alive] = ["web-1", "web-2"].map(|name| world.running(0, name, GuestKind::Idle));
    let service = world.site.start();
    service.adopt(&[&dead, &alive]);
    let host = &world.hosts[0];

    host.kill_daemon().unwrap();
    service.until("the host to be unreachable", || host_state(&service, "kvm-1") == "unreachable");
    dead.kill().unwrap();
    assert_eq!(service.status(&dead), "unknown", "nobody can know");
    host.start_daemon().unwrap();
    service.until_back(&dead, "running/booted", 2);
    service.until_back(&alive, "running/booted", 1);
    service.look_again(&[&dead, &alive], 3);
    assert_eq!((dead.starts().unwrap(), alive.starts().unwrap()), (2, 1));
    assert_story(&service, &dead, &["start"], &[("repaired", 1)]);
    assert_story(&service, &alive, &[], &[]);
    service.kill();
    world.end();
}

#[test]
fn a_maintenance_outlives_the_service_and_what_went_down_in_it_is_brought_back_after_it() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let [dead, alive] = ["web-1", "web-2"].map(|name| world.running(0, name, GuestKind::Idle));
    let (service, site) = (world.site.start(), &world.site);
    service.adopt(&[&dead, &alive]);
    let path = "/api/v1/hosts/kvm-1/maintenance";
    let nobody = service.ask("PUT", path, Some(&json!({ "reason": "new disks" })), &[]);
    assert_eq!(nobody.status, 401, "{nobody:?}");
    let said = site.run(&["hosts", "maintenance", "kvm-1", "--reason", "new disks"]).done();
    assert!(said.starts_with("kvm-1 is in maintenance since "), "{said}");
    let shown = service.get("/api/v1/hosts/kvm-1")["maintenance"].clone();
    assert_eq!((&shown["by"], &shown["reason"]), (&json!("api:local"), &json!("new disks")));
    assert_eq!(service.get("/api/v1/status")["hosts"]["maintenance"], 1);
    assert_eq!((service.status(&dead), service.status(&alive)), ("held".into(), "held".into()));

    service.kill();
    dead.kill().unwrap();
    let service = site.start();
    service.until("the guest to be seen dead, and held", || {
        service.observed(&dead) == "shutoff/crashed" && service.status(&dead) == "held"
    });
    assert_eq!(service.get("/api/v1/hosts/kvm-1")["maintenance"], shown, "the same as before");
    world.hosts[0].restart_daemon().unwrap();
    service.look_again(&[&dead, &alive], 3);
    assert_eq!((dead.starts().unwrap(), alive.starts().unwrap()), (1, 1));
    for guest in [&dead, &alive] {
        assert_eq!(service.status(guest), "held");
        assert_story(&service, guest, &[], &[]);
    }
    assert_eq!(service.list("/api/v1/incidents", ""), Vec::<serde_json::Value>::new());

    let said = site.run(&["hosts", "resume", "kvm-1"]).done();
    assert!(said.starts_with("kvm-1 is in no maintenance now"), "{said}");
    service.until_back(&dead, "running/booted", 2);
    service.until_back(&alive, "running/booted", 1);
    assert_story(&service, &dead, &["start"], &[("repaired", 1)]);
    assert_story(&service, &alive, &[], &[]);
    let log = site.run(&["events", "-n", "1000"]).done();
    for part in ["maintenance begins: new disks", "maintenance is over after "] {
        assert!(log.contains(part), "{part:?} is not told:\n{log}");
    }
    service.kill();
    world.end();
}

fn host_state(service: &Service<'_>, id: &str) -> String {
    let host = service.get(&format!("/api/v1/hosts/{id}"));
    text(&host["state"])
}
