//! Whom the command line trusts where it speaks TLS, and what it says of those whom it does not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::CertificateError;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::failure::Failure;
use crate::telemetry::whole;

/// Whom to trust.
#[derive(Debug)]
pub(super) enum Trust {
    /// The certificate authorities that this machine trusts.
    Machine,
    /// Those in this file, and no other.
    File(PathBuf),
}

impl Trust {
    /// As TLS is told.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub(super) fn config(&self) -> Result<TlsConfig, Failure> {
        let roots = match self {
            Self::Machine => RootCerts::PlatformVerifier,
            Self::File(file) => RootCerts::Specific(Arc::new(authorities(file)?)),
        };
        Ok(TlsConfig::builder().root_certs(roots).build())
    }

    /// Why nothing can be asked of whoever was reached there; none where the error is another one.
    pub(super) fn objection(&self, url: &str, error: &ureq::Error) -> Option<String> {
        let other = |from: &str, to: &str| url.replacen(from, to, 1);
        if let ureq::Error::Protocol(_) = error
            && url.starts_with("http://")
        {
            let https = other("http://", "https://");
            return Some(format!("what it says is no HTTP; if it speaks TLS, ask it by {https}"));
        }
        let error = tls_error(error)?;
        if let rustls::Error::InvalidCertificate(why) = error {
            return Some(self.of_certificate(why));
        }
        if let rustls::Error::InvalidMessage(_) = error {
            let http = other("https://", "http://");
            return Some(format!(
                "it does not speak TLS; if it is to be asked without, ask it by {http}"
            ));
        }
        Some(format!("TLS with it fails: {error}"))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is another crate's, and open")]
    fn of_certificate(&self, why: &CertificateError) -> String {
        match why {
            // A signature that is not theirs: an authority of the same name has another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => self.unknown(),
            CertificateError::NotValidForNameContext { expected, presented } => {
                let presented: Vec<_> = presented.iter().map(|name| plain(name)).collect();
                let names =
                    if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") };
                let asked = expected.to_str();
                format!(
                    "its certificate is for {names}, and not for {asked}: use a name that it has \
                     in --url"
                )
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet: is the clock of this machine right?".to_owned()
            }
            why if why.to_string().contains("CaUsedAsEndEntity") => {
                "its certificate is a certificate authority's, not a server's: it must be made \
                 with basicConstraints CA:FALSE"
                    .to_owned()
            }
            why => format!("its certificate cannot be used: {why}"),
        }
    }

    fn unknown(&self) -> String {
        match self {
            Self::Machine => "its certificate is signed by nobody whom this machine trusts; name \
                              its certificate authority by --ca FILE"
                .to_owned(),
            Self::File(file) => {
                format!("its certificate is signed by nobody in --ca {}", file.display())
            }
        }
    }
}

/// `DnsName("a")` and `IpAddress(127.0.0.1)` without what stands around the name.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// What TLS says, wherever it stands.
fn tls_error(error: &ureq::Error) -> Option<&rustls::Error> {
    if let ureq::Error::Rustls(error) = error {
        return Some(error);
    }
    let ureq::Error::Io(error) = error else { return None };
    error.get_ref()?.downcast_ref()
}

fn authorities(file: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let failed = |why: &str| Failure::Usage(format!("--ca {}: {why}", file.display()));
    let text = std::fs::read(file)
        .map_err(|error| failed(&format!("it cannot be read: {}", whole(&error))))?;
    let all = CertificateDer::pem_slice_iter(&text)
        .map(|one| one.map(|der| Certificate::from_der(&der).to_owned()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| failed("it has a certificate that is damaged"))?;
    if all.is_empty() {
        return Err(failed("it has no certificate in it (PEM, -----BEGIN CERTIFICATE-----)"));
    }
    Ok(all)
}
