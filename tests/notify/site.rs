//! A service on real time in a simulated world, and what it has to tell.

use std::time::Duration;

use assured::model::{Condition, DesiredState, InstanceId};
use tokio::time::{Instant, sleep};

use crate::rig::{Rig, Service};

/// Runs a test on real time: receivers and couriers have threads of their own.
pub fn real_time<F: Future<Output = ()> + 'static>(test: impl FnOnce() -> F + 'static) {
    actix::System::new().block_on(async move { test().await });
}

/// Waits until something is there, for half a minute at most.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not seen: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A world with guests on `kvm-1` that run, and a configuration that tells these receivers.
pub fn rig(guests: &[&str], receivers: &str) -> (Rig, Vec<InstanceId>) {
    let mut rig = Rig::new(&["kvm-1"]);
    let ids = guests
        .iter()
        .map(|name| rig.instance("kvm-1", name, Condition::RunningBooted, DesiredState::Running))
        .collect();
    rig.config += "[notify]\ngroup_wait = \"100ms\"\n";
    rig.config += receivers;
    rig.config += "\n[policies.default.running]\n\"shutoff/crashed\" = { action = \"start\", severity = \"warning\" }\n";
    (rig, ids)
}

/// Lets a guest crash, and waits until it runs again: an incident that has begun and ended.
pub async fn crash(rig: &Rig, service: &Service, id: InstanceId) {
    let starts = rig.host("kvm-1").starts(id);
    rig.host("kvm-1").kill(id);
    until("it was started", || (rig.host("kvm-1").starts(id) > starts).then_some(())).await;
    service.in_sync(id, 10).await;
}

/// Waits until it is written down that a receiver was told of everything.
pub async fn all_kept(rig: &Rig, receiver: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    while !rig.store.outbox(receiver.into()).await.unwrap().is_empty() {
        assert!(Instant::now() < end, "{receiver} is not told of everything");
        sleep(Duration::from_millis(5)).await;
    }
}

/// One webhook, with what else its section says.
pub fn webhook(name: &str, url: &str, more: &str) -> String {
    format!("[[notify.webhook]]\nname = \"{name}\"\nurl = \"{url}\"\ntimeout = \"300ms\"\n{more}\n")
}

/// What a metric says of a receiver.
pub fn count(service: &Service, receiver: &str, outcome: &str) -> u64 {
    service.metrics.deliveries.with_label_values(&[receiver, outcome]).get()
}
