//! With access tokens: whoever looks is asked for one, and may do what it allows.

use assured::http::NewToken;
use assured::model::Condition;
use serde_json::json;

use crate::browser::Browser;
use crate::fleet::Plan;

const MODE: &str = "document.getElementById('link').dataset.mode";
const ASKED: &str = "!!document.querySelector('dialog [name=token]')";

async fn give(browser: &Browser, token: &str) {
    browser.until("the token's field", ASKED).await;
    browser.type_into("dialog [name=token]", token).await;
    browser.click("dialog [data-answer=yes]").await;
}

#[tokio::test]
async fn a_viewer_sees_everything_live_and_changes_nothing() {
    let (viewer, operator) = (NewToken::make().unwrap(), NewToken::make().unwrap());
    let mut plan = Plan::new(&["kvm-1"]);
    plan.say("[policies.default.running]\n\"shutoff/destroyed\" = { action = \"alert\", severity = \"warning\" }\n");
    for (name, role, token) in [("wall", "viewer", &viewer), ("ops", "operator", &operator)] {
        plan.say(&format!(
            "[[http.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nsha256 = \"{}\"\n",
            token.sha256
        ));
    }
    let id = plan.guest("kvm-1", "web-1", Condition::RunningBooted, "running");
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.load(&fleet.url()).await;
    browser.until("to be asked", ASKED).await;
    assert_eq!(browser.is(MODE).await, "locked");
    assert_eq!(browser.is("!!document.querySelector('[data-name=web-1]')").await, false);
    give(&browser, "this is no token").await;
    browser
        .until(
            "to be told so",
            "document.querySelector('dialog')?.innerText.includes('no access token of this service')",
        )
        .await;
    give(&browser, &viewer.token).await;
    browser.until("to be in touch", &format!("{MODE} === 'live'")).await;
    let tile = |status: &str| {
        format!("document.querySelector('[data-name=web-1]')?.dataset.status === '{status}'")
    };
    browser.until("it in sync", &tile("in_sync")).await;
    fleet.host("kvm-1").destroy(id);
    browser.until("what happened", &tile("out_of_sync")).await;

    browser.click("[data-name=web-1]").await;
    browser.until("its page", "document.querySelector('main h1')?.textContent === 'web-1'").await;
    browser.click("[data-do=desire][data-state=shutoff]").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until(
            "the refusal",
            "document.querySelector('.toast')?.innerText.includes('role operator')",
        )
        .await;
    assert_eq!(browser.is("document.getElementById('desired').textContent").await, "running");

    // Another one: the first is forgotten, and it is asked again.
    browser.click("[data-do=forget]").await;
    give(&browser, &operator.token).await;
    browser.until("to be in touch again", &format!("{MODE} === 'live'")).await;
    browser.click("[data-do=desire][data-state=shutoff]").await;
    browser.click("dialog [data-answer=yes]").await;
    browser
        .until("what is desired", "document.getElementById('desired')?.textContent === 'shutoff'")
        .await;
    let kept = browser.is("JSON.stringify(localStorage) + document.cookie").await;
    assert_eq!(kept, json!("{}"));
    browser.end().await;
}
