//! What is shown.

use std::sync::Arc;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, at, fleet, id, instance, put, remove, state};
use super::{ask, get, send};
use crate::model::{Condition, HostId, HostState, IncidentId, Kept, OnCrash, Status};
use crate::snapshot::{Fleet, Next, Node, NodeId};

#[actix_web::test]
async fn the_process_lives_and_tells_its_metrics() {
    let state = state(Fleet::new(at("2026-11-23T04:00:00Z")), Says::Yes);
    let got = get(&state, "/healthz").await;
    assert_eq!((got.status.as_u16(), got.json()), (200, json!({ "status": "ok" })));
    let got = get(&state, "/metrics").await;
    assert_eq!(got.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(got.text.contains("assured_build_info{version=\"0.1.0\"} 1"), "{}", got.text);
    assert!(got.text.contains("process_resident_memory_bytes"));
}

#[actix_web::test]
async fn ready_when_the_database_is_read_and_each_host_was_tried() {
    let mut fleet = fleet(0);
    let host = Arc::make_mut(fleet.hosts.get_mut(&HostId::from("kvm-2")).unwrap());
    host.state = HostState::Connecting;
    fleet.database_read = false;
    let state = state(fleet.clone(), Says::Yes);
    let got = get(&state, "/readyz").await;
    assert_eq!(got.problem().status, 503);
    let body = got.json();
    assert_eq!(body["ready"], json!(false));
    assert_eq!(body["untried_hosts"], json!(["kvm-2"]));
    assert_eq!(
        body["missing"],
        json!(["the database was not read yet", "host kvm-2 was not tried yet"])
    );
    // A host that cannot be reached was tried.
    Arc::make_mut(fleet.hosts.get_mut(&HostId::from("kvm-2")).unwrap()).state =
        HostState::Unreachable;
    fleet.database_read = true;
    // What was read is shown on while the database cannot be used.
    fleet.database_trouble = Some("the disk is full".to_owned());
    state.board.publish(fleet.clone());
    let got = get(&state, "/readyz").await;
    assert_eq!(got.problem().status, 503);
    let missing = json!(["the database cannot be used: the disk is full"]);
    assert_eq!(got.json()["missing"], missing);
    fleet.database_trouble = None;
    state.board.publish(fleet);
    let got = get(&state, "/readyz").await;
    assert_eq!((got.status.as_u16(), got.json()["ready"].clone()), (200, json!(true)));
}

#[actix_web::test]
async fn the_status_counts_each_instance_once() {
    let mut fleet = fleet(9);
    for (number, &status) in (0..).zip(Status::ALL) {
        put(&mut fleet, crate::snapshot::InstanceView { status, ..instance(number) });
    }
    fleet.open_incidents = [0, 1, 0, 2];
    fleet.opened_at =
        [at("2026-11-23T04:30:00Z"), at("2026-11-23T05:30:00Z")].into_iter().collect();
    fleet.actions_waiting = 4;
    let state = state(fleet, Says::Yes);
    let root = NodeId::root();
    let node = |kind, restarts, state| Node {
        kind,
        incarnation: restarts + 1,
        state,
        restarts,
        last_exit: None,
    };
    state.board.show_node(&root, &node("root", 0, "running"));
    state.board.show_node(&root.child("kvm-1"), &node("host", 2, "running"));
    state.board.show_node(&root.child("kvm-1").child("web-1"), &node("instance", 5, "quarantined"));
    state.board.show_node(&root.child("arbiter"), &node("arbiter", 0, "running"));

    let got = get(&state, "/api/v1/status").await.json();
    assert_eq!(
        got,
        json!({
            "service": {
                "version": "0.1.0", "started_at": "2026-11-23T04:00:00Z", "uptime_seconds": 7201,
                "ready": true, "config_loaded_at": "2026-11-23T04:00:00Z", "config_error": null,
            },
            "database": { "backend": "sqlite", "healthy": true, "error": null },
            "hosts": { "total": 2, "up": 2, "unreachable": 0, "connecting": 0, "maintenance": 0 },
            "instances": {
                "total": 9, "in_sync": 1, "out_of_sync": 4, "unknown": 1, "held": 1, "given_up": 1,
                "quarantined": 1,
            },
            "incidents": { "open": 3, "last_hour": 1 },
            "actions": { "in_flight": 0, "waiting": 4 },
            "supervision": { "actors": 4, "restarts": 7, "quarantined": 1 },
        })
    );

    let tree = get(&state, "/api/v1/supervision").await.json();
    assert_eq!(tree["kind"], "root");
    let names: Vec<_> = tree["children"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["arbiter", "kvm-1"]);
    assert_eq!(
        tree["children"][1]["children"],
        json!([{
            "kind": "instance", "name": "web-1", "incarnation": 6, "state": "quarantined",
            "restarts": 5, "last_exit": null, "children": [],
        }])
    );
}

#[actix_web::test]
async fn a_tree_that_was_not_shown_yet_is_a_root_that_starts() {
    let state = state(fleet(0), Says::Yes);
    let tree = get(&state, "/api/v1/supervision").await.json();
    assert_eq!((&tree["kind"], &tree["state"]), (&json!("root"), &json!("starting")));
}

#[actix_web::test]
async fn hosts_are_shown_with_what_they_have() {
    let mut fleet = fleet(3);
    put(&mut fleet, crate::snapshot::InstanceView { status: Status::GivenUp, ..instance(3) });
    let state = state(fleet, Says::Yes);
    let host = get(&state, "/api/v1/hosts/kvm-1").await.json();
    assert_eq!(
        host,
        json!({
            "id": "kvm-1", "uri": "qemu+tls://kvm-1/system", "state": "up",
            "since": "2026-11-23T04:00:00Z", "last_seen": "2026-11-23T06:00:00Z", "error": null,
            "labels": { "rack": "a3" }, "maintenance": null, "instances": 4, "out_of_sync": 1,
            "unmanaged": [
                { "id": id(1_000_000), "name": "stray", "state": "missing", "reason": null }
            ],
            "pending": ["web-9"],
        })
    );
    let page = get(&state, "/api/v1/hosts?limit=1").await.json();
    assert_eq!(page["items"], json!([host]));
    let next = page["next"].as_str().unwrap();
    let page = get(&state, &format!("/api/v1/hosts?limit=1&cursor={next}")).await.json();
    assert_eq!((&page["items"][0]["id"], &page["next"]), (&json!("kvm-2"), &json!(null)));
    assert_eq!(get(&state, "/api/v1/hosts/kvm-3").await.problem().status, 404);
}

#[actix_web::test]
async fn an_instance_is_shown_with_its_generation_as_etag() {
    let mut fleet = fleet(0);
    let mut view = instance(1);
    view.observed = Some(Condition::ShutoffCrashed);
    view.status = Status::BackingOff;
    view.next = Some(Next { action: "start".into(), at: None, why: "why".into() });
    view.incident = Some(IncidentId(4));
    view.definition = Some(Kept {
        instance: id(1),
        host: "kvm-1".into(),
        taken_at: "2026-11-23T05:30:00Z".parse().unwrap(),
        persistent: true,
        autostart: false,
        on_crash: OnCrash::Restart,
        hash: 0,
    });
    put(&mut fleet, view);
    let mut unseen = instance(2);
    unseen.observed = None;
    unseen.freshness = Arc::new(crate::snapshot::Freshness::never());
    unseen.reachable = false;
    put(&mut fleet, unseen);
    let state = state(fleet, Says::Yes);
    let path = format!("/api/v1/instances/{}", id(1));
    let got = get(&state, &path).await;
    assert_eq!(got.header("etag"), Some("\"3\""));
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(
        got.json(),
        json!({
            "id": id(1), "name": "web-00001", "host": "kvm-1", "policy": "default", "priority": -2,
            "desired": {
                "state": "running", "generation": 3, "since": "2026-11-23T05:00:00Z",
                "by": "api:local",
            },
            "observed": {
                "state": "shutoff", "reason": "crashed", "at": "2026-11-23T06:00:00Z",
                "source": "event", "stale": false,
            },
            "status": "backing_off", "next": { "action": "start", "at": null, "why": "why" },
            "attempts": { "used": 0, "budget": 5, "window_ends": null }, "hold": null,
            "holds": [],
            "incident": 4,
            "definition": {
                "taken_at": "2026-11-23T05:30:00Z", "persistent": true, "autostart": false,
                "on_crash": "restart", "acts_by_itself": true,
            },
        })
    );
    let got = get(&state, &format!("/api/v1/instances/{}", id(2))).await.json();
    let never = json!({ "state": null, "reason": null, "at": null, "source": null, "stale": true });
    assert_eq!(got["observed"], never);
    assert_eq!(send(&state, ask(Method::HEAD, &path)).await.status, 200);

    let mut fleet = Fleet::clone(&state.board.fleet());
    remove(&mut fleet, id(1));
    state.board.publish(fleet);
    assert_eq!(get(&state, &path).await.problem().status, 404);
    assert_eq!(get(&state, "/api/v1/instances/web-1").await.problem().status, 404);
}

#[actix_web::test]
async fn policies_say_what_applies() {
    let state = state(fleet(0), Says::Yes);
    let page = get(&state, "/api/v1/policies").await.json();
    let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["default", "gold"]);
    let cell = &page["items"][1]["running"]["shutoff/shutdown"];
    assert_eq!((&cell["layer"], &cell["action"]), (&json!("named"), &json!("start")));
    assert_eq!(page["items"][0]["running"]["running/booted"]["in_sync"], true);

    let explain = async |body: Value| {
        let request = ask(Method::POST, "/api/v1/policies/explain").set_json(body);
        send(&state, request).await
    };
    let got = explain(json!({ "desired": "running", "observed": "shutoff", "reason": "shutdown" }));
    let got = got.await.json();
    assert_eq!(got["in_sync"], false);
    assert_eq!((&got["action"], &got["grace"]), (&json!("accept"), &json!("2m")));
    assert_eq!((&got["layer"], &got["rule"]), (&json!("built-in"), &json!("shutoff/shutdown")));
    assert!(got["text"].as_str().unwrap().contains("the record follows reality"), "{got}");
    let got = explain(json!({ "desired": "shutoff", "observed": "running" })).await.json();
    assert_eq!((&got["action"], &got["force_after"]), (&json!("shutdown"), &json!("2m")));
    assert_eq!(got["retry"]["attempts"], 5);
    let got = explain(json!({ "desired": "running", "observed": "running/booted" })).await.json();
    assert_eq!((&got["in_sync"], &got["action"]), (&json!(true), &json!(null)));
    let got = explain(json!({ "desired": "running", "observed": "shutoff/none" })).await.problem();
    assert_eq!((got.status, got.field.as_deref()), (400, Some("observed")));
    let body = json!({ "desired": "running", "observed": "missing", "policy": "silver" });
    let got = explain(body).await.problem();
    assert_eq!((got.status, got.field.as_deref()), (422, Some("policy")));
    assert!(got.detail.contains("default, gold"), "{}", got.detail);
}
