//! `[http] tls`: the certificate that HTTP is served with, and its key.
//!
//! Both files are read for those only who are about to serve with them, as all files that the
//! configuration names are: then they have to fit, so that a start or a reload fails with a
//! sentence, and no handshake does.
//!
//! Not in here: which certificate a handshake gets, and when one takes another's place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::entry::Entry;
use super::reader::{NamedFiles, Section};

/// What HTTP is served with by TLS.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The file with the certificate and those between it and its authority, in PEM: an absolute
    /// path.
    pub cert: PathBuf,
    /// The file with the certificate's private key, in PEM, its owner's alone: an absolute path.
    pub key: PathBuf,
    /// What is in both; none where the configuration was read by somebody who does not use them.
    pub certified: Option<Arc<CertifiedKey>>,
}

/// Two are the same if their files are, and the certificates in them: a certificate has one key
/// only.
impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        let chain = |tls: &Self| tls.certified.as_ref().map(|certified| certified.cert.clone());
        (&self.cert, &self.key, chain(self)) == (&other.cert, &other.key, chain(other))
    }
}

impl Eq for Tls {}

impl Tls {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let used = section.report.named_files() == NamedFiles::Used;
        let (cert, key) = (section.need("cert"), section.need("key"));
        let cert_path = cert.as_ref().and_then(|e| e.absolute_path("/etc/assured/tls.crt"));
        let key_path = key.as_ref().and_then(|e| e.absolute_path("/etc/assured/tls.key"));
        section.finish();
        let ((cert, cert_path), (key, key_path)) = (cert.zip(cert_path)?, key.zip(key_path)?);
        // Read even if the other one is wrong: each mistake is told at once.
        let chain = used.then(|| told(&cert, chain(&cert_path)));
        let private = used.then(|| {
            let path = key.secret_file(key_path.clone())?;
            told(&key, private_key(&path))
        });
        let certified = match (chain, private) {
            (Some(chain), Some(private)) => {
                Some(fitting((&cert, chain?), (&key, private?), &key_path)?)
            }
            (Some(_) | None, _) => None,
        };
        Some(Self { cert: cert_path, key: key_path, certified: certified.map(Arc::new) })
    }
}

/// What was read, or nothing once its mistake is reported.
fn told<T>(entry: &Entry<'_>, read: Result<T, String>) -> Option<T> {
    read.map_or_else(|message| entry.reject(&message), Some)
}

/// The certificates of a file, in their order: one at least.
fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let text = fs::read(path).map_err(|why| format!("{shown} cannot be read: {why}"))?;
    let chain =
        CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>().map_err(|why| {
            format!("{shown} has a certificate that cannot be read: {}", no_pem(&why))
        })?;
    if chain.is_empty() {
        return Err(format!(
            "{shown} has no certificate in it: it must be PEM (-----BEGIN CERTIFICATE-----), the \
             service's own first"
        ));
    }
    Ok(chain)
}

/// The first private key of a file. Nothing of what is in the file is repeated.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    let text = fs::read(path).map_err(|why| format!("{shown} cannot be read: {why}"))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|why| {
        if matches!(why, pem::Error::NoItemsFound) {
            format!(
                "{shown} has no private key in it that can be used: it must be PEM, in PKCS#8, \
                 PKCS#1 or SEC1, and without a passphrase"
            )
        } else {
            format!("{shown} has a private key that cannot be read: {}", no_pem(&why))
        }
    })
}

/// What is wrong, without what stands there: the words of the library would repeat it, and it may
/// be a key.
fn no_pem(why: &pem::Error) -> &'static str {
    let cut = matches!(why, pem::Error::MissingSectionEnd { .. });
    if cut { "its end is missing" } else { "it is damaged" }
}

/// Both together, if they belong together.
fn fitting(
    (cert, chain): (&Entry<'_>, Vec<CertificateDer<'static>>),
    (key, private): (&Entry<'_>, PrivateKeyDer<'static>),
    key_path: &Path,
) -> Option<CertifiedKey> {
    let shown = key_path.display();
    match CertifiedKey::from_der(chain, private, &ring::default_provider()) {
        Ok(certified) => Some(certified),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            let message = "is not the key of the certificate in `cert`: both must be of one issue";
            key.reject(&format!("{shown} {message}"))
        }
        Err(Error::InvalidCertificate(why)) => {
            cert.reject(&format!("the first certificate in it cannot be used: {}", plain(&why)))
        }
        Err(why) => key.reject(&format!(
            "{shown} has a private key of a kind that cannot be used ({why}): take RSA of 2048 \
             bits or more, ECDSA P-256 or P-384, or Ed25519"
        )),
    }
}

fn plain(why: &CertificateError) -> String {
    let damaged = matches!(why, CertificateError::BadEncoding);
    if damaged { "it is damaged".to_owned() } else { why.to_string() }
}
