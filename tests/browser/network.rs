//! Chromium's own commands, for what WebDriver has not: to cut a page off, and to be a phone.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};
use url::{ParseError, Url};

#[derive(Debug)]
pub struct Network {
    pub there: bool,
}

impl WebDriverCompatibleCommand for Network {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/chromium/network_conditions"))
    }

    fn method_and_body(&self, _: &Url) -> (ureq::http::Method, Option<String>) {
        let body = json!({ "network_conditions": {
            "offline": !self.there, "latency": 0, "download_throughput": -1, "upload_throughput": -1,
        }});
        (ureq::http::Method::POST, Some(body.to_string()))
    }
}

/// A command of the developers' tools.
#[derive(Debug)]
pub struct Tools {
    pub command: &'static str,
    pub parameters: Value,
}

impl WebDriverCompatibleCommand for Tools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (ureq::http::Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (ureq::http::Method::POST, Some(body.to_string()))
    }
}
