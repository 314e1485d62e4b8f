//! The command line against a running service, and without one.

use assured_lab::GuestKind;
use serde_json::Value;

use crate::site::Site;
use crate::world::World;

#[test]
fn an_operator_sees_and_changes_everything_from_a_terminal() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let web = world.running(0, "web-1", GuestKind::Idle);
    let shop = world.running(0, "shop-1", GuestKind::Button);
    let service = world.site.start();
    let site = &world.site;
    let adopted = site.run(&["hosts", "adopt", "kvm-1"]).done();
    assert!(adopted.contains("web-1") && adopted.contains("shop-1"), "{adopted}");
    service.until_back(&web, "running/booted", 1);

    let status = site.run(&["status"]).done();
    assert!(status.contains("kvm-1") && status.contains('2'), "{status}");
    let list = json(&site.run(&["instances", "list", "-o", "json"]).done());
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|i| &i["name"]).collect();
    assert_eq!(names, ["shop-1", "web-1"]);
    let table = site.run(&["instances", "list", "web"]).done();
    assert!(table.contains("running/booted") && !table.contains("shop-1"), "{table}");

    web.kill().unwrap();
    service.until_back(&web, "running/booted", 2);
    service.until("the incident to be closed", || service.ends(&web) == [("repaired".into(), 1)]);
    let incidents = json(&site.run(&["incidents", "list", "-o", "json"]).done());
    let number = incidents["items"][0]["id"].to_string();
    let story = site.run(&["incidents", "show", &number]).done();
    for part in ["web-1 is shutoff/crashed", "start: done", "repaired", "1 attempt"] {
        assert!(story.contains(part), "{part:?} is not told:\n{story}");
    }
    let story = json(&site.run(&["incidents", "show", &number, "-o", "json"]).done());
    let kinds: Vec<_> = story["timeline"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    for kind in ["observed", "verdict", "attempt", "outcome"] {
        assert!(kinds.contains(&&Value::from(kind)), "{kind}: {story:#}");
    }

    shop.wait_until_booted(crate::rig::SOON).unwrap();
    let said = site.run(&["instances", "desire", "shop-1", "shutoff"]).done();
    assert!(said.contains("shutoff is desired (generation 2)"), "{said}");
    service.until_back(&shop, "shutoff/shutdown", 1);
    let id = web.uuid().to_string();
    site.run(&["instances", "desire", &id, "paused"]).done();
    service.until_back(&web, "paused/user", 2);
    assert_eq!(service.deeds(&shop), ["shutdown"]);
    assert_eq!(service.deeds(&web), ["start", "pause"]);
    let late = site.run(&["instances", "desire", &id, "running", "--if-generation", "1"]);
    late.failed_with(1, &["generation"]);
    site.run(&["instances", "show", "ghost-1"]).failed_with(1, &["no instance called ghost-1"]);
    for words in [
        &["hosts", "show", "kvm-2"][..],
        &["instances", "add", "ghost-1", "--host", "kvm-2", "--desired", "running"],
        &["instances", "move", "web-1", "kvm-2"],
    ] {
        site.run(words).failed_with(1, &["kvm-2", "did you mean `kvm-1`? Look with"]);
    }
    let adopted = site.run(&["hosts", "adopt", "kvm-1"]).done();
    assert!(adopted.starts_with("nothing to adopt: each domain of kvm-1"), "{adopted}");
    service.kill();
    world.end();
}

#[test]
fn where_no_service_runs_that_is_said() {
    let site = Site::new(&[]);
    for words in [&["status"][..], &["instances", "list"], &["incidents", "show", "1"]] {
        site.run(words).failed_with(69, &["cannot be reached", &site.url()]);
    }
}

#[test]
fn what_cannot_be_understood_is_said_and_asks_nobody() {
    let site = Site::new(&[]);
    for words in [
        &["instances", "desire", "web-1", "on"][..],
        &["instances", "desire", "web-1"],
        &["incidents", "show", "seventeen"],
        &["instances", "list", "-o", "yaml"],
        &["statuss"],
        &["status", "--url", "ftp://127.0.0.1"],
    ] {
        site.run(words).failed_with(64, &[]);
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
