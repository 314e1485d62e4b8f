//! A deadline for every request, and an answer even where a handler panics.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use futures_util::FutureExt;

use super::problem::{Kind, Problem};

/// How long a request may take, its body's arrival included.
const DEADLINE: Duration = Duration::from_secs(30);

/// Runs the rest of a request's way in its time. Stands behind the routing, before which a request
/// cannot be kept hold of.
pub(super) async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let kept = request.request().clone();
    let work = AssertUnwindSafe(next.call(request)).catch_unwind();
    let problem = match tokio::time::timeout(DEADLINE, work).await {
        Ok(Ok(Ok(response))) => return Ok(response.map_into_boxed_body()),
        Ok(Ok(Err(error))) => {
            return Ok(ServiceResponse::new(kept, error.error_response()));
        }
        Ok(Err(_panic)) => {
            tracing::error!(method = %kept.method(), path = kept.path(), "a handler panicked");
            Problem::new(Kind::Internal, "the request ended in a mistake of the service's")
        }
        Err(_elapsed) => {
            tracing::warn!(method = %kept.method(), path = kept.path(), "overdue");
            Problem::new(
                Kind::Timeout,
                format!(
                    "there was no answer within {} s; a change may be made all the same: read it \
                     again",
                    DEADLINE.as_secs()
                ),
            )
        }
    };
    Ok(ServiceResponse::new(kept, problem.error_response()))
}
