//! Mail and Alertmanager, as they leave the house.

use serde_json::json;

use crate::mail_sink::MailSink;
use crate::site::{crash, real_time, rig, until};
use crate::web_sink::WebSink;

#[test]
fn mail_says_what_where_since_when_and_what_was_done() {
    real_time(|| async {
        let sink = MailSink::start();
        let receivers = format!(
            "[notify.mail]\nsmtp = \"smtp://{}\"\nfrom = \"assured@example.net\"\n\
             to = [\"Ops <ops@example.net>\", \"me@example.net\"]\n",
            sink.addr
        );
        let (rig, ids) = rig(&["web-1"], &receivers);
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        let mails = until("two mails", || Some(sink.got()).filter(|got| got.len() == 2)).await;
        let (begun, over) = (&mails[0], &mails[1]);
        for part in ["To: Ops <ops@example.net>, me@example.net", "Auto-Submitted: auto-generated"]
        {
            assert!(begun.contains(part), "{begun}");
        }
        let line = "Subject: [assured] warning, kvm-1: web-1 is shutoff/crashed";
        assert!(begun.contains(line), "{begun}");
        for part in ["kvm-1: over: web-1 is", "start: done; repaired", "it is over"] {
            assert!(over.contains(part), "{part}: {over}");
        }
        service.stop().await;
    });
}

#[test]
fn an_alert_fires_and_is_resolved_under_the_same_labels() {
    real_time(|| async {
        let sink = WebSink::start(&[]);
        let receivers = format!("[[notify.alertmanager]]\nurl = \"{}/am/\"\n", sink.root());
        let (rig, ids) = rig(&["web-1"], &receivers);
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        let got = until("two requests", || Some(sink.got()).filter(|got| got.len() == 2)).await;
        assert!(got.iter().all(|got| got.path == "/am/api/v2/alerts"));
        let (fires, over) = (got[0].json(), got[1].json());
        assert_eq!(fires[0]["labels"], over[0]["labels"]);
        assert_eq!(fires[0]["labels"]["alertname"], "AssuredInstance");
        assert_eq!(fires[0]["labels"]["severity"], json!("warning"));
        let time = |value: &serde_json::Value| -> jiff::Timestamp {
            value.as_str().unwrap().parse().unwrap()
        };
        let now = service.clock.now();
        assert!(time(&fires[0]["endsAt"]) > now && time(&over[0]["endsAt"]) <= now);
        service.stop().await;
    });
}
