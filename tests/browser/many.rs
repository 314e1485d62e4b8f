//! Thousands of instances: listed, filtered as one types, walked through by keys.

use assured::model::Condition;
use serde_json::json;

use crate::browser::Browser;
use crate::fleet::Plan;

const HOSTS: usize = 20;
const EACH: usize = 250;
/// A slow machine with a debug build of everything: a person's bound is a tenth of it.
const A_MOMENT: f64 = 1000.0;

#[tokio::test]
async fn five_thousand_instances_are_listed_filtered_and_walked_through() {
    let names: Vec<_> = (1..=HOSTS).map(|number| format!("kvm-{number}")).collect();
    let mut plan = Plan::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for number in 0..HOSTS * EACH {
        let host = &names[number % HOSTS];
        plan.guest(host, &format!("vm-{number:04}"), Condition::RunningBooted, "running");
    }
    let fleet = plan.start().await;
    let browser = Browser::start().await;
    browser.open(&fleet.url()).await;
    browser
        .until("all of them", "document.getElementById('found')?.textContent === '5,000 instances'")
        .await;
    browser.until("the calm", "document.querySelector('.wrong').innerText.includes('All 5,000 instances are as desired')").await;
    let tiles = browser.is("document.querySelectorAll('.tile').length").await.as_u64().unwrap();
    assert!((1..400).contains(&tiles), "only what can be seen is in the page, not {tiles}");

    let took = browser.client.execute_async(SEARCH, vec![json!("vm-4321")]).await.unwrap();
    assert_eq!(took["found"], "1 of 5,000 instances");
    assert!(took["milliseconds"].as_f64().unwrap() < A_MOMENT, "{took}");
    assert_eq!(browser.is("location.hash").await, "#/?q=vm-4321");
    browser.type_into("#search", "\u{e00c}").await;
    browser
        .until("all again", "document.getElementById('found').textContent === '5,000 instances'")
        .await;

    let took = browser.client.execute_async(SCROLL, vec![]).await.unwrap();
    assert!(took["worst"].as_f64().unwrap() < A_MOMENT, "{took}");
    assert_eq!(took["last"], "vm-4999");

    let walked = "document.activeElement.dataset.name";
    browser.run("scrollTo(0, 0)", vec![]).await;
    let first = "document.querySelector('.tile').dataset.name === 'vm-0000'";
    browser.until("the first row", first).await;
    browser.run("document.querySelector('.tile[tabindex=\"0\"]').focus()", vec![]).await;
    assert_eq!(browser.is(walked).await, "vm-0000");
    // Right, right, left, End, Home.
    browser.type_into(".tile:focus", "\u{e014}\u{e014}\u{e012}").await;
    assert_eq!(browser.is(walked).await, "vm-0001");
    browser.type_into(".tile:focus", "\u{e010}").await;
    assert_eq!(browser.is(walked).await, "vm-4999");
    browser.type_into(".tile:focus", "\u{e011}").await;
    assert_eq!(browser.is(walked).await, "vm-0000");
    browser.end().await;
}

/// Types a word at once, and says how long it took until the page had taken it in.
const SEARCH: &str = "
    const [word, done] = arguments;
    const search = document.getElementById('search');
    search.focus();
    search.value = word;
    const begun = performance.now();
    search.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(() => requestAnimationFrame(() => done({
        milliseconds: performance.now() - begun,
        found: document.getElementById('found').textContent,
    })));
";

/// Scrolls through everything, and says how long the slowest frame took, and what came last.
const SCROLL: &str = "
    const [done] = arguments;
    let [worst, before, step] = [0, performance.now(), 0];
    const frame = () => {
        const now = performance.now();
        [worst, before] = [Math.max(worst, now - before), now];
        if (step++ === 60) return done({ worst, last: [...document.querySelectorAll('.tile')].pop().dataset.name });
        scrollTo(0, (document.documentElement.scrollHeight * step) / 60);
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
";
