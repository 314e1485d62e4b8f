//! The page says when it is cut off, and catches up when it is not any more.

use assured::model::Condition;

use crate::browser::Browser;
use crate::fleet::Plan;

const MODE: &str = "document.getElementById('link').dataset.mode";

#[tokio::test]
async fn a_cut_is_told_and_what_happened_meanwhile_is_shown_afterwards() {
    let mut plan = Plan::new(&["kvm-1"]);
    plan.say("[policies.default.running]\n\"shutoff/destroyed\" = { action = \"alert\", severity = \"warning\" }\n");
    let id = plan.guest("kvm-1", "web-1", Condition::RunningBooted, "running");
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.until("to be in touch", &format!("{MODE} === 'live'")).await;
    browser
        .until("green", "document.querySelector('[data-name=web-1]')?.dataset.tone === 'good'")
        .await;

    browser.network(false).await;
    browser.until("the cut", &format!("{MODE} === 'offline'")).await;
    browser
        .until("it said", "document.getElementById('banners').innerText.includes('Disconnected')")
        .await;
    fleet.host("kvm-1").destroy(id);
    browser
        .until(
            "how old it is",
            "/is \\d+ s old/.test(document.getElementById('banners').innerText)",
        )
        .await;
    assert_eq!(
        browser.is("document.querySelector('[data-name=web-1]').dataset.tone").await,
        "good"
    );

    browser.network(true).await;
    browser.until("to be in touch", &format!("{MODE} === 'live'")).await;
    browser
        .until(
            "what happened",
            "document.querySelector('[data-name=web-1]').dataset.status === 'out_of_sync'",
        )
        .await;
    browser
        .until("no cut", "!document.getElementById('banners').innerText.includes('Disconnected')")
        .await;
    fleet.host("kvm-1").start(id);
    browser
        .until(
            "what happens now",
            "document.querySelector('[data-name=web-1]').dataset.status === 'in_sync'",
        )
        .await;
    browser.end().await;
}

#[tokio::test]
async fn a_service_that_is_gone_is_told() {
    let plan = Plan::new(&["kvm-1"]);
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    drop(fleet);
    browser.until("the cut", &format!("{MODE} === 'offline'")).await;
    browser
        .until(
            "it said",
            "document.getElementById('banners').innerText.includes('The service does not answer')",
        )
        .await;
    browser.end().await;
}
