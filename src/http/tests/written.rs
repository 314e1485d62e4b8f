//! What is written of an instance once is what it would be if it were written anew.

use std::sync::Arc;

use actix_web::http::Method;

use super::fake::{Says, at, fleet, hold, instance, put, state};
use super::{ask, send};
use crate::http::body::{InstanceBody, Page, instance_text};
use crate::http::json_text;
use crate::model::{IncidentId, Kept, OnCrash, Source, Status};
use crate::snapshot::{Freshness, InstanceView, Next};

/// Instances in which each part that can be missing is there, and is not.
fn views() -> Vec<InstanceView> {
    let next = Next { action: "look".to_owned(), at: None, why: "a \"word\"".to_owned() };
    let (id, taken_at) = (instance(3).id, at("2026-11-23T05:00:00.5Z"));
    let kept = Kept {
        instance: id,
        host: "kvm-1".into(),
        taken_at,
        persistent: true,
        autostart: true,
        on_crash: OnCrash::Restart,
        hash: 7,
    };
    vec![
        instance(0),
        InstanceView { reachable: false, observed: None, status: Status::Unknown, ..instance(1) },
        InstanceView { freshness: Arc::new(Freshness::never()), ..instance(2) },
        InstanceView { definition: Some(kept), incident: Some(IncidentId(4)), ..instance(3) },
        InstanceView { next: Some(next), ..instance(4) },
        InstanceView { holds: vec![hold("a", "2026-11-23T07:00:00Z")], ..instance(5) },
    ]
}

#[test]
fn as_if_written_anew_also_after_a_look() {
    for view in views() {
        let (early, late) = (at("2026-11-23T06:00:01Z"), at("2026-11-23T08:00:00Z"));
        let check = |now| {
            assert_eq!(*instance_text(&view, now), json_text(&InstanceBody::new(&view, now)));
        };
        check(early);
        check(early);
        view.freshness.looked(at("2026-11-23T06:00:01.25Z"), Source::Event);
        check(early);
        view.freshness.failed();
        // A hold's time is over without a new view.
        check(late);
    }
}

#[test]
fn a_copy_that_is_changed_is_written_anew() {
    let now = at("2026-11-23T06:00:01Z");
    let view = instance(0);
    drop(instance_text(&view, now));
    let changed = InstanceView { priority: 77, ..view.clone() };
    assert_eq!(*instance_text(&changed, now), json_text(&InstanceBody::new(&changed, now)));
}

#[test]
fn who_finds_a_text_in_use_does_without() {
    let now = at("2026-11-23T06:00:01Z");
    let view = instance(0);
    let before = instance_text(&view, now);
    let as_it_was = before.to_owned();
    view.freshness.looked(at("2026-11-23T06:00:01.25Z"), Source::Event);
    let after = instance_text(&view, now);
    assert_eq!(*after, json_text(&InstanceBody::new(&view, now)));
    assert_ne!(*after, *before);
    assert_eq!(*before, as_it_was);
}

#[actix_web::test]
async fn a_page_is_what_it_would_be_as_a_whole() {
    let mut fleet = fleet(0);
    views().into_iter().for_each(|view| put(&mut fleet, view));
    let state = state(fleet, Says::Yes);
    for query in ["", "?limit=2", "?sort=-name&limit=6", "?host=kvm-9"] {
        let request = ask(Method::GET, &format!("/api/v1/instances{query}"));
        let got = send(&state, request).await;
        assert_eq!(got.header("content-type"), Some("application/json"));
        let page: Page<InstanceBody> = serde_json::from_str(&got.text).unwrap();
        assert_eq!(json_text(&page), got.text, "{query}");
    }
}
