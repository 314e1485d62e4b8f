//! The HTTP side of the rig: requests as a program on the same machine sends them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Any answer comes within this, on a busy machine too.
const DEADLINE: Duration = Duration::from_secs(40);

/// A way to a service, whichever process runs it.
pub struct Agent {
    agent: ureq::Agent,
    url: String,
    token: PathBuf,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The `ETag`, if it has one.
    pub etag: Option<String>,
    /// Its media type.
    pub kind: String,
    /// The body; a text where it is no JSON.
    pub body: Value,
}

impl Agent {
    pub fn new(url: String, token: PathBuf) -> Self {
        Self::who_trusts(Vec::new(), url, token)
    }

    /// One who trusts these certificate authorities, and no other.
    pub fn who_trusts(all: Vec<Certificate<'static>>, url: String, token: PathBuf) -> Self {
        let roots = RootCerts::Specific(Arc::new(all));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(DEADLINE))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Self { agent: config.new_agent(), url, token }
    }

    /// The header that makes one the operator.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", fs::read_to_string(&self.token).unwrap().trim())
    }

    /// Reads something; none where nobody answers.
    pub fn try_get(&self, path: &str) -> Option<Answer> {
        self.ask("GET", path, None, &[]).ok()
    }

    pub fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.body(body.to_string())?)?
            }
            None => self.agent.run(request.body(())?)?,
        };
        let status = response.status().as_u16();
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (etag, kind) = (header("etag"), header("content-type").unwrap_or_default());
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, etag, kind, body })
    }
}
