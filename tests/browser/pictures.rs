//! The pictures of the documentation.

use std::path::Path;

use serde_json::json;

use crate::book::bad_morning;
use crate::browser::Browser;
use crate::reading::views;

/// Makes each picture; with `UPDATE_DOCS` they are kept.
#[tokio::test]
async fn pictures_can_be_made_of_every_view() {
    let fleet = bad_morning().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser.narrow(1360, 1000).await;
    for (theme, shown) in [("light", ALL), ("dark", &["fleet", "incident", "instance"])] {
        let script = "document.documentElement.dataset.theme = arguments[0]";
        browser.run(script, vec![json!(theme)]).await;
        keep(&browser, shown, theme).await;
    }
    browser.narrow(390, 844).await;
    keep(&browser, &["fleet", "instance"], "phone").await;
    browser.end().await;
}

const ALL: &[&str] =
    &["fleet", "host", "instance", "incidents", "incident", "policies", "supervision"];

async fn keep(browser: &Browser, shown: &[&str], look: &str) {
    for (name, hash) in views().iter().filter(|(name, _)| shown.contains(name)) {
        browser.go(hash).await;
        let picture = browser.picture().await;
        assert!(picture.starts_with(b"\x89PNG"), "{name} is a picture");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}-{look}.png")), picture).unwrap();
        }
    }
}
