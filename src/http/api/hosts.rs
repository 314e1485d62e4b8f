//! Hosts, the adoption of their domains, and their maintenance.

use std::ops::Bound;

use actix_web::HttpRequest;

use super::{Answer, Here, Operator, because, host_id, ok};
use crate::actors::messages::{Adopt, EndMaintenance, PutMaintenance};
use crate::http::body::{AdoptDomains, HostBody, InstanceBody, MaintenanceRequest, Page};
use crate::http::json::{Json, JsonOrNone};
use crate::http::openapi::{Conflict, Impossible, NotFound, Paging, ThisHost, Unavailable};
use crate::http::query::{Query, cursor, not_found};
use crate::http::refusal::{Named, answered};
use crate::model::HostId;

/// All hosts, by name.
#[utoipa::path(
    get,
    path = "/api/v1/hosts",
    params(Paging),
    responses((status = 200, description = "A page of the hosts.", body = Page<HostBody>)),
)]
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let mut query = Query::of(&request)?;
    let limit = query.limit()?;
    let after: Option<HostId> = cursor::read(&mut query)?;
    query.finish()?;
    let fleet = here.board.fleet();
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut hosts = fleet.hosts.range((from, Bound::Unbounded)).map(|(_, host)| host);
    let items: Vec<HostBody> =
        hosts.by_ref().take(limit).map(|host| HostBody::from(&**host)).collect();
    let last = items.last().filter(|_| hosts.next().is_some());
    let next = last.map(|host| cursor::write(&host.id));
    Ok(ok(&Page { items, next }))
}

/// One host.
#[utoipa::path(
    get,
    path = "/api/v1/hosts/{id}",
    params(ThisHost),
    responses((status = 200, description = "The host.", body = HostBody), NotFound),
)]
pub(in crate::http) async fn one(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    let id = host_id(&request);
    match here.board.fleet().hosts.get(&id) {
        Some(host) => Ok(ok(&HostBody::from(&**host))),
        None => Err(not_found("host", id.as_str())),
    }
}

/// Makes instances of domains of a host.
#[utoipa::path(
    post,
    path = "/api/v1/hosts/{id}/adopt",
    params(ThisHost),
    request_body(
        content = Option<AdoptDomains>,
        description = "Which domains; without a body, all.",
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The new instances, on one page.", body = Page<InstanceBody>),
        NotFound,
        Conflict,
        Impossible,
        Unavailable,
    ),
)]
pub(in crate::http) async fn adopt(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: JsonOrNone<AdoptDomains>,
) -> Answer {
    Query::none(&request)?;
    let AdoptDomains { domains } = body.0.unwrap_or_default();
    let order = Adopt { host: host_id(&request), domains, by: operator.0 };
    let adopted = answered(here.arbiter.adopt.send(order).await, Named::Host)?;
    let now = here.clock.now();
    let items: Vec<_> = adopted.iter().map(|view| InstanceBody::new(view, now)).collect();
    Ok(ok(&Page { items, next: None }))
}

/// Puts a host into maintenance, or gives another reason for the one that it is in.
#[utoipa::path(
    put,
    path = "/api/v1/hosts/{id}/maintenance",
    params(ThisHost),
    request_body = MaintenanceRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The host, in maintenance.", body = HostBody),
        NotFound,
        Impossible,
        Unavailable,
    ),
)]
pub(in crate::http) async fn maintain(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: Json<MaintenanceRequest>,
) -> Answer {
    Query::none(&request)?;
    let reason = because(body.0.reason)?;
    let order = PutMaintenance { host: host_id(&request), reason, by: operator.0 };
    let host = answered(here.arbiter.maintain.send(order).await, Named::Host)?;
    Ok(ok(&HostBody::from(&*host)))
}

/// Ends a host's maintenance; where there is none, nothing changes.
#[utoipa::path(
    delete,
    path = "/api/v1/hosts/{id}/maintenance",
    params(ThisHost),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The host, in no maintenance.", body = HostBody),
        NotFound,
        Unavailable,
    ),
)]
pub(in crate::http) async fn resume(
    operator: Operator,
    request: HttpRequest,
    here: Here,
) -> Answer {
    Query::none(&request)?;
    let order = EndMaintenance { host: host_id(&request), by: operator.0 };
    let host = answered(here.arbiter.resume.send(order).await, Named::Host)?;
    Ok(ok(&HostBody::from(&*host)))
}
