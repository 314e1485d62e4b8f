//! What is told when a connection could not be opened: the host, what libvirt says of it, and what to
//! look at. Never a password, nor a line of the file that has it.

use virt::error::Error;
use virt_sys as sys;

use super::LibvirtSettings;
use crate::hypervisor::uri::{redact, redact_in, transport};
use crate::hypervisor::{Advice, CallError};

/// A connection could not be opened, for this reason of libvirt's.
pub(super) fn refused(settings: &LibvirtSettings, error: &Error) -> CallError {
    let (code, message) = (error.code().to_raw(), error.message());
    let advice = advice(settings, code, message);
    match (&advice, &settings.credentials) {
        (Advice::Form, Some(path)) => {
            let message = format!("libvirt cannot read what {} says", path.display());
            with(settings, &message, advice)
        }
        (Advice::Form, None) => with(settings, before_what_is_quoted(message), advice),
        (_, _) => with(settings, message, advice),
    }
}

/// The same, for a reason that is none of the host's.
pub(super) fn failed(settings: &LibvirtSettings, message: &str) -> CallError {
    with(settings, message, Advice::Reach)
}

fn with(settings: &LibvirtSettings, message: &str, advice: Advice) -> CallError {
    CallError::Connect {
        host: settings.host.clone(),
        uri: redact(&settings.uri),
        message: redact_in(message.trim_end(), &settings.uri),
        advice,
    }
}

/// By libvirt's number where it tells, and else by the way to the host: for TLS and SSH libvirt has
/// one number for all that can go wrong.
fn advice(settings: &LibvirtSettings, code: u32, message: &str) -> Advice {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match (code, transport(&settings.uri)) {
        (sys::VIR_ERR_CONF_SYNTAX, _) => Advice::Form,
        // libvirt 9.0 has no words for a file that it cannot read.
        (_, _) if settings.credentials.is_some() && says(&[NO_WORDS]) => Advice::Form,
        (_, Some("tls")) if says(&["ertificate", "TLS"]) => Advice::Certificates,
        (
            sys::VIR_ERR_AUTH_FAILED | sys::VIR_ERR_AUTH_CANCELLED | sys::VIR_ERR_AUTH_UNAVAILABLE,
            _,
        ) => Advice::Password(settings.credentials.clone()),
        (_, Some("ssh" | "libssh" | "libssh2")) => Advice::Ssh,
        (_, Some(_) | None) => Advice::Reach,
    }
}

/// What libvirt says when it has forgotten to say what went wrong.
const NO_WORDS: &str = "the cause is unknown";

/// libvirt's complaint about a file that it cannot read ends with the rest of the file, in quotation
/// marks: `FILE:LINE: what is wrong 'the file from here on'`.
fn before_what_is_quoted(message: &str) -> &str {
    message.split('\'').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::before_what_is_quoted;

    #[test]
    fn what_a_file_says_is_not_repeated() {
        let said = "/etc/assured/auth:3: expecting a name 'password: s3cret\nmore: s3cret'";
        assert_eq!(before_what_is_quoted(said), "/etc/assured/auth:3: expecting a name ");
    }
}
