//! A fleet as one sees it on a bad morning: of everything that the page can show there is something.

use std::time::Duration;

use assured::model::{Command, Condition};
use serde_json::Value;
use tokio::time::Instant;

use crate::SOON;
use crate::fleet::{Fleet, Plan};

const HOSTS: [&str; 6] = ["kvm-1", "kvm-2", "kvm-3", "kvm-4", "kvm-5", "kvm-6"];

/// Starts it, and waits until everything has come about.
pub async fn bad_morning() -> Fleet {
    let mut plan = Plan::new(&HOSTS);
    plan.say(
        "[policies.default.running]\n\"crashed\" = { action = \"restart\", exhausted = \"stop\", severity = \"critical\", retry = { attempts = 2, initial = \"100ms\" } }\n\
         [policies.gold.running]\n\"shutoff/shutdown\" = { action = \"start\", severity = \"warning\" }\n",
    );
    for (number, host) in HOSTS.iter().enumerate() {
        for (kind, count) in [("web", 12), ("db", 4), ("cache", 4), ("mail", 2)] {
            for each in 1..=count {
                let name = format!("{kind}-{}", number * count + each);
                plan.guest(host, &name, Condition::RunningBooted, "running");
            }
        }
        plan.guest(host, &format!("batch-{}", number + 1), Condition::ShutoffShutdown, "shutoff");
    }
    plan.world.host("kvm-2").put(
        crate::fleet::id_of("forgotten"),
        "forgotten",
        Condition::RunningBooted,
    );
    let fleet = plan.start().await;
    break_things(&fleet).await;
    fleet
}

async fn break_things(fleet: &Fleet) {
    let id = crate::fleet::id_of;
    let (one, two, three) = (fleet.host("kvm-1"), fleet.host("kvm-2"), fleet.host("kvm-3"));
    // One that is put right at once, one that waits out its grace, one that cannot be helped.
    for host in 1..=HOSTS.len() {
        until(fleet, &format!("web-{}", host * 12), "in_sync").await;
        until(fleet, &format!("batch-{host}"), "in_sync").await;
    }
    one.destroy(id("web-3"));
    wait(fleet, "the repair", "incidents?state=closed", |body| {
        body["items"][0]["resolution"] == "repaired"
    })
    .await;
    one.power_off(id("web-5"));
    two.suspend(id("web-14"));
    three.pause_as(id("db-10"), Condition::PausedIoError);
    two.fail_actions(Command::Start, 50, "internal error: qemu unexpectedly closed the monitor: disk /srv/db-6.img: No space left on device");
    two.kill(id("db-6"));
    three.undefine(id("mail-5"));
    three.destroy(id("mail-5"));
    one.fail_actions(
        Command::Restart,
        50,
        "Timed out during operation: cannot acquire state change lock",
    );
    one.panic(id("cache-2"), assured::hypervisor::sim::OnCrash::Preserve);
    fleet.host("kvm-5").kill_daemon();
    fleet.host("kvm-3").set_start_delay(Duration::from_secs(3600));
    three.destroy(id("web-30"));
    fleet.order("PUT", "hosts/kvm-6/maintenance", r#"{"reason":"new firmware"}"#);
    let held = format!("instances/{}/hold", id("web-40"));
    fleet.order("PUT", &held, r#"{"ttl":"2h","reason":"its owner resizes the disk"}"#);
    fleet.host("kvm-4").destroy(id("web-40"));
    for (name, status) in [
        ("web-5", "settling"),
        ("db-6", "backing_off"),
        ("mail-5", "out_of_sync"),
        ("cache-2", "given_up"),
        ("web-30", "repairing"),
        ("web-40", "held"),
        ("web-50", "unknown"),
        ("web-61", "held"),
    ] {
        until(fleet, name, status).await;
    }
}

impl Fleet {
    /// Changes something, as the operator.
    pub fn order(&self, method: &str, path: &str, body: &str) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}api/v1/{path}", self.url()))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        ureq::run(request.body(body.to_owned()).unwrap()).unwrap();
    }
}

async fn until(fleet: &Fleet, name: &str, status: &str) {
    let path = format!("instances/{}", crate::fleet::id_of(name));
    wait(fleet, &format!("{name} to be {status}"), &path, |body| body["status"] == status).await;
}

/// Waits for what is read there to be so. The simulated world's tasks go on meanwhile.
async fn wait(fleet: &Fleet, what: &str, path: &str, is_so: impl Fn(&Value) -> bool) {
    let url = format!("{}api/v1/{path}", fleet.url());
    let end = Instant::now() + SOON;
    loop {
        let text = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
        if is_so(&serde_json::from_str(&text).unwrap()) {
            return;
        }
        assert!(Instant::now() < end, "not seen: {what}: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// For whoever works on the page: it can be looked at until a line comes in.
#[tokio::test]
#[ignore = "it waits for a person"]
async fn a_fleet_to_look_at() {
    let fleet = bad_morning().await;
    println!("{} token {}", fleet.url(), fleet.token);
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}
