//! The HTTP interface of a service with real hosts behind it: adoption, and what is refused.

use assured_lab::GuestKind;
use serde_json::json;

use crate::asking::Answer;
use crate::deeds::assert_story;
use crate::world::World;

#[test]
fn domains_are_adopted_as_they_are_and_nothing_is_done_to_them() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let on = world.running(0, "on-1", GuestKind::Idle);
    let off = world.guest(0, "off-1", GuestKind::Idle);
    let paused = world.running(0, "paused-1", GuestKind::Idle);
    paused.host().virsh(&["suspend", paused.name()]).unwrap();
    let service = world.site.start();
    assert_eq!(service.list("/api/v1/instances", "").len(), 0);
    let host = service.get("/api/v1/hosts/kvm-1");
    assert_eq!(host["unmanaged"].as_array().unwrap().len(), 3, "{host}");

    let adopted = service.order("POST", "/api/v1/hosts/kvm-1/adopt", &json!({}));
    assert_eq!(adopted["items"].as_array().unwrap().len(), 3, "{adopted}");
    service.look_again(&[&on, &off, &paused], 3);
    for (guest, state, starts) in
        [(&on, "running", 1), (&off, "shutoff", 0), (&paused, "paused", 1)]
    {
        let instance = service.instance(guest);
        assert_eq!(instance["desired"]["state"], state);
        assert_eq!(instance["desired"]["by"], "adopt");
        assert_eq!(instance["status"], "in_sync");
        assert_eq!(guest.starts().unwrap(), starts);
        assert_story(&service, guest, &[], &[]);
    }
    let host = service.get("/api/v1/hosts/kvm-1");
    assert_eq!(host["unmanaged"], json!([]));
    service.kill();
    world.end();
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    let Some(world) = World::new(&["kvm-1"]) else { return };
    let guest = world.running(0, "web-1", GuestKind::Idle);
    let service = world.site.start();
    service.adopt(&[&guest]);
    let path = format!("/api/v1/instances/{}/desired", guest.uuid());
    let shutoff = json!({ "state": "shutoff" });

    let ghost = json!({ "name": "ghost-1", "host": "kvm-1", "desired": "running" });
    let unknown = service.as_operator("POST", "/api/v1/instances", &ghost, &[]);
    assert_problem(&unknown, 422, "ghost-1");
    let nowhere = json!({ "name": "web-1", "host": "kvm-9", "desired": "running" });
    let no_host = service.as_operator("POST", "/api/v1/instances", &nowhere, &[]);
    assert_problem(&no_host, 422, "kvm-9");
    let again = json!({ "name": "web-1", "host": "kvm-1", "desired": "running" });
    let there = service.as_operator("POST", "/api/v1/instances", &again, &[]);
    assert_problem(&there, 409, "web-1");
    let misspelt = service.as_operator("PUT", &path, &json!({ "stat": "shutoff" }), &[]);
    assert_problem(&misspelt, 400, "stat");

    let nobody = service.ask("PUT", &path, Some(&shutoff), &[]);
    assert_problem(&nobody, 401, "operator.token");
    let stranger = [("authorization", "Bearer 0123456789abcdef0123456789abcdef")];
    let stranger = service.ask("PUT", &path, Some(&shutoff), &stranger);
    assert_problem(&stranger, 401, "not the operator token");
    for (header, says) in
        [(("host", "evil.example"), "Host"), (("origin", "http://evil.example"), "Origin")]
    {
        let foreign = service.ask("GET", "/api/v1/status", None, &[header]);
        assert_problem(&foreign, 403, says);
        assert_problem(&service.as_operator("PUT", &path, &shutoff, &[header]), 403, says);
    }
    let stale = service.as_operator("PUT", &path, &shutoff, &[("if-match", "\"7\"")]);
    assert_problem(&stale, 412, "generation");

    service.look_again(&[&guest], 2);
    assert_eq!(service.instance(&guest)["desired"]["generation"], 1, "nothing of this was done");
    assert_story(&service, &guest, &[], &[]);

    let shown = service.ask("GET", path.trim_end_matches("/desired"), None, &[]);
    let tag = shown.etag.expect("an instance has an ETag");
    let same = service.as_operator("PUT", &path, &json!({ "state": "running" }), &[]);
    assert_eq!((same.status, same.etag), (200, Some(tag.clone())), "that it is already");
    let met =
        service.as_operator("PUT", &path, &json!({ "state": "paused" }), &[("if-match", &tag)]);
    assert_eq!((met.status, &met.body["desired"]["generation"]), (200, &json!(2)));
    service.until_back(&guest, "paused/user", 1);
    assert_story(&service, &guest, &["pause"], &[]);
    service.kill();
    world.end();
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.kind, "application/problem+json", "{answer:?}");
    assert_eq!(answer.body["status"], status);
    for field in ["type", "title", "detail"] {
        assert!(answer.body[field].is_string(), "{answer:?}");
    }
    assert!(answer.body["detail"].as_str().unwrap().contains(says), "{says}: {answer:?}");
}
