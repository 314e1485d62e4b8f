//! The interface's description of itself: OpenAPI 3.1, made from the code.
//!
//! What is routed ([`super::routes::operations`]) is what is described: an [`Operation`] is a
//! handler with its annotation, and is routed by the path and the method that stand there. Words
//! and limits come from the types and constants that the code itself uses.
//!
//! Not in here: the annotations, which stand with the handlers (`api/`) and the bodies (`body/`).

mod amend;
mod limits;
mod operation;
mod parameters;
mod responses;
mod stream_event;
mod words;

use std::sync::LazyLock;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, LicenseBuilder, OpenApi, OpenApiBuilder, Paths,
};

use super::routes::{GROUPS, operations};

use amend::amend;
pub(super) use limits::{
    Cursor, DomainName, EntityTags, HoldTime, Holder, InstanceToAdd, LastEventId, Priority,
    ProblemType, Reason, StateReason,
};
pub(super) use operation::Operation;
pub(super) use parameters::{Paging, ThisHost, ThisIncident, ThisInstance};
pub(super) use responses::{
    Conflict, Impossible, NewlyMade, NotFound, NotReadyYet, PreconditionFailed, TheInstance,
    Unavailable,
};
pub(super) use stream_event::StreamEvent;

/// What the bearer tokens are called in the description.
const BEARER: &str = "bearer";

const ABOUT: &str = "\
Hosts, instances and incidents as the service knows them, and what it is to do.

Errors are problem documents (RFC 9457) with a `type` for programs and a `detail` for people. \
Lists have pages: `next` is the `cursor` of the page after, and null on the last. Fields of a body and \
parameters that are not known are refused. Changes are answered after they are committed.

A method that a path does not have is answered with 405 and `Allow`, a path that there is not with \
404. Every answer has an `X-Request-Id`.";

/// The document, as it is served and printed. Made once.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut document = serde_json::to_value(describe()).unwrap_or_default();
        amend(&mut document);
        format!("{document:#}\n")
    });
    &DOCUMENT
}

fn describe() -> OpenApi {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(words::all())
        .schemas_from_iter(limits::all())
        .schemas_from_iter(responses::schemas())
        .schemas_from_iter(stream_event::schemas())
        .security_scheme(BEARER, bearer());
    for mut operation in operations() {
        components = components.schemas_from_iter(operation.schemas());
        for (method, description) in operation.descriptions() {
            paths.add_path_operation(&operation.path, vec![method], description);
        }
    }
    let mut components = components.build();
    components.responses.extend(responses::problems());
    let group = |&(name, what): &_| TagBuilder::new().name(name).description(Some(what)).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("assured")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(license())),
        )
        .paths(paths)
        .components(Some(components))
        .tags(Some(GROUPS.iter().map(group)))
        .build()
}

fn license() -> License {
    let identifier = env!("CARGO_PKG_LICENSE");
    LicenseBuilder::new().name(identifier).identifier(Some(identifier)).build()
}

fn bearer() -> SecurityScheme {
    SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An access token of `[[http.tokens]]`, or on the same machine the operator token \
                 in `operator.token` of the service's data directory. Changes need the role \
                 operator. Where no access tokens are configured, reads need none.",
            ))
            .build(),
    )
}
