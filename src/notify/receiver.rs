//! Who is told, and how he is reached.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use url::Url;

use crate::model::Severity;

/// Somebody who wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What it is called: in the database, in metrics and in messages. No two have the same name.
    pub name: Arc<str>,
    /// From which severity on it wants to know.
    pub severity: Severity,
    /// How long one try may take.
    pub timeout: Duration,
    /// How it is reached.
    pub way: Way,
}

/// How a receiver is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A CloudEvent by HTTP POST.
    Webhook {
        /// Where to.
        url: Endpoint,
        /// The file with the secret that bodies are signed with; none if they are not. It is read for each try, so a new
        /// secret needs no restart.
        secret_file: Option<PathBuf>,
    },
    /// Alerts by Alertmanager's API, version 2.
    Alertmanager {
        /// Where Alertmanager is, without `/api/v2`.
        url: Endpoint,
        /// How often it is told again of what is open: it keeps alerts in memory only, and has forgotten
        /// them after a restart.
        repeat: Duration,
    },
    /// Mail by SMTP.
    Mail(MailWay),
}

impl Way {
    /// How often it is to be told again of what is open; none where once is enough.
    #[must_use]
    pub const fn repeat(&self) -> Option<Duration> {
        match self {
            Self::Alertmanager { repeat, .. } => Some(*repeat),
            Self::Webhook { .. } | Self::Mail(_) => None,
        }
    }
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailWay {
    /// The server that takes it.
    pub server: SmtpServer,
    /// Whom it comes from.
    pub from: Mailbox,
    /// Whom it goes to: one at least.
    pub to: Vec<Mailbox>,
}

/// A server that takes mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub security: SmtpSecurity,
    /// Who logs in, and the file with his password; none if nobody does.
    pub login: Option<(String, PathBuf)>,
}

/// How a connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: the server is on this machine.
    Plain,
    /// By STARTTLS, where the server offers it.
    WhereOffered,
    /// By STARTTLS, or not sent.
    Required,
    /// By TLS from the first byte on.
    Tls,
}

/// A URL of which only scheme, host and port are ever shown: with many services the rest of it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Takes a URL over.
    ///
    /// # Errors
    /// What it must look like instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "must be a URL such as https://example.net/hook, with http or https";
        let url = Url::parse(text).map_err(|why| format!("{wanted} ({why})"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wanted.to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "must have no user or password in it: it would be shown in too many places"
                    .to_owned(),
            );
        }
        Ok(Self(url))
    }

    /// The whole of it, for whoever connects.
    #[must_use]
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same with a path added to its own.
    #[must_use]
    pub(super) fn with_path(&self, path: &str) -> String {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url.into()
    }

    /// Host and port as a part of a name: letters, digits, `.` and `-`.
    #[must_use]
    pub fn plain_host(&self) -> String {
        let port = self.0.port().map(|port| format!("-{port}")).unwrap_or_default();
        plain(self.0.host_str().unwrap_or_default()) + &port
    }
}

fn plain(host: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    host.trim_matches(['[', ']']).chars().map(keep).collect()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self}/…)")
    }
}

/// Where messages go, as far as that may be shown.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { url, .. } => write!(f, "webhook at {url}"),
            Self::Alertmanager { url, .. } => write!(f, "Alertmanager at {url}"),
            Self::Mail(MailWay { server, .. }) => {
                write!(f, "mail by {}:{}", server.host, server.port)
            }
        }
    }
}
