//! One operation: a path with a method, its handler, and its description.
//!
//! The description is what the handler's annotation says, completed by what holds of all: who may
//! ask, and the problems that come from before the handler.

use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, Handler, Responder, Route, web};
use utoipa::Path;
// Not documented, but what utoipa's own bindings to web frameworks collect schemas by.
use utoipa::__dev::SchemaReferences;
use utoipa::openapi::path::{HttpMethod, Operation as Description};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{RefOr, Schema};

use super::{BEARER, parameters, responses};
use crate::http::access::is_open;

/// What a request can be answered with before it reaches a handler, or without one.
const BEFORE_THE_HANDLER: [StatusCode; 7] = [
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_ACCEPTABLE,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::GATEWAY_TIMEOUT,
];

/// A handler with its description: it is routed by the path and the methods that it is described
/// with, so that neither can be without the other.
pub(in crate::http) struct Operation {
    /// Its path, as actix and OpenAPI write it alike.
    pub(in crate::http) path: String,
    /// Its ways in, by their methods.
    pub(in crate::http) routes: Vec<(Method, Route)>,
    description: Description,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Operation {
    /// The operation that `D` describes and `handler` answers, in a group of such.
    pub(in crate::http) fn new<D, F, Args>(group: &str, id: &str, handler: F) -> Self
    where
        D: Path + SchemaReferences,
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let path = D::path();
        let mut schemas = Vec::new();
        D::schemas(&mut schemas);
        let methods = D::methods().into_iter().flat_map(ways_in);
        let route = |way: Method| (way.clone(), web::method(way).to(handler.clone()));
        let description = complete(D::operation(), &path, group, id);
        Self { routes: methods.map(route).collect(), path, description, schemas }
    }

    /// The schemas that it refers to.
    pub(super) fn schemas(&mut self) -> Vec<(String, RefOr<Schema>)> {
        std::mem::take(&mut self.schemas)
    }

    /// Its description under each of its methods.
    pub(super) fn descriptions(&self) -> impl Iterator<Item = (HttpMethod, Description)> {
        self.routes.iter().filter_map(|(method, _)| {
            let mut description = self.description.clone();
            let method = match method.as_str() {
                "GET" => HttpMethod::Get,
                "HEAD" => {
                    description = headless(description);
                    HttpMethod::Head
                }
                "POST" => HttpMethod::Post,
                "PUT" => HttpMethod::Put,
                "PATCH" => HttpMethod::Patch,
                "DELETE" => HttpMethod::Delete,
                _ => return None,
            };
            Some((method, description))
        })
    }
}

/// The methods by which a described one is answered: what can be got, its head can be asked for.
fn ways_in(method: HttpMethod) -> Vec<Method> {
    match method {
        HttpMethod::Get => vec![Method::GET, Method::HEAD],
        HttpMethod::Post => vec![Method::POST],
        HttpMethod::Put => vec![Method::PUT],
        HttpMethod::Patch => vec![Method::PATCH],
        HttpMethod::Delete => vec![Method::DELETE],
        HttpMethod::Head => vec![Method::HEAD],
        HttpMethod::Options => vec![Method::OPTIONS],
        HttpMethod::Trace => vec![Method::TRACE],
    }
}

fn complete(mut operation: Description, path: &str, group: &str, id: &str) -> Description {
    operation.operation_id = Some(id.to_owned());
    operation.tags = Some(vec![group.to_owned()]);
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in parameters.iter_mut() {
        parameter.schema = parameter.schema.take().map(without_null);
    }
    parameters.push(parameters::request_id());
    for content in operation.request_body.iter_mut().flat_map(|body| body.content.values_mut()) {
        content.schema = content.schema.take().map(without_null);
    }
    let bearer = SecurityRequirement::new(BEARER, Vec::<String>::new());
    let mut common = BEFORE_THE_HANDLER.to_vec();
    if !is_open(path) {
        common.push(StatusCode::UNAUTHORIZED);
        // Without access tokens this machine may read all.
        operation.security.get_or_insert_with(|| vec![SecurityRequirement::default(), bearer]);
    }
    let own = &mut operation.responses.responses;
    for response in own.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert(responses::REQUEST_ID.to_owned(), responses::request_id());
        }
    }
    for (status, problem) in common.into_iter().map(responses::problem) {
        own.entry(status).or_insert(problem);
    }
    operation
}

/// What can be left out is not null, as which utoipa describes an `Option`.
fn without_null(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::OneOf(either)) = &mut schema
        && let [RefOr::T(Schema::Object(null)), _] = either.items.as_slice()
        && null.schema_type == SchemaType::Type(Type::Null)
    {
        return either.items.swap_remove(1);
    }
    if let RefOr::T(Schema::Object(object)) = &mut schema
        && let SchemaType::Array(types) = &object.schema_type
        && let [kind, Type::Null] = types.as_slice()
    {
        object.schema_type = SchemaType::Type(kind.clone());
    }
    schema
}

/// The same without bodies.
fn headless(mut operation: Description) -> Description {
    operation.operation_id = operation.operation_id.map(|id| format!("{id}_head"));
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    operation
}
