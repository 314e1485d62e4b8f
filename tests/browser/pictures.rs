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
    for theme in ["light", "dark"] {
        browser
            .run("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)])
            .await;
        for (name, hash) in views() {
            browser.go(&hash).await;
            keep(&format!("{name}-{theme}.png"), &browser.picture().await);
        }
    }
    browser.narrow(390, 844).await;
    for (name, hash) in views() {
        browser.go(&hash).await;
        keep(&format!("{name}-phone.png"), &browser.picture().await);
    }
    browser.end().await;
}

fn keep(name: &str, picture: &[u8]) {
    assert!(picture.starts_with(b"\x89PNG"), "{name} is a picture");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), picture).unwrap();
    }
}
