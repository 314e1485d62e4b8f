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
const RETRY_AFTER_SECONDS: u16 = 5;

/// What kinds of problems there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The request cannot be understood.
    BadRequest,
    /// A token is needed, and there is none, or a wrong one.
    Unauthorized,
    /// The request came by a name that is not the service's.
    Forbidden,
    /// The token is good, and not for this.
    NotAllowed,
    /// There is nothing of this name.
    NotFound,
    /// What there is cannot be asked this way.
    MethodNotAllowed,
    /// What is to be made is there already.
    Conflict,
    /// The record has another generation.
    PreconditionFailed,
    /// The body is too large.
    TooLarge,
    /// The address and the headers are too large.
    HeadTooLarge,
    /// The request is understood, and impossible.
    Impossible,
    /// A mistake of the service's.
    Internal,
    /// It cannot be done just now.
    Unavailable,
    /// It took too long.
    Timeout,
}

impl Kind {
    const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Impossible => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be understood",
            Self::Unauthorized => "A token is needed",
            Self::Forbidden => "Not by this name",
            Self::NotAllowed => "Not with this token",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "Not by this method",
            Self::Conflict => "It is there already",
            Self::PreconditionFailed => "It has changed meanwhile",
            Self::TooLarge => "The body is too large",
            Self::HeadTooLarge => "The address and the headers are too large",
            Self::Impossible => "That is impossible",
            Self::Internal => "The service made a mistake",
            Self::Unavailable => "Not possible just now",
            Self::Timeout => "It took too long",
        }
    }

    const fn urn(self) -> &'static str {
        match self {
            Self::BadRequest => "urn:assured:problem:bad-request",
            Self::Unauthorized => "urn:assured:problem:unauthorized",
            Self::Forbidden => "urn:assured:problem:forbidden",
            Self::NotAllowed => "urn:assured:problem:not-allowed",
            Self::NotFound => "urn:assured:problem:not-found",
            Self::MethodNotAllowed => "urn:assured:problem:method-not-allowed",
            Self::Conflict => "urn:assured:problem:conflict",
            Self::PreconditionFailed => "urn:assured:problem:precondition-failed",
            Self::TooLarge => "urn:assured:problem:too-large",
            Self::HeadTooLarge => "urn:assured:problem:head-too-large",
            Self::Impossible => "urn:assured:problem:impossible",
            Self::Internal => "urn:assured:problem:internal",
            Self::Unavailable => "urn:assured:problem:unavailable",
            Self::Timeout => "urn:assured:problem:timeout",
        }
    }

    /// The kind that an error status of actix's own stands for.
    #[must_use]
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
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
