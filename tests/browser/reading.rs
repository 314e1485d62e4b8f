//! Everybody can read it: axe-core finds no violation in any view, theme and width, and nothing breaks the page's policy.

use serde_json::{Value, json};

use crate::book::bad_morning;
use crate::browser::Browser;
use crate::fleet::id_of;

const AXE: &str = include_str!("vendor/axe.min.js");
const CHECK: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then((found) => done(found.violations.map((v) => ({
            id: v.id, help: v.help, nodes: v.nodes.slice(0, 5).map((n) => [n.html.slice(0, 200), n.failureSummary]),
        }))))
        .catch((why) => done(String(why)));
";

/// Where everything is that can be shown.
pub fn views() -> Vec<(&'static str, String)> {
    vec![
        ("fleet", "#/".to_owned()),
        ("host", "#/hosts/kvm-2".to_owned()),
        ("instance", format!("#/instances/{}", id_of("db-6"))),
        ("incidents", "#/incidents".to_owned()),
        ("incident", "#/incidents/1".to_owned()),
        ("policies", "#/policies".to_owned()),
        ("supervision", "#/supervision".to_owned()),
    ]
}

#[tokio::test]
async fn no_view_has_a_violation_in_any_theme_and_width() {
    let fleet = bad_morning().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.run(WATCH, vec![]).await;
    browser.run(AXE, vec![]).await;
    let mut found = Vec::new();
    for theme in ["light", "dark"] {
        browser
            .run("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)])
            .await;
        for (width, height) in [(1360, 900), (500, 800)] {
            browser.size(width, height).await;
            for (name, hash) in views() {
                browser.go(&hash).await;
                check(&browser, &format!("{name}, {theme}, {width} wide"), &mut found).await;
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Dialogs and what a cell says are views, too.
    browser.go("#/policies").await;
    browser.click("[data-do=cell][data-desired=running][data-observed^=crashed]").await;
    browser
        .until("an answer", "document.getElementById('explained')?.innerText.includes('restart')")
        .await;
    check(&browser, "a cell explained", &mut found).await;
    browser.go(&format!("#/instances/{}", id_of("db-6"))).await;
    browser.click("[data-do=hold]").await;
    check(&browser, "a dialog", &mut found).await;
    browser.click("dialog [data-answer=no]").await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(browser.is("window.refused").await, json!([]), "the page's own policy is kept");
    browser.end().await;
}

async fn check(browser: &Browser, what: &str, violations: &mut Vec<String>) {
    let found = browser.client.execute_async(CHECK, vec![]).await.unwrap();
    if found != Value::Array(vec![]) {
        violations.push(format!("{what}: {found:#}"));
    }
}

#[tokio::test]
async fn it_fits_a_narrow_phone() {
    let fleet = bad_morning().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.narrow(320, 640).await;
    for (name, hash) in views() {
        browser.go(&hash).await;
        let wide = browser.is("document.documentElement.scrollWidth").await;
        assert_eq!(wide, json!(320), "{name} has to be scrolled sideways");
    }
    browser.end().await;
}

/// Notes what the content security policy refuses.
const WATCH: &str = "
    window.refused = [];
    document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.violatedDirective));
";
