//! Somebody works on an instance: nothing is done until the last hold has ended.

use assured_lab::{Guest, GuestKind};
use serde_json::{Value, json};

use crate::deeds::{assert_story, text};
use crate::rig::Service;
use crate::world::World;

#[test]
fn a_guest_that_two_hold_is_left_alone_until_both_have_released_it() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let web = world.running(0, "web-1", GuestKind::Idle);
    let (service, site) = (world.site.start(), &world.site);
    service.adopt(&[&web]);
    let path = format!("/api/v1/instances/{}/hold", web.uuid());

    let hold = ["instances", "hold", "web-1", "--for", "10m", "--reason", "new disk"];
    let said = site.run(&hold).done();
    assert!(said.starts_with("web-1 on kvm-1 is held until "), "{said}");
    assert_eq!(said.lines().count(), 1, "nobody else holds it: {said}");
    let order = json!({ "ttl": "20m", "reason": "new kernel" });
    let both = service.order("PUT", &path, &order);
    assert_eq!(reasons(&both), ["new disk", "new kernel"]);
    assert_eq!(both["hold"]["until"], both["holds"][1]["until"], "the one that ends last");
    let nobody = service.ask("PUT", &path, Some(&order), &[]);
    assert_eq!(nobody.status, 401, "{nobody:?}");

    web.host().virsh(&["destroy", web.name()]).unwrap();
    service.until("the guest to be seen off, and held", || {
        service.observed(&web) == "shutoff/destroyed" && service.status(&web) == "held"
    });
    assert_left_alone(&service, &web);
    let of_other = service.as_operator("DELETE", &format!("{path}?by=api:other"), &json!({}), &[]);
    assert_eq!(of_other.status, 409, "{of_other:?}");

    let said = site.run(&["instances", "release", "web-1"]).done();
    let last = text(&both["hold"]["until"]);
    let (day, second) = (&last[..10], &last[11..19]);
    let still = format!("is still held by api:local until {day} {second}Z: new kernel");
    assert!(said.contains(&still), "{still:?} is not said:\n{said}");
    assert_eq!(reasons(&service.instance(&web)), ["new kernel"]);
    assert_left_alone(&service, &web);

    let free = service.order("DELETE", &path, &json!({}));
    assert_eq!((&free["hold"], &free["holds"]), (&Value::Null, &json!([])));
    service.until_back(&web, "running/booted", 2);
    service.look_again(&[&web], 2);
    assert_eq!(web.starts().unwrap(), 2);
    assert_story(&service, &web, &["start"], &[("repaired", 1)]);
    let incident = text(&service.list("/api/v1/incidents", "")[0]["id"].to_string().into());
    let story = site.run(&["incidents", "show", &incident]).done();
    for part in ["from the look at +", "start, attempt 1", "repaired"] {
        assert!(story.contains(part), "{part:?} is not told:\n{story}");
    }
    service.kill();
    world.end();
}

/// Asserts that nothing is done about a guest, after looks enough to have done something.
#[track_caller]
fn assert_left_alone(service: &Service<'_>, guest: &Guest) {
    service.look_again(&[guest], 3);
    assert_eq!(service.observed(guest), "shutoff/destroyed");
    assert_eq!(service.status(guest), "held");
    assert_eq!(guest.starts().unwrap(), 1);
    assert_story(service, guest, &[], &[]);
}

/// Why it is held, in the order in which the holds end.
fn reasons(instance: &Value) -> Vec<String> {
    instance["holds"].as_array().unwrap().iter().map(|hold| text(&hold["reason"])).collect()
}
