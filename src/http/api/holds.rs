//! Holds: somebody is about to work on an instance.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};

use super::instances::instance;
use super::{Answer, Here, Operator, because, instance_id};
use crate::actors::messages::{PutHold, ReleaseHold};
use crate::http::body::HoldRequest;
use crate::http::json::Json;
use crate::http::openapi::{
    Conflict, Holder, Impossible, NotFound, TheInstance, ThisInstance, Unavailable,
};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::refusal::{Named, answered};

/// The shortest hold.
pub(in crate::http) const SHORTEST_HOLD: Duration = Duration::from_secs(1);
/// The longest hold: whoever works for longer says so again.
pub(in crate::http) const LONGEST_HOLD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Holds an instance, besides those who hold it already.
#[utoipa::path(
    put,
    path = "/api/v1/instances/{id}/hold",
    params(ThisInstance),
    request_body = HoldRequest,
    security(("bearer" = [])),
    responses(TheInstance, NotFound, Impossible, Unavailable),
)]
pub(in crate::http) async fn hold(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: Json<HoldRequest>,
) -> Answer {
    Query::none(&request)?;
    let id = instance_id(&request)?;
    let HoldRequest { ttl: length, reason } = body.0;
    let order = PutHold { id, ttl: ttl(&length)?, reason: because(reason)?, by: operator.0 };
    let view = answered(here.arbiter.hold.send(order).await, Named::Instance)?;
    Ok(instance(HttpResponse::Ok(), &view, &here))
}

/// Releases an instance from one hold: one's own, unless another's is named.
#[utoipa::path(
    delete,
    path = "/api/v1/instances/{id}/hold",
    params(
        ThisInstance,
        ("by" = Option<Holder>, Query, description = "Whose hold; one's own if none."),
    ),
    security(("bearer" = [])),
    responses(TheInstance, NotFound, Conflict, Unavailable),
)]
pub(in crate::http) async fn release(
    operator: Operator,
    request: HttpRequest,
    here: Here,
) -> Answer {
    let mut query = Query::of(&request)?;
    let of = query.parsed("by")?;
    query.finish()?;
    let order = ReleaseHold { id: instance_id(&request)?, of, by: operator.0 };
    let view = answered(here.arbiter.release.send(order).await, Named::Instance)?;
    Ok(instance(HttpResponse::Ok(), &view, &here))
}

/// The time that a hold asks for.
pub(in crate::http) fn ttl(text: &str) -> Result<Duration, Problem> {
    let out_of_range =
        || Problem::impossible("ttl", "a hold lasts from 1s to 30d: `ttl` is no such time");
    let ttl = match humantime::parse_duration(text) {
        Ok(ttl) => ttl,
        Err(humantime::DurationError::NumberOverflow) => return Err(out_of_range()),
        Err(why) => {
            let detail = format!("`ttl`: `{text}` is no duration such as 10m: {why}");
            return Err(Problem::field("ttl", detail));
        }
    };
    if (SHORTEST_HOLD..=LONGEST_HOLD).contains(&ttl) { Ok(ttl) } else { Err(out_of_range()) }
}
