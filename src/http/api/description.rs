//! `GET /openapi.json`: the interface's description of itself.

use actix_web::{HttpRequest, HttpResponse};

use super::Answer;
use crate::http::openapi::document;
use crate::http::query::Query;

/// This description, as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "The document.", body = Object)),
)]
pub(in crate::http) async fn openapi(request: HttpRequest) -> Answer {
    Query::none(&request)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document()))
}
