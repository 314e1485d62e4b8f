//! The end of a service that is told to end.

use std::time::Duration;

use assured_lab::{GuestKind, wait_until};
use serde_json::json;

use crate::record::Record;
use crate::rig::SOON;
use crate::wire::plain;
use crate::world::World;

/// Long enough that a start is under way when the end comes.
const SLOW_START: Duration = Duration::from_secs(4);

#[test]
fn an_end_on_request_waits_for_the_starts_that_are_under_way() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let guests = ["web-1", "web-2"].map(|name| world.running(0, name, GuestKind::Idle));
    let service = world.site.start();
    service.adopt(&[&guests[0], &guests[1]]);
    world.hosts[0].slow_starts(SLOW_START).unwrap();
    for guest in &guests {
        guest.kill().unwrap();
    }
    service.until("both starts to be under way", || {
        service.get("/api/v1/status")["actions"]["in_flight"] == 2
    });
    // Whoever looks is told meanwhile, and no new order is taken.
    service.tell_to_end();
    service.until("it to say that it stops", || {
        let ready = service.ask("GET", "/readyz", None, &[]);
        ready.status == 503 && ready.body["missing"][0].as_str().unwrap().starts_with("stopping")
    });
    assert_eq!(service.get("/api/v1/status")["actions"]["in_flight"], 2);
    let path = format!("/api/v1/instances/{}/desired", guests[0].uuid());
    let order = service.as_operator("PUT", &path, &json!({ "state": "shutoff" }), &[]);
    assert_eq!(order.status, 503, "{order:?}");
    let mut wire = plain(&world.site.url());
    wire.ask("GET /healthz", "", &world.site.host());
    let last = wire.answer();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(wire.end(), b"");
    assert_eq!(service.ended().code(), Some(0));

    // It waited for both, and wrote down what came of them.
    let mut record = Record::open(&world.site);
    let done = "SELECT count(*) AS n FROM attempts WHERE command = 'start' AND outcome = 'done'";
    assert_eq!(record.count(done), 2);
    assert_eq!(record.count("SELECT count(*) AS n FROM attempts"), 2);
    for guest in &guests {
        assert_eq!(guest.starts().unwrap(), 2);
        guest.wait_for("running/booted", SOON).unwrap();
    }
    let gone =
        wait_until(SOON, "the port to be free", || world.site.run(&["status"]).code == Some(69));
    gone.unwrap();

    // The next one finds everything in order.
    world.hosts[0].slow_starts(Duration::ZERO).unwrap();
    let service = world.site.start();
    for guest in &guests {
        service.until_back(guest, "running/booted", 2);
        service.until("its incident to be closed", || {
            service.ends(guest).iter().all(|(end, _)| end == "repaired")
        });
    }
    service.look_again(&[&guests[0], &guests[1]], 2);
    assert!(guests.iter().all(|guest| guest.starts().unwrap() == 2));
    assert_eq!(service.terminate().code(), Some(0));
    world.end();
}
