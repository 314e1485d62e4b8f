//! Errors as they leave the service: RFC 9457 problem documents.
//!
//! Every answer that is an error is one of these, those of actix's own making included (`gate`).
//! The `type` is a URN that programs can compare; there is no page behind it to be kept.
//!
//! Not in here: which refusal of the arbiter is which problem (`refusal`).

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use super::body::{ErrorBody, ProblemBody};

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// How long a client should wait before it tries again what could not be done just now.
pub(super) const RETRY_AFTER_SECONDS: u16 = 5;

/// Defines [`Kind`] as a closed list: each kind's status, its URN and its title.
macro_rules! kinds {
    ( $( $(#[$doc:meta])* $kind:ident = $status:ident, $urn:literal, $title:literal; )+ ) => {
        /// What kinds of problems there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $( $(#[$doc])* $kind, )+ }

        impl Kind {
            /// Every kind, in the order of its definition.
            pub(super) const ALL: &'static [Self] = &[ $( Self::$kind, )+ ];

            /// The HTTP status that it is answered with.
            pub(super) const fn status(self) -> StatusCode {
                match self { $( Self::$kind => StatusCode::$status, )+ }
            }

            /// For people, and the same for every occurrence.
            pub(super) const fn title(self) -> &'static str {
                match self { $( Self::$kind => $title, )+ }
            }

            /// For programs.
            pub(super) const fn urn(self) -> &'static str {
                match self { $( Self::$kind => concat!("urn:assured:problem:", $urn), )+ }
            }
        }
    };
}

kinds! {
    /// The request cannot be understood.
    BadRequest = BAD_REQUEST, "bad-request", "The request cannot be understood";
    /// A token is needed, and there is none, or a wrong one.
    Unauthorized = UNAUTHORIZED, "unauthorized", "A token is needed";
    /// The request came by a name that is not the service's.
    Forbidden = FORBIDDEN, "forbidden", "Not by this name";
    /// The token is good, and not for this.
    NotAllowed = FORBIDDEN, "not-allowed", "Not with this token";
    /// There is nothing of this name.
    NotFound = NOT_FOUND, "not-found", "There is no such thing";
    /// What there is cannot be asked this way.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "Not by this method";
    /// The answer cannot be encoded as it is asked for.
    NotAcceptable = NOT_ACCEPTABLE, "not-acceptable", "Not in such an encoding";
    /// What is to be made is there already.
    Conflict = CONFLICT, "conflict", "It is there already";
    /// The record has another generation.
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "It has changed meanwhile";
    /// The body is too large.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The body is too large";
    /// The address and the headers are too large.
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large",
        "The address and the headers are too large";
    /// The request is understood, and impossible.
    Impossible = UNPROCESSABLE_ENTITY, "impossible", "That is impossible";
    /// A mistake of the service's.
    Internal = INTERNAL_SERVER_ERROR, "internal", "The service made a mistake";
    /// It cannot be done just now.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Not possible just now";
    /// It took too long.
    Timeout = GATEWAY_TIMEOUT, "timeout", "It took too long";
}

impl Kind {
    /// The kind that an error status of actix's own stands for.
    #[must_use]
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            413 => Self::TooLarge,
            431 => Self::HeadTooLarge,
            503 => Self::Unavailable,
            504 => Self::Timeout,
            500.. => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}

/// An error as it leaves the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
    field: Option<String>,
    /// The methods that are allowed, where that is the problem.
    allowed: Option<String>,
    errors: Vec<ErrorBody>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), field: None, allowed: None, errors: Vec::new() }
    }

    /// A field of the body, or a parameter of the query, that is wrong.
    #[must_use]
    pub(super) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Kind::BadRequest, detail) }
    }

    /// A field of the body that is understood, and impossible.
    #[must_use]
    pub(super) fn impossible(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Kind::Impossible, detail) }
    }

    /// Several things are wrong at once.
    #[must_use]
    pub(super) fn several(detail: impl Into<String>, errors: Vec<ErrorBody>) -> Self {
        Self { errors, ..Self::new(Kind::Impossible, detail) }
    }

    /// A method that is none of those that are allowed.
    #[must_use]
    pub(super) fn method(method: &str, allowed: &str) -> Self {
        let detail = format!("{method} means nothing here; allowed are: {allowed}");
        let allowed = Some(allowed.to_owned());
        Self { allowed, ..Self::new(Kind::MethodNotAllowed, detail) }
    }

    /// The header that belongs to it.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self.kind {
            Kind::Unauthorized => {
                let scheme = HeaderValue::from_static("Bearer realm=\"assured\"");
                Some((header::WWW_AUTHENTICATE, scheme))
            }
            Kind::Unavailable => Some((header::RETRY_AFTER, RETRY_AFTER_SECONDS.into())),
            Kind::MethodNotAllowed => {
                let allowed = HeaderValue::from_str(self.allowed.as_deref()?).ok()?;
                Some((header::ALLOW, allowed))
            }
            Kind::BadRequest
            | Kind::Forbidden
            | Kind::NotAllowed
            | Kind::NotFound
            | Kind::NotAcceptable
            | Kind::Conflict
            | Kind::PreconditionFailed
            | Kind::TooLarge
            | Kind::HeadTooLarge
            | Kind::Impossible
            | Kind::Internal
            | Kind::Timeout => None,
        }
    }

    /// What it is in JSON.
    #[must_use]
    pub(super) fn body(&self) -> ProblemBody {
        ProblemBody {
            kind: self.kind.urn().to_owned(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            errors: self.errors.clone(),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.kind.status());
        if let Some(header) = self.header() {
            response.insert_header(header);
        }
        response.content_type(PROBLEM_JSON).body(json_text(&self.body()))
    }
}

/// A value as JSON. Bodies have text keys and finite numbers only, so it cannot fail.
#[must_use]
pub fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
