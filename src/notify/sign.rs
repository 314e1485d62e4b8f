//! The signature of a body.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The header that has it.
pub(super) const HEADER: &str = "X-Assured-Signature";

/// HMAC-SHA256 of a body with a secret: `sha256=` and 64 hexadecimal digits.
pub(super) fn signature(secret: &[u8], body: &[u8]) -> String {
    let mut text = "sha256=".to_owned();
    // A key of any length is good, so there is no error.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) {
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}
