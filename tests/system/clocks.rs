//! The machine's clock is set while the service does not run.

use std::time::Duration;

use assured::actors::messages::PutHold;
use assured::model::{By, Command, Status};
use jiff::SignedDuration;

use crate::rig::{one_running, virtual_time};

#[test]
fn a_clock_that_was_set_back_stops_nothing() {
    virtual_time(|| async {
        let (mut rig, id, service) = one_running().await;
        service.pass(60).await;
        service.stop().await;
        rig.skew = SignedDuration::from_hours(-1);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").destroy(id);
        service.until("it was started", 5, |_| rig.deeds(id) == [Command::Start]).await;
        service.in_sync(id, 5).await;
    });
}

#[test]
fn attempts_go_on_counting_whatever_the_clock_says() {
    virtual_time(|| async {
        let (mut rig, id, service) = one_running().await;
        let host = rig.host("kvm-1");
        host.fail_actions(Command::Start, u32::MAX, "no such file");
        host.destroy(id);
        service.until("three attempts", 60, |_| rig.deeds(id).len() == 3).await;
        service.stop().await;
        rig.skew = SignedDuration::from_hours(-1);
        let service = rig.start().await;
        service.until("the budget is spent", 300, |s| s.status(id) == Status::BackingOff).await;
        service.pass(300).await;
        assert_eq!(rig.deeds(id).len(), 5, "five in all, as its rule says");
    });
}

#[test]
fn a_hold_keeps_its_length() {
    virtual_time(|| async {
        let (mut rig, id, service) = one_running().await;
        let ttl = Duration::from_secs(600);
        let put = PutHold { id, ttl, reason: "work".to_owned(), by: By::ApiLocal };
        service.arbiter.send(put).await.unwrap().unwrap();
        service.stop().await;
        rig.skew = SignedDuration::from_hours(-1);
        let service = rig.start().await;
        rig.host("kvm-1").destroy(id);
        service.pass(500).await;
        assert_eq!(rig.deeds(id), [], "it is held");
        service.pass(200).await;
        assert_eq!(rig.deeds(id), [Command::Start], "and not for an hour more");
    });
}
