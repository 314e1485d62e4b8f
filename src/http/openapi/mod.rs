//! The interface's description of itself: OpenAPI 3.1, made from the code.
//!
//! What is routed ([`super::routes::operations`]) is what is described: an [`Operation`] is a
//! handler with its annotation, and is routed by the path and the method that stand there. Words
//! and limits come from the types and constants that the code itself uses.
//!
//! Not in here: the annotations, which stand with the handlers (`api/`) and the bodies (`body/`).

mod limits;
mod operation;
mod parameters;
mod responses;
mod words;

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, LicenseBuilder, OpenApi, OpenApiBuilder, Paths,
};

use super::routes::{GROUPS, operations};

pub(super) use limits::{
    Cursor, DomainName, EntityTags, HoldTime, Holder, InstanceToAdd, Priority, ProblemType, Reason,
    StateReason,
};
pub(super) use operation::Operation;
pub(super) use parameters::{Paging, ThisHost, ThisIncident, ThisInstance};
pub(super) use responses::{
    Conflict, Impossible, NewlyMade, NotFound, NotReadyYet, PreconditionFailed, TheInstance,
    Unavailable,
};

/// What the bearer tokens are called in the description.
const BEARER: &str = "bearer";

const ABOUT: &str = "\
Hosts, instances and incidents as the service knows them, and what it is to do.

Errors are problem documents (RFC 9457) with a `type` for programs and a `detail` for people. Lists \
have pages: `next` is the `cursor` of the page after, and null on the last. Fields of a body and \
parameters that are not known are refused. Changes are answered after they are committed.

A method that a path does not have is answered with 405 and `Allow`, a path that there is not with \
404. Every answer has an `X-Request-Id`.";

/// The document, as it is served and printed. Made once.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut document = serde_json::to_value(describe()).unwrap_or_default();
        name_the_items_of_pages(&mut document);
        tidy(&mut document);
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

/// Says by their name what pages consist of: utoipa repeats it in full.
fn name_the_items_of_pages(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        if let Some(item) = name.strip_prefix("Page_") {
            let reference = format!("#/components/schemas/{item}");
            schema["properties"]["items"]["items"] = serde_json::json!({ "$ref": reference });
        }
    }
}

/// Marks every header of an answer as one that is always there, which utoipa has no word for, and
/// takes the ends of lines out of what was wrapped as a comment.
fn tidy(document: &mut Value) {
    match document {
        Value::Object(parts) => {
            for (name, part) in parts {
                match (name.as_str(), &mut *part) {
                    ("headers", Value::Object(headers)) => {
                        headers.values_mut().for_each(|header| header["required"] = true.into());
                    }
                    ("description" | "summary", Value::String(text)) => *text = unwrapped(text),
                    (_, part) => tidy(part),
                }
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Paragraphs of one line each.
fn unwrapped(text: &str) -> String {
    let paragraphs: Vec<_> = text.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}
