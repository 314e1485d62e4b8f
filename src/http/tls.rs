//! HTTP over TLS: how handshakes are made, and which certificate they get.
//!
//! The certificate is the one of the configuration in force, looked up at each handshake: a renewed
//! one is served from the reload on, and no connection that stands is disturbed.
//!
//! Not in here: reading certificates (`config/tls.rs`). HTTP/2 is not offered: the limits of the
//! `gate` are for HTTP/1.1, and the library that would speak it takes heads of any size.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::snapshot::Board;

/// How connections are served: TLS 1.2 and 1.3, without certificates of clients.
///
/// # Errors
/// When the cryptography that the program is built with does not have both.
pub(super) fn server_config(board: &Board) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_no_client_auth().with_cert_resolver(Arc::new(InForce(board.clone()))))
}

/// The certificate in force.
#[derive(Debug)]
struct InForce(Board);

impl ResolvesServerCert for InForce {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.config().certificate.clone()
    }
}
