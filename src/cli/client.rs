//! The way to a running service: its HTTP interface.

use std::io::BufReader;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::request::Builder;
use ureq::http::{Method, Request, Response, StatusCode, header};
use ureq::{Agent, Body, BodyReader};
use url::Url;
use url::form_urlencoded::Serializer;

use super::failure::Failure;
use super::trust::Trust;
use crate::http::MAX_LIMIT;
use crate::http::body::{Page, ProblemBody};
use crate::telemetry::whole;

/// The service answers within 30 s, whatever it is asked.
const DEADLINE: Duration = Duration::from_secs(40);
/// A stream has a comment every 15 s: one that is silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer: a page of 1000 instances is well below.
const LARGEST: u64 = 64 << 20;

/// The operator token.
#[derive(Debug)]
pub(super) enum Token {
    /// It was named for this service.
    Named(String),
    /// It was found on this machine, so it is for a service on this machine only.
    Found(String),
    /// There is none, and why.
    None(String),
}

/// A running service.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    url: String,
    token: Token,
    trust: Trust,
}

/// A body that goes on, line by line.
pub(super) type Following = BufReader<BodyReader<'static>>;

/// What is asked.
pub(super) struct Ask<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(&'a str, String)],
    if_match: Option<String>,
}

impl<'a> Ask<'a> {
    pub(super) const fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, query: &[], if_match: None }
    }

    /// With a query.
    pub(super) fn query(self, query: &'a [(&'a str, String)]) -> Self {
        Self { query, ..self }
    }

    /// Only if the instance has this generation.
    pub(super) fn if_match(self, generation: Option<i64>) -> Self {
        Self { if_match: generation.map(|generation| format!("\"{generation}\"")), ..self }
    }
}

impl Client {
    /// The way to a service. Nothing is asked yet.
    ///
    /// # Errors
    /// When the URL cannot be used, or a token would go to another machine in clear text.
    pub(super) fn new(url: &str, token: Token, trust: Trust) -> Result<Self, Failure> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some((parsed, host)) = parsed.as_ref().and_then(|url| Some((url, url.host()?))) else {
            let text = format!(
                "--url {url} cannot be used: it must look like http://127.0.0.1:8420 or \
                 https://assured.example.net:8420"
            );
            return Err(Failure::Usage(text));
        };
        let is_here = is_here(&host);
        let token = match token {
            Token::Named(_) if !is_here && parsed.scheme() == "http" => {
                return Err(Failure::Usage(format!(
                    "the token is not sent to {host} by http://, where everybody on the way can \
                     read it: ask by https://, or from that machine itself"
                )));
            }
            Token::Found(_) if !is_here => {
                Token::None("the token of this machine is not sent to another".to_owned())
            }
            token @ (Token::Named(_) | Token::Found(_) | Token::None(_)) => token,
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(DEADLINE))
            .tls_config(trust.config()?)
            .user_agent(concat!("assured/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, url: url.trim_end_matches('/').to_owned(), token, trust })
    }

    /// Reads something.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.get_with(path, &[])
    }

    /// Reads something, with a query.
    pub(super) fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        self.parsed(&self.send(Ask::new(Method::GET, path).query(query), None)?)
    }

    /// Reads a list to its end, or to so many items.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filters: &[(&str, String)],
        at_most: usize,
    ) -> Result<Page<T>, Failure> {
        let mut items = Vec::new();
        let mut next = None;
        loop {
            let limit = (at_most - items.len()).min(MAX_LIMIT);
            let mut query = filters.to_vec();
            query.push(("limit", limit.to_string()));
            query.extend(next.map(|cursor| ("cursor", cursor)));
            let page: Page<T> = self.get_with(path, &query)?;
            items.extend(page.items);
            next = page.next;
            if next.is_none() || items.len() >= at_most {
                return Ok(Page { items, next });
            }
        }
    }

    /// Changes something, with nothing to say besides.
    pub(super) fn order<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Failure> {
        self.parsed(&self.send(ask, None)?)
    }

    /// Changes something.
    pub(super) fn order_with<B: Serialize, T: DeserializeOwned>(
        &self,
        ask: Ask<'_>,
        body: &B,
    ) -> Result<T, Failure> {
        self.parsed(&self.send(ask, Some(super::common::json(body)?))?)
    }

    /// Changes something, and nothing is answered.
    pub(super) fn order_silently(&self, ask: Ask<'_>) -> Result<(), Failure> {
        self.send(ask, None).map(drop)
    }

    /// Begins to read what goes on, from after this number.
    pub(super) fn follow(
        &self,
        path: &str,
        query: &[(&str, String)],
        after: Option<i64>,
    ) -> Result<Following, Failure> {
        let mut request = self.request(Ask::new(Method::GET, path).query(query));
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let sent = request.body(()).map_err(ureq::Error::from).and_then(|request| {
            let request = self.agent.configure_request(request).timeout_global(None);
            self.agent.run(request.timeout_per_read(Some(SILENCE)).build())
        });
        let mut response = sent.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(BufReader::new(response.into_body().into_reader()));
        }
        let text = self.text(&mut response)?;
        Err(self.refused(status, &text))
    }

    fn request(&self, ask: Ask<'_>) -> Builder {
        let mut url = format!("{}{}", self.url, ask.path);
        if !ask.query.is_empty() {
            let query = Serializer::new(String::new()).extend_pairs(ask.query).finish();
            url = format!("{url}?{query}");
        }
        let mut request = Request::builder().method(ask.method).uri(url);
        if let Token::Named(token) | Token::Found(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(tag) = ask.if_match {
            request = request.header(header::IF_MATCH, tag);
        }
        request
    }

    fn text(&self, response: &mut Response<Body>) -> Result<String, Failure> {
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string();
        text.map_err(|error| self.unreachable(&error))
    }

    /// The answer's text; a problem is a failure.
    fn send(&self, ask: Ask<'_>, body: Option<String>) -> Result<String, Failure> {
        let request = self.request(ask);
        let sent = match body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
                request.map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
            None => request
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
        };
        let mut response = sent.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = self.text(&mut response)?;
        if status.is_success() { Ok(text) } else { Err(self.refused(status, &text)) }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let url = self.url.clone();
        if let Some(why) = self.trust.objection(&url, error) {
            return Failure::Untrusted { url, why };
        }
        // What the system says comes without ureq's "io: " before it.
        let why = if let ureq::Error::Io(error) = error { whole(error) } else { whole(error) };
        Failure::Unreachable { url, why }
    }

    fn refused(&self, status: StatusCode, text: &str) -> Failure {
        let Ok(problem) = serde_json::from_str::<ProblemBody>(text) else {
            let text = format!("{} answered {status}: is that an assured service?", self.url);
            return Failure::Failed(text);
        };
        let hint = match &self.token {
            Token::None(why) if status == StatusCode::UNAUTHORIZED => format!(
                "\nThere is no token to send ({why}): run this as the service's user, or name a \
                 token with --token-file."
            ),
            Token::None(_) | Token::Named(_) | Token::Found(_) => String::new(),
        };
        Failure::Refused { status: status.as_u16(), text: format!("{}{hint}", problem.detail) }
    }

    fn parsed<T: DeserializeOwned>(&self, text: &str) -> Result<T, Failure> {
        serde_json::from_str(text).map_err(|error| {
            Failure::Failed(format!(
                "the answer of {} cannot be understood ({error}): is that an assured service of \
                 version {}?",
                self.url,
                env!("CARGO_PKG_VERSION")
            ))
        })
    }
}

/// Whether what is sent there stays on this machine.
fn is_here(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost",
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    }
}
