//! At least once, the beginning before the end, and no receiver in another's way.

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::rig::Rig;
use crate::site::{all_kept, count, crash, real_time, rig, until, webhook};
use crate::web_sink::{Deed, Got, WebSink};

/// What was told, without repetitions.
fn phases(got: &[Got]) -> Vec<String> {
    let mut phases: Vec<String> = got.iter().map(Got::phase).collect();
    phases.dedup();
    phases
}

async fn told_that_it_is_over(sink: &WebSink) -> Vec<Got> {
    until("it was told that it is over", || {
        let taken = sink.taken();
        taken.iter().any(|got| got.phase() == "ended").then_some(taken)
    })
    .await
}

#[test]
fn what_a_webhook_is_told() {
    real_time(|| async {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let sink = WebSink::start(&[]);
        let signed = format!("secret_file = \"{}\"", secret.display());
        let (rig, ids) = rig(&["web-1"], &webhook("hook", &sink.url(), &signed));
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        let taken = told_that_it_is_over(&sink).await;
        assert_eq!(phases(&taken), ["begun", "ended"]);
        for got in &taken {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
            mac.update(got.body.as_bytes());
            let hex: String =
                mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(got.header("X-Assured-Signature"), Some(&*format!("sha256={hex}")));
            let kind = got.header("content-type").unwrap();
            assert!(kind.starts_with("application/cloudevents+json"), "{kind}");
            assert_eq!(got.path, "/hook");
        }
        let (begun, ended) = (taken[0].json(), taken[taken.len() - 1].json());
        assert_eq!(begun["specversion"], "1.0");
        assert_eq!(
            (&begun["type"], &begun["subject"]),
            (&json!("assured.incident.begun"), &json!("kvm-1"))
        );
        let incident = &ended["data"]["incidents"][0];
        assert_eq!(
            (&incident["name"], &incident["severity"], &incident["resolution"]),
            (&json!("web-1"), &json!("warning"), &json!("repaired")),
            "{ended}"
        );
        assert_eq!(incident["actions"][0]["action"], "start", "{ended}");
        assert_eq!(incident["actions"][0]["outcome"], "done", "{ended}");
        // The incident's story says who knows of it.
        all_kept(&rig, "hook").await;
        let events = rig.events().await;
        let told: Vec<_> =
            events.iter().filter(|e| e.kind.as_str() == "delivery").map(|e| &*e.text).collect();
        assert_eq!(told, ["hook was told that it has begun", "hook was told that it is over"]);
        assert!(
            events.iter().filter(|e| e.kind.as_str() == "delivery").all(|e| e.incident.is_some())
        );
        service.stop().await;
    });
}

#[test]
fn a_receiver_that_fails_hangs_and_is_late_is_told_in_order_and_is_in_nobody_s_way() {
    real_time(|| async {
        let script = [Deed::Answer(500), Deed::Hang, Deed::TooLate, Deed::Answer(404)];
        let (bad, good) = (WebSink::start(&script), WebSink::start(&[]));
        let receivers = webhook("bad", &bad.url(), "") + &webhook("good", &good.url(), "");
        let (rig, ids) = rig(&["web-1"], &receivers);
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        told_that_it_is_over(&good).await;
        assert_eq!(phases(&good.got()), ["begun", "ended"]);
        assert_eq!(bad.taken().iter().filter(|got| got.phase() == "ended").count(), 0, "it waits");
        told_that_it_is_over(&bad).await;
        let got = bad.got();
        assert_eq!(phases(&got), ["begun", "ended"], "no end before all of the beginning was told");
        let begun: Vec<_> = got.iter().filter(|g| g.phase() == "begun").collect();
        assert_eq!(begun.len(), 5, "until one was answered in time");
        assert!(begun.iter().all(|g| g.json()["id"] == begun[0].json()["id"]), "the same message");
        until("it is counted", || (count(&service, "bad", "delivered") == 2).then_some(())).await;
        assert_eq!((count(&service, "bad", "failed"), count(&service, "good", "failed")), (4, 0));
        service.stop().await;
    });
}

#[test]
fn a_service_that_is_killed_goes_on_where_it_was() {
    real_time(|| async {
        let sink = WebSink::start(&[Deed::Answer(503), Deed::Hang]);
        let (rig, ids) = rig(&["web-1"], &webhook("hook", &sink.url(), ""));
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        until("it hangs", || (sink.got().len() == 2).then_some(())).await;
        service.kill().await;
        assert_eq!(sink.taken().len(), 0);
        // And once more, when it was taken and nobody had the time to write that down.
        sink.then(&[Deed::TooLate]);
        let service = rig.start().await;
        until("it was taken", || (!sink.taken().is_empty()).then_some(())).await;
        service.kill().await;
        let service = rig.start().await;
        told_that_it_is_over(&sink).await;
        assert_eq!(phases(&sink.taken()), ["begun", "ended"]);
        all_kept(&rig, "hook").await;
        service.stop().await;
    });
}

#[test]
fn what_comes_up_on_a_host_within_a_moment_is_one_message() {
    real_time(|| async {
        let sink = WebSink::start(&[]);
        let (mut rig, ids) = rig(&["web-1", "web-2", "web-3"], &webhook("hook", &sink.url(), ""));
        rig.config = rig.config.replace("group_wait = \"100ms\"", "group_wait = \"1s\"");
        let service = rig.start().await;
        for id in &ids {
            rig.host("kvm-1").kill(*id);
        }
        let taken = told_that_it_is_over(&sink).await;
        let of = |phase: &str| -> Vec<usize> {
            let of = taken.iter().filter(|got| got.phase() == phase);
            of.map(|got| got.json()["data"]["incidents"].as_array().unwrap().len()).collect()
        };
        assert_eq!((of("begun"), of("ended")), (vec![3], vec![3]));
        service.stop().await;
    });
}

#[test]
fn a_host_that_is_lost_is_one_message_with_its_instances() {
    real_time(|| async {
        let sink = WebSink::start(&[]);
        let critical = webhook("hook", &sink.url(), "severity = \"critical\"");
        let (rig, _) = rig(&["web-1", "web-2"], &critical);
        let service = rig.start().await;
        rig.host("kvm-1").kill_daemon();
        let got = until("it was told", || sink.taken().first().cloned()).await;
        let incident = got.json()["data"]["incidents"][0].clone();
        assert_eq!(
            (&incident["instance"], &incident["severity"]),
            (&json!(null), &json!("critical"))
        );
        let names: Vec<_> =
            incident["instances"].as_array().unwrap().iter().map(|i| i["name"].clone()).collect();
        assert_eq!((names.len(), names.contains(&json!("web-1"))), (2, true), "{incident}");
        rig.host("kvm-1").start_daemon();
        told_that_it_is_over(&sink).await;
        assert_eq!(phases(&sink.got()), ["begun", "ended"]);
        service.stop().await;
    });
}

#[test]
fn a_receiver_that_is_new_is_told_of_what_is_open() {
    real_time(|| async {
        let (mut rig, _): (Rig, _) = rig(&["web-1"], "");
        let service = rig.start().await;
        rig.host("kvm-1").kill_daemon();
        until("there is an incident", || {
            service.board.fleet().hosts.values().any(|h| h.error.is_some()).then_some(())
        })
        .await;
        service.stop().await;
        let sink = WebSink::start(&[]);
        rig.config += &webhook("new", &sink.url(), "");
        let service = rig.start_at_once().await;
        let got = until("it was told", || sink.taken().first().cloned()).await;
        assert_eq!(got.phase(), "begun");
        service.stop().await;
    });
}
