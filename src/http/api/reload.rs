//! `POST /api/v1/reload`: the configuration is read again.

use actix_web::HttpRequest;

use super::{Answer, Here, Operator, ok};
use crate::actors::messages::{Reload, ReloadRefusal};
use crate::http::body::{ErrorBody, Nothing, ReloadBody};
use crate::http::json::JsonOrNone;
use crate::http::openapi::{Impossible, Unavailable};
use crate::http::problem::{Kind, Problem};
use crate::http::query::Query;

/// Reads the configuration again, and takes it over if nothing is wrong with it.
#[utoipa::path(
    post,
    path = "/api/v1/reload",
    request_body(content = Option<Nothing>, description = "Nothing, or an empty object."),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "What the new configuration has changed.", body = ReloadBody),
        Impossible,
        Unavailable,
    ),
)]
pub(in crate::http) async fn reload(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    _: JsonOrNone<Nothing>,
) -> Answer {
    Query::none(&request)?;
    let by = operator.0.to_string();
    match here.reload.send(Reload { by }).await {
        Ok(Ok(reloaded)) => Ok(ok(&ReloadBody::from(reloaded))),
        Ok(Err(refusal)) => Err(refusal.into()),
        Err(_) => {
            Err(Problem::new(Kind::Unavailable, "the service is ending; its configuration stays"))
        }
    }
}

impl From<ReloadRefusal> for Problem {
    fn from(refusal: ReloadRefusal) -> Self {
        let errors = match &refusal {
            ReloadRefusal::NotNow(_) => return Self::new(Kind::Unavailable, refusal.to_string()),
            ReloadRefusal::Wrong(errors) => errors,
        };
        let each = errors.iter().map(|error| ErrorBody {
            file: error.file.clone(),
            key: error.key.clone(),
            message: error.message.clone(),
        });
        Self::several(refusal.to_string(), each.collect())
    }
}
