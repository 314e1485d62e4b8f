//! `[http]`: the HTTP server.

use std::net::SocketAddr;

use super::reader::Section;

/// The HTTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http {
    /// Where it listens: a loopback address, as there are no access tokens. Port 0 lets the system
    /// choose. Default `127.0.0.1:8420`.
    pub listen: SocketAddr,
}

impl Http {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let listen = section.need("listen").and_then(|entry| {
            entry.parsed("an IP address with a port, such as 127.0.0.1:8420 or [::1]:8420")
        });
        let listen = listen.filter(|listen: &SocketAddr| {
            let is_loopback = listen.ip().to_canonical().is_loopback();
            if !is_loopback {
                let message = format!(
                    "{listen} can be reached from elsewhere, and this version has no access \
                     tokens: only a loopback address such as 127.0.0.1:8420 can be listened on"
                );
                section.reject("listen", &message);
            }
            is_loopback
        });
        section.finish();
        Some(Self { listen: listen? })
    }
}
