//! The notifier itself fails: the next life goes on where it was.

use assured::faults::{Fault, Point, Rule, arm, take};

use crate::site::{all_kept, crash, real_time, rig, until, webhook};
use crate::web_sink::WebSink;

#[test]
fn a_notifier_that_panics_is_begun_anew_and_nothing_is_lost() {
    real_time(|| async {
        let sink = WebSink::start(&[]);
        let (rig, ids) = rig(&["web-1"], &webhook("hook", &sink.url(), ""));
        for after in [1, 3] {
            let fault = Fault::Panic;
            arm(Rule { point: Point::NotifierLooks, name: None, after, times: 1, fault });
        }
        let service = rig.start().await;
        crash(&rig, &service, ids[0]).await;
        let over = || sink.taken().iter().any(|got| got.phase() == "ended").then_some(());
        until("it was told that it is over", over).await;
        all_kept(&rig, "hook").await;
        let restarts = service.metrics.actor_restarts.with_label_values(&["notifier"]);
        assert_eq!(restarts.get(), 2);
        assert_eq!(service.metrics.actor_restarts.with_label_values(&["arbiter"]).get(), 0);
        let mut phases: Vec<String> = sink.taken().iter().map(|got| got.phase()).collect();
        phases.dedup();
        assert_eq!(phases, ["begun", "ended"]);
        service.stop().await;
        take();
    });
}
