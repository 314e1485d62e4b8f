//! Who a request is from, by the token that it bears.

use actix_web::http::header::{self, HeaderMap};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::OperatorToken;
use crate::http::problem::{Kind, Problem};
use crate::model::{AccessToken, By, Role};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Caller {
    /// The name that the audit log has.
    pub(in crate::http) by: By,
    /// What he may do.
    pub(in crate::http) role: Role,
}

/// What is shown to everybody: whether the service lives, and the page, which has nothing of its own
/// to show.
#[must_use]
pub(in crate::http) fn is_open(path: &str) -> bool {
    matches!(path, "/" | "/healthz" | "/readyz") || path.starts_with("/assets/")
}

/// Who sends these headers. The operator token of this machine counts beside the configured ones.
///
/// # Errors
/// The problem of a request that bears no token, or one that nobody has.
pub(in crate::http) fn admit(
    headers: &HeaderMap,
    local: &OperatorToken,
    tokens: &[AccessToken],
) -> Result<Caller, Problem> {
    let refused = |detail: &str| Err(Problem::new(Kind::Unauthorized, detail));
    let mut given = headers.get_all(header::AUTHORIZATION);
    let Some(value) = given.next() else {
        return refused(if tokens.is_empty() {
            "a change needs `Authorization: Bearer TOKEN` with the operator token, which is in the \
             file operator.token of the service's data directory"
        } else {
            "this needs `Authorization: Bearer TOKEN` with an access token of the service; \
             `assured token NAME --role viewer` makes one"
        });
    };
    let bearer = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(bearer) = bearer else {
        return refused("the Authorization header must be `Bearer TOKEN`");
    };
    let alone = given.next().is_none();
    match whose(bearer, local, tokens).filter(|_| alone) {
        Some(caller) => Ok(caller),
        None if tokens.is_empty() => refused("this is not the operator token"),
        None => refused("this is no access token of this service, or not any more"),
    }
}

/// Takes the same time whichever it is, and whatever is different.
fn whose(bearer: &str, local: &OperatorToken, tokens: &[AccessToken]) -> Option<Caller> {
    let hash: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
    let mut found = local.is(bearer).then_some(Caller { by: By::ApiLocal, role: Role::Operator });
    for token in tokens {
        let same: Choice = token.sha256.ct_eq(&hash);
        if bool::from(same) {
            found = Some(Caller { by: By::ApiToken(token.name.clone()), role: token.role });
        }
    }
    found
}
