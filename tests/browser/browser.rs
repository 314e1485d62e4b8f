//! A Chromium without a window, with a driver and a profile of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::SOON;
use crate::network::{Network, Tools};

/// What WebDriver says of a click that something else would get.
const COVERED: &str = "element click intercepted";

/// How a page is asked again whether it is so by now.
const AGAIN: Duration = Duration::from_millis(25);

/// One browser at a time: what it takes is measured, and a machine with two cores has two tests at once.
static TURN: Mutex<()> = Mutex::const_new(());

/// A browser. Dropping it ends it and everything that it has started.
pub struct Browser {
    pub client: Client,
    driver: Child,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one.
    pub async fn start() -> Self {
        let turn = TURN.lock().await;
        let profile = tempfile::tempdir().unwrap();
        let (driver, port) = driver(profile.path());
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--no-first-run".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--force-prefers-reduced-motion".to_owned(),
            "--lang=en-GB".to_owned(),
            format!("--user-data-dir={}", profile.path().join("profile").display()),
        ];
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(wanted) = wanted else { unreachable!("it is an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the driver starts a Chromium");
        let browser = Self { client, driver, _profile: profile, _turn: turn };
        browser.size(1360, 900).await;
        browser
    }

    /// Opens the page, whatever it shows.
    pub async fn load(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Opens the page, and waits until it shows a fleet.
    pub async fn open(&self, url: &str) {
        self.load(url).await;
        self.until("the fleet to be shown", "!!document.querySelector('#foot span')").await;
    }

    /// Goes to a view by its address, as a link does.
    pub async fn go(&self, hash: &str) {
        self.run("location.hash = arguments[0]", vec![json!(hash)]).await;
        let there =
            "!!document.querySelector('main h1') && !document.querySelector('main [aria-busy]')";
        self.until("the view to be shown", there).await;
    }

    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|why| panic!("{script}: {why}"))
    }

    /// What an expression is in the page.
    pub async fn is(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), vec![]).await
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&self, what: &str, expression: &str) {
        let end = Instant::now() + SOON;
        while self.is(expression).await != json!(true) {
            if Instant::now() >= end {
                let text = self.is("document.body.innerText").await;
                panic!("not seen: {what}\n{}", text.as_str().unwrap_or_default());
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Clicks, once it is there and nothing is in front of it: what is being filled moves, and
    /// what has been scrolled to lie below the page's bar is in sight for WebDriver. Who wants
    /// to click there scrolls, and so does this.
    pub async fn click(&self, css: &str) {
        let end = Instant::now() + SOON;
        loop {
            let found = self.client.wait().at_most(SOON).for_element(Locator::Css(css)).await;
            let found = found.unwrap_or_else(|why| panic!("{css}: {why}"));
            let Err(why) = found.click().await else { return };
            let is_covered = matches!(&why, CmdError::Standard(said) if said.error() == COVERED);
            let moves = is_covered || why.is_stale_element_reference();
            assert!(moves && Instant::now() < end, "{css}: {why}");
            let centred = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center', behavior: 'instant' })";
            self.run(centred, vec![json!(css)]).await;
            tokio::time::sleep(AGAIN).await;
        }
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        let found = self.client.wait().at_most(SOON).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|why| panic!("{css}: {why}")).send_keys(text).await.unwrap();
    }

    pub async fn size(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// A screen that is narrower than any window.
    pub async fn narrow(&self, width: u32, height: u32) {
        let parameters =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let command = "Emulation.setDeviceMetricsOverride";
        self.client.issue_cmd(Tools { command, parameters }).await.unwrap();
    }

    /// Cuts the page off, or connects it again: what is open is closed, and what is asked for fails.
    pub async fn network(&self, there: bool) {
        self.client.issue_cmd(Network { there }).await.unwrap();
    }

    /// A picture of what is in the window.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Ends it in good order.
    pub async fn end(self) {
        self.client.clone().close().await.unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // With the first process of a namespace all others in it end.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts a driver in a process namespace of its own: whatever ends it ends its browser as well. It dies with the test.
fn driver(folder: &Path) -> (Child, u16) {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--", "unshare", "--user", "--map-root-user", "--pid"])
        .args(["--fork", "--kill-child", "--mount-proc", "chromedriver", "--port=0"])
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("setpriv and unshare are there");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find_map(|line| {
        line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
    });
    let Some(port) = said else {
        let _ = child.kill();
        panic!("chromedriver did not start: {:?}; is chromium-driver installed?", child.wait());
    };
    (child, port)
}
