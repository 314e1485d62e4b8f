//! What every request passes first, and every answer last.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use tokio::time::Instant;

use super::access::is_open;
use super::json::{MAX_BODY, too_large};
use super::problem::{Kind, PROBLEM_JSON, Problem};
use super::state::{Scheme, Shared};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id of others that is taken over.
pub(super) const LONGEST_ID: usize = 64;

/// How many bytes the first line and the headers of a request can have.
const MAX_HEAD: usize = 16 << 10;
/// What a page may do: nothing but show itself, and ask this service.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src \
     'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Headers that every answer has, unless it has its own.
const HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What a browser that came by TLS is to remember for a year: to come by it again. Nothing is said
/// of other names.
const BY_TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Lets a request through, or answers it at once.
pub(super) async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let shared = request.app_data::<web::Data<Shared>>().cloned();
    let mut response = match check(&request, shared.as_ref().map(web::Data::get_ref)) {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(problem) => request.into_response(problem.error_response()),
    };
    if let Some(problem) = unlike_a_problem(&response) {
        response = response.into_response(problem.error_response());
    }
    if is_page(&response) && !response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    }
    for (name, value) in HEADERS {
        if !response.headers().contains_key(name) {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(shared) = shared {
        remember_tls(&shared, &mut response);
        if shared.state.streams.are_ending() {
            // Whoever comes again is to come to the next one.
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
    }
    tracing::debug!(
        id = id.to_str().unwrap_or_default(),
        method = %response.request().method(),
        path = response.request().path(),
        status = response.status().as_u16(),
        milliseconds = begun.elapsed().as_millis(),
        "answered"
    );
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

fn check(request: &ServiceRequest, shared: Option<&Shared>) -> Result<(), Problem> {
    let Some(shared) = shared else {
        return Err(Problem::new(Kind::Internal, "the server was put together without its state"));
    };
    match &shared.names {
        Some(names) => names.check(request.head())?,
        None if is_open(request.path()) => {}
        None => drop(shared.state.admit(request.headers())?),
    }
    if head_size(request) > MAX_HEAD {
        let detail = format!("a request's address and headers can have {MAX_HEAD} bytes together");
        return Err(Problem::new(Kind::HeadTooLarge, detail));
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|l| l.to_str().ok()).and_then(|l| l.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    Ok(())
}

fn head_size(request: &ServiceRequest) -> usize {
    let headers = request.headers().iter();
    let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    headers + request.path().len() + request.query_string().len()
}

/// A browser remembers a name without its port: `localhost` is left out, where other programs speak
/// plain HTTP.
fn remember_tls(shared: &Shared, response: &mut ServiceResponse<BoxBody>) {
    let host = response.request().headers().get(header::HOST);
    let is_localhost = host.is_some_and(|host| {
        let host = host.as_bytes().split(|&b| b == b':').next().unwrap_or_default();
        host.eq_ignore_ascii_case(b"localhost")
    });
    if shared.scheme == Scheme::Https && !is_localhost {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, BY_TLS_ONLY);
    }
}

fn is_page(response: &ServiceResponse<BoxBody>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The problem that an error of actix's own making stands for.
fn unlike_a_problem(response: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == PROBLEM_JSON);
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_problem).then(|| {
        let reason = status.canonical_reason().unwrap_or("the request failed");
        Problem::new(Kind::of_status(status), reason)
    })
}

/// The request's own id, if it has one that is fit for a log; a new one otherwise.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let own = headers.get(REQUEST_ID).filter(|id| {
        let bytes = id.as_bytes();
        (1..=LONGEST_ID).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    own.cloned().unwrap_or_else(|| {
        // Nobody is to be kept from guessing it, so it need not come from the system's own numbers.
        let new = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes());
        let new = new.into_uuid().simple().to_string();
        HeaderValue::from_str(&new).unwrap_or_else(|_| HeaderValue::from_static("-"))
    })
}
