//! What happens is shown while it happens.

use std::time::Duration;

use assured::model::Condition;
use serde_json::json;

use crate::browser::Browser;
use crate::fleet::Plan;

/// Long enough to be seen.
const STARTS: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_destroyed_guest_turns_red_and_green_again_without_a_reload() {
    let mut plan = Plan::new(&["kvm-1"]);
    let id = plan.guest("kvm-1", "web-1", Condition::RunningBooted, "running");
    plan.guest("kvm-1", "web-2", Condition::RunningBooted, "running");
    let fleet = plan.start().await;
    fleet.host("kvm-1").set_start_delay(STARTS);
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.run("window.never_reloaded = true", vec![]).await;
    let tile = |tone: &str| {
        format!("document.querySelector('[data-name=web-1]')?.dataset.tone === '{tone}'")
    };
    browser.until("a green tile", &tile("good")).await;
    browser
        .until(
            "the calm",
            "document.querySelector('.wrong').innerText.includes('Nothing is wrong')",
        )
        .await;

    fleet.host("kvm-1").destroy(id);
    browser.until("a red tile", &tile("bad")).await;
    // Not by its colour alone.
    let words = browser.is("document.querySelector('[data-name=web-1]').innerText").await;
    assert_eq!(words, "web-1\nrepairing · kvm-1");
    let more = browser.is("document.querySelector('[data-name=web-1]').title").await;
    assert_eq!(more, "web-1: running desired, shutoff/destroyed seen");
    browser.until("it at the top", "document.querySelector('.wrong .line')?.innerText.includes('web-1 is shutoff/destroyed')").await;
    browser
        .until(
            "it said aloud",
            "document.getElementById('said').textContent.includes('web-1 is shutoff/destroyed')",
        )
        .await;
    assert_eq!(
        browser.is("document.querySelector('[data-name=web-2]').dataset.tone").await,
        "good"
    );

    browser.until("green again", &tile("good")).await;
    browser
        .until(
            "the repair told",
            "document.querySelector('.lately')?.innerText.includes('web-1 repaired after')",
        )
        .await;
    assert_eq!(browser.is("window.never_reloaded").await, json!(true));
    browser.end().await;
}

#[tokio::test]
async fn a_host_that_is_lost_is_told_and_its_instances_are_unknown() {
    let mut plan = Plan::new(&["kvm-1", "kvm-2"]);
    plan.guest("kvm-1", "web-1", Condition::RunningBooted, "running");
    plan.guest("kvm-2", "web-2", Condition::RunningBooted, "running");
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    fleet.host("kvm-2").kill_daemon();
    browser
        .until(
            "the host's card",
            "document.querySelector('[data-host=kvm-2]').innerText.includes('unreachable')",
        )
        .await;
    browser
        .until(
            "its instance",
            "document.querySelector('[data-name=web-2]').dataset.status === 'unknown'",
        )
        .await;
    browser
        .until("it at the top", "document.querySelector('.wrong').innerText.includes('critical')")
        .await;
    assert_eq!(
        browser.is("document.querySelector('[data-name=web-1]').dataset.status").await,
        "in_sync"
    );
    fleet.host("kvm-2").start_daemon();
    browser
        .until(
            "it to be back",
            "document.querySelector('[data-name=web-2]').dataset.status === 'in_sync'",
        )
        .await;
    browser.end().await;
}
