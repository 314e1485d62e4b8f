//! Where a database on a server is: libpq's URL as it stands, what is shown of it, and its password, which is not.
//!
//! Not in here: what libpq makes of it.

use std::fmt;
use std::path::PathBuf;

use super::ServerError;
use crate::store::StoreError;

/// What is put into the URL where it says nothing of it (<https://www.postgresql.org/docs/current/libpq-connect.html>): so
/// that a server whose machine has died is noticed within seconds, by who connects as by who waits for an answer.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "2"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "5000"),
    ("application_name", "assured"),
];

/// The parameters that are shown. Any other could be a secret.
const SHOWN: [&str; 7] =
    ["host", "hostaddr", "port", "dbname", "user", "service", "target_session_attrs"];

/// A database on a server. Its text form is the URL without its password and whatever else may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// With the password, if it stands there.
    url: String,
    shown: String,
    password_file: Option<PathBuf>,
}

/// What libpq is told.
pub(super) struct Conninfo {
    pub(super) text: String,
    /// What is in no message, as it is written and as it is meant.
    secrets: Vec<String>,
}

impl Server {
    /// Reads `postgres://…` or `postgresql://…`, as far as it takes to know where its password is.
    ///
    /// # Errors
    /// [`StoreError::Url`], which shows nothing of it.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let wrong =
            |why: &str| StoreError::Url { url: "postgres://…".to_owned(), why: why.to_owned() };
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong("it lacks its `//`"));
        };
        if text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(wrong("it contains a blank or a control character"));
        }
        let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, place) = place.split_once('@').unwrap_or(("", place));
        // Not a part of the path, most likely, but the rest of a password.
        if place.contains('@') || user.contains('/') || parameters.contains('@') {
            return Err(wrong(
                "a `/`, `?` or `@` in a user's name or password has to be written as %2F, %3F or %40",
            ));
        }
        if parameters.split('&').any(|one| !one.is_empty() && !one.contains('=')) {
            return Err(wrong("a parameter behind its `?` has no value"));
        }
        let user = user.split(':').next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        let mut shown = format!("{scheme}://{user}{at}{place}");
        let known = parameters.split('&').filter(|one| SHOWN.contains(&name_of(one)));
        for (number, parameter) in known.enumerate() {
            shown.push(if number == 0 { '?' } else { '&' });
            shown.push_str(parameter);
        }
        Ok(Self { url: text.to_owned(), shown, password_file: None })
    }

    /// The same, with its password in a file, which is read for each connection: all of it but the end of its line.
    #[must_use]
    pub fn with_password_file(self, path: Option<PathBuf>) -> Self {
        Self { password_file: path, ..self }
    }

    /// Whether its password stands in the URL.
    #[must_use]
    pub fn has_password(&self) -> bool {
        !self.secrets().is_empty()
    }

    /// What libpq is told.
    pub(super) fn conninfo(&self) -> Result<Conninfo, ServerError> {
        let mut text = self.url.clone();
        let mut secrets = self.secrets();
        let mut add = |name: &str, value: &str| {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(&format!("{name}={value}"));
        };
        let given: Vec<&str> = self.parameters().map(name_of).collect();
        for (name, value) in DEFAULTS.iter().filter(|(name, _)| !given.contains(name)) {
            add(name, value);
        }
        if let Some(path) = &self.password_file {
            let read = std::fs::read_to_string(path);
            let password =
                read.map_err(|source| ServerError::PasswordFile { path: path.clone(), source })?;
            let password = password.trim_end_matches(['\r', '\n']);
            let encoded = encode(password);
            add("password", &encoded);
            secrets.extend([password.to_owned(), encoded]);
        }
        Ok(Conninfo { text, secrets })
    }

    fn parameters(&self) -> impl Iterator<Item = &str> {
        self.url.split_once('?').map_or("", |(_, parameters)| parameters).split('&')
    }

    fn secrets(&self) -> Vec<String> {
        let place = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let place = place.split('?').next().unwrap_or_default();
        let user = place.split_once('@').map_or("", |(user, _)| user);
        let named = |one: &&str| name_of(one).ends_with("password");
        let written = user.split_once(':').map(|(_, password)| password);
        let others = self.parameters().filter(named).filter_map(|one| Some(one.split_once('=')?.1));
        written
            .into_iter()
            .chain(others)
            .filter(|secret| !secret.is_empty())
            .flat_map(|secret| [secret.to_owned(), decode(secret)])
            .collect()
    }
}

impl Conninfo {
    /// A message without the secrets.
    pub(super) fn hide(&self, message: &str) -> String {
        // A message about the URL shows all of it.
        let mut message = message.replace(&self.text, "the URL");
        for secret in &self.secrets {
            message = message.replace(secret.as_str(), "***");
        }
        message
    }
}

fn name_of(parameter: &str) -> &str {
    parameter.split('=').next().unwrap_or_default()
}

/// Percent-encodes all that is not a plain letter or digit.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}
