//! `[http]`: the HTTP server, and who may use it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::entry::Entry;
use super::reader::Section;
use super::tls::Tls;
use crate::model::{AccessToken, Role};

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where it listens: a loopback address where there are no tokens. Port 0 lets the system
    /// choose. Default `127.0.0.1:8420`.
    pub listen: SocketAddr,
    /// Who may use it. Without any, everybody on this machine may read, and whoever can read the
    /// operator token may change things. No two have the same name, or are the same token.
    pub tokens: Arc<[AccessToken]>,
    /// By which certificate it is served with TLS; without, it is plain HTTP. Default none.
    pub tls: Option<Tls>,
}

impl Http {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let listen = section.need("listen").and_then(|entry| {
            entry.parsed("an IP address with a port, such as 127.0.0.1:8420 or [::1]:8420")
        });
        let list = section.take("tokens");
        // Those that are wrong are tokens all the same: each mistake is reported once.
        let has_tokens = list.is_some();
        let sections = list.and_then(Entry::sections).unwrap_or_default();
        let has_tokens = has_tokens && !sections.is_empty();
        let mut names = BTreeSet::new();
        let mut tokens: Vec<AccessToken> = Vec::new();
        for entry in sections {
            tokens.extend(token(entry, &mut names, &tokens));
        }
        let tls = section.take("tls").and_then(Entry::section).map(Tls::read);
        let listen = listen.filter(|listen: &SocketAddr| {
            let fits = has_tokens || listen.ip().to_canonical().is_loopback();
            if !fits {
                let message = format!(
                    "{listen} can be reached from elsewhere, and there are no access tokens: make \
                     one with `assured token NAME --role operator` and name it in \
                     [[http.tokens]], or listen on a loopback address such as 127.0.0.1:8420"
                );
                section.reject("listen", &message);
            }
            fits
        });
        section.finish();
        let tls = match tls {
            Some(tls) => Some(tls?),
            None => None,
        };
        Some(Self { listen: listen?, tokens: tokens.into(), tls })
    }
}

fn token(
    mut section: Section<'_>,
    names: &mut BTreeSet<String>,
    others: &[AccessToken],
) -> Option<AccessToken> {
    let name = section.need("name").and_then(Entry::text);
    if let Some(name) = &name {
        if let Err(why) = AccessToken::check_name(name) {
            section.reject("name", &why);
        } else if !names.insert(name.clone()) {
            section.reject("name", &format!("{name:?} is another token's name already"));
        }
    }
    let role = section.need("role").and_then(|entry| entry.choice(Role::ALL, Role::as_str));
    let sha256 = section.need("sha256").and_then(sha256);
    if sha256.is_some_and(|hash| others.iter().any(|other| other.sha256 == hash)) {
        section.reject("sha256", "is another token's already: each bearer has one of his own");
    }
    section.finish();
    Some(AccessToken { name: name?, role: role?, sha256: sha256? })
}

/// 64 hexadecimal digits. What stands there instead is not repeated: it may be the token itself.
fn sha256(entry: Entry<'_>) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    entry.like("^[0-9A-Fa-f]{64}$");
    let text = entry.str()?.as_bytes();
    let is_hash = text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit);
    for (byte, pair) in hash.iter_mut().zip(text.chunks(2)) {
        let digits = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    if is_hash {
        Some(hash)
    } else {
        entry.reject(
            "must be the SHA-256 of a token in 64 hexadecimal digits, as `assured token` prints it",
        )
    }
}
