//! Answers: problem documents, one response for each status that there is a problem of, and the
//! headers that belong to them.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::http::body::{InstanceBody, NewInstance, NotReady, ProblemBody};
use crate::http::gate::LONGEST_ID;
use crate::http::problem::{Kind, PROBLEM_JSON, RETRY_AFTER_SECONDS};

/// The name of what every answer bears.
pub(super) const REQUEST_ID: &str = "X-Request-Id";

/// The instance, with its generation.
pub(in crate::http) struct TheInstance;
/// The instance that was made, with its address.
pub(in crate::http) struct NewlyMade;
/// The service is not ready.
pub(in crate::http) struct NotReadyYet;

macro_rules! problems {
    ( $( $kind:ident ),+ ) => { $(
        #[doc = concat!("The problem `", stringify!($kind), "`.")]
        pub(in crate::http) struct $kind;

        impl IntoResponses for $kind {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([problem(Kind::$kind.status())])
            }
        }
    )+ };
}

// Those that only some operations are answered with.
problems! { NotFound, Conflict, PreconditionFailed, Impossible, Unavailable }

/// The answer of this status: a reference to the one problem document that it has.
pub(super) fn problem(status: StatusCode) -> (String, RefOr<Response>) {
    (status.as_str().to_owned(), Ref::from_response_name(name(status)).into())
}

/// All problem documents, by the name that they are referred to.
pub(super) fn problems() -> BTreeMap<String, RefOr<Response>> {
    let described = |&kind: &Kind| (name(kind.status()), document(kind.status()).into());
    Kind::ALL.iter().map(described).collect()
}

/// The schemas that the answers here refer to.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![
        (ProblemBody::name().into_owned(), ProblemBody::schema()),
        (NewInstance::name().into_owned(), NewInstance::schema()),
        (NotReady::name().into_owned(), NotReady::schema()),
        (InstanceBody::name().into_owned(), InstanceBody::schema()),
    ];
    NewInstance::schemas(&mut schemas);
    ProblemBody::schemas(&mut schemas);
    NotReady::schemas(&mut schemas);
    InstanceBody::schemas(&mut schemas);
    schemas
}

/// The request's name, in every answer.
pub(super) fn request_id() -> Header {
    let pattern = format!("^[!-~]{{1,{LONGEST_ID}}}$");
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    header(schema, "What the request is called in the log.")
}

fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or(status.as_str()).split(' ').collect()
}

fn document(status: StatusCode) -> Response {
    let kinds = Kind::ALL.iter().filter(|kind| kind.status() == status);
    let titles: Vec<_> = kinds.map(|kind| kind.title()).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name())));
    let text = ObjectBuilder::new().schema_type(Type::String);
    let response = ResponseBuilder::new()
        .description(format!("{}.", titles.join(", or: ")))
        .header(REQUEST_ID, request_id())
        .content(PROBLEM_JSON, content.build());
    match status {
        StatusCode::UNAUTHORIZED => {
            response.header("WWW-Authenticate", header(text, "How a token is to be sent."))
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            response.header("Allow", header(text, "The methods that there are."))
        }
        StatusCode::SERVICE_UNAVAILABLE => response.header("Retry-After", retry_after()),
        _ => response,
    }
    .build()
}

fn retry_after() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    header(seconds, &format!("After how many seconds to try again: {RETRY_AFTER_SECONDS}."))
}

fn header(schema: ObjectBuilder, what: &str) -> Header {
    HeaderBuilder::new().schema(schema).description(Some(what)).build()
}

fn instance(what: &str) -> ResponseBuilder {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(InstanceBody::name())));
    let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^\"[0-9]+\"$"));
    ResponseBuilder::new()
        .description(what)
        .header("ETag", header(tag, "The generation of what is desired."))
        .content("application/json", body.build())
}

impl IntoResponses for TheInstance {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([("200".to_owned(), instance("The instance, as it is now.").build().into())])
    }
}

impl IntoResponses for NewlyMade {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let address = ObjectBuilder::new().schema_type(Type::String);
        let made = instance("The instance, which the service looks after from now on.")
            .header("Location", header(address, "The instance's path."));
        BTreeMap::from([("201".to_owned(), made.build().into())])
    }
}

impl IntoResponses for NotReadyYet {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(NotReady::name())));
        let response = ResponseBuilder::new()
            .description("Not ready yet: what is missing.")
            .header("Retry-After", retry_after())
            .content(PROBLEM_JSON, body.build());
        BTreeMap::from([("503".to_owned(), response.build().into())])
    }
}
