//! What an operator does by clicking.

use assured::model::{Condition, InstanceId};
use serde_json::json;

use crate::browser::Browser;
use crate::fleet::{Fleet, Plan};

async fn one() -> (Fleet, InstanceId, Browser) {
    let mut plan = Plan::new(&["kvm-1"]);
    let id = plan.guest("kvm-1", "web-1", Condition::RunningBooted, "running");
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.click("[data-name=web-1]").await;
    browser.until("its page", "document.querySelector('main h1')?.textContent === 'web-1'").await;
    (fleet, id, browser)
}

const NO_DIALOG: &str = "!document.querySelector('dialog')";

#[tokio::test]
async fn another_state_is_desired_by_clicking_and_the_token_is_asked_for_once() {
    let (fleet, _, browser) = one().await;
    browser.click("[data-do=desire][data-state=shutoff]").await;
    browser
        .until(
            "a question",
            "document.querySelector('dialog')?.innerText.includes('shutoff is desired')",
        )
        .await;
    // Whoever thinks better of it has changed nothing, and is where he was.
    browser.click("dialog [data-answer=no]").await;
    browser.until("no question", NO_DIALOG).await;
    assert_eq!(browser.is("document.activeElement.dataset.state").await, "shutoff");
    assert_eq!(browser.is("document.getElementById('desired').textContent").await, "running");

    browser.click("[data-do=desire][data-state=shutoff]").await;
    browser.click("dialog [data-answer=yes]").await;
    browser.until("the token's field", "!!document.querySelector('dialog [name=token]')").await;
    browser.type_into("dialog [name=token]", "this is not the token").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until(
            "to be asked again",
            "document.querySelector('dialog')?.innerText.includes('not the operator token')",
        )
        .await;
    browser.type_into("dialog [name=token]", &fleet.token).await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until("what is desired", "document.getElementById('desired')?.textContent === 'shutoff'")
        .await;
    browser
        .until("what is seen", "document.getElementById('seen').textContent === 'shutoff/shutdown'")
        .await;
    browser
        .until(
            "in sync",
            "document.querySelector('.title-line .badge').dataset.status === 'in_sync'",
        )
        .await;

    browser.click("[data-do=desire][data-state=running]").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until("it to run", "document.getElementById('seen').textContent === 'running/booted'")
        .await;
    let kept = browser
        .is("[location.href, document.cookie, JSON.stringify(localStorage)].join(' ')")
        .await;
    assert!(!kept.as_str().unwrap().contains(&fleet.token), "the token is kept for the tab only");
    browser.end().await;
}

#[tokio::test]
async fn an_instance_is_held_and_released() {
    let (fleet, id, browser) = one().await;
    browser
        .run("sessionStorage.setItem('assured.token', arguments[0])", vec![json!(fleet.token)])
        .await;
    browser.click("[data-do=hold]").await;
    browser.type_into("dialog [name=reason]", "new <b>disks</b>").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until(
            "the hold",
            "document.querySelector('.facts-list').innerText.includes('new <b>disks</b>')",
        )
        .await;
    fleet.host("kvm-1").destroy(id);
    browser
        .until("held", "document.querySelector('.title-line .badge').dataset.status === 'held'")
        .await;
    browser.click("[data-do=release]").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until(
            "in sync",
            "document.querySelector('.title-line .badge').dataset.status === 'in_sync'",
        )
        .await;
    browser.until("no hold", "!document.querySelector('[data-do=release]')").await;
    browser.end().await;
}
