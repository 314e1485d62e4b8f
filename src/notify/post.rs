//! A letter by HTTP.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::courier::SendError;
use super::sign;

/// How much of an answer that is no success is shown.
const SHOWN: usize = 200;
/// How much of it is read.
const READ: u64 = 4096;

/// What is sent.
pub(super) struct Post<'a> {
    pub(super) url: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: &'a str,
    /// What it is signed with.
    pub(super) secret: Option<String>,
    /// For all of it: the name, the connection, the answer.
    pub(super) timeout: Duration,
}

/// Sends it. Only an answer of 2xx says that it was taken; redirections are not followed. Blocks.
pub(super) fn post(post: &Post<'_>) -> Result<(), SendError> {
    // A connection of its own for each letter: they are few, and what an old one is worth is not known.
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(post.timeout))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .user_agent(concat!("assured/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut request = agent.post(post.url).header("Content-Type", post.content_type);
    if let Some(secret) = &post.secret {
        let signature = sign::signature(secret.as_bytes(), post.body.as_bytes());
        request = request.header(sign::HEADER, signature);
    }
    let mut answer = request.send(post.body).map_err(|error| failed(&error, post.timeout))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    // Without a body the status has to be enough.
    let said = answer.body_mut().with_config().limit(READ).read_to_string().unwrap_or_default();
    let said: String =
        said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    Err(SendError::Refused { status: status.as_u16(), said })
}

/// Without the URL, the rest of which may be a secret.
fn failed(error: &ureq::Error, timeout: Duration) -> SendError {
    use ureq::Error;
    if matches!(error, Error::Timeout(_)) {
        return SendError::Late(timeout);
    }
    if matches!(error, Error::BadUri(_) | Error::Http(_)) {
        return SendError::Letter("its URL cannot be used".to_owned());
    }
    // ureq's own words say what it is, and then what its cause says.
    SendError::NoAnswer(error.to_string())
}
