//! Who may ask, and who may change.
//!
//! The service listens on a loopback address only. That keeps the network out, but not a web page
//! in a browser on this machine: so requests must come by the service's own name ([`names`]), and
//! changes need the operator token ([`token`]), which a page cannot read.
//!
//! Not in here: configured tokens and TLS, for listening elsewhere.

mod names;
mod token;

pub(super) use names::Names;
pub use token::{OperatorToken, TOKEN_FILE, TokenError};

use actix_web::http::header::{self, HeaderMap};

use super::problem::{Kind, Problem};

/// Refuses a change without the operator token.
pub(super) fn check_token(headers: &HeaderMap, token: &OperatorToken) -> Result<(), Problem> {
    let refused = |detail: &str| Err(Problem::new(Kind::Unauthorized, detail));
    let mut given = headers.get_all(header::AUTHORIZATION);
    let Some(value) = given.next() else {
        return refused(
            "a change needs `Authorization: Bearer TOKEN` with the operator token, which is in the \
             file operator.token of the service's data directory",
        );
    };
    let bearer = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match bearer {
        Some(bearer) if given.next().is_none() && token.is(bearer) => Ok(()),
        Some(_) => refused("this is not the operator token"),
        None => refused("the Authorization header must be `Bearer TOKEN`"),
    }
}
