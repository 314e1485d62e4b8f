//! Instances: reading, adding, changing, forgetting.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::{Answer, Here, Operator, instance_id, json};
use crate::actors::messages::{
    AddInstance, ChangeInstance, ForgetInstance, Refusal, Retry, SetDesired, Which,
};
use crate::http::body::{
    ChangeFields, DesiredChange, InstanceBody, NewInstance, Page, instance_text,
};
use crate::http::if_match::if_match;
use crate::http::json::Json;
use crate::http::listing::{self, Filter, Key, Sort};
use crate::http::openapi::{
    Conflict, EntityTags, Impossible, InstanceToAdd, NewlyMade, NotFound, Paging,
    PreconditionFailed, TheInstance, ThisInstance, Unavailable,
};
use crate::http::problem::{Kind, Problem};
use crate::http::query::{Query, cursor};
use crate::http::refusal::{Named, answered};
use crate::http::state::State;
use crate::model::{HostId, InstanceId};
use crate::snapshot::InstanceView;

/// Instances, filtered and in an order.
#[utoipa::path(
    get,
    path = "/api/v1/instances",
    params(
        Filter,
        ("sort" = Option<Sort>, Query, description = "In which order; by name if none."),
        Paging,
    ),
    responses((status = 200, description = "A page of the instances.", body = Page<InstanceBody>)),
)]
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let (filter, from, limit) = wanted(Query::of(&request)?)?;
    let now = here.clock.now();
    let fleet = here.board.fleet();
    let (found, next) = listing::page(&fleet, &filter, from, limit);
    let next = next.as_ref().map(cursor::write);
    let texts = found.iter().map(|view| instance_text(view, now));
    let page = Page::<InstanceBody>::text(texts, next);
    Ok(HttpResponse::Ok().content_type("application/json").body(page))
}

/// Which instances a query asks for, from where on in which order, and how many.
pub(in crate::http) fn wanted(
    mut query: Query,
) -> Result<(Filter, listing::Place, usize), Problem> {
    let limit = query.limit()?;
    let filter = Filter {
        host: query.text("host").map(|host| HostId::from(host.as_str())),
        status: query.some("status")?,
        desired: query.parsed("desired")?,
        observed: query.parsed("observed")?,
        policy: query.text("policy"),
        called: query.text("q").map(Into::into),
    };
    let sort: Sort = query.parsed("sort")?.unwrap_or_default();
    let after: Option<Key> = cursor::read(&mut query)?;
    query.finish()?;
    if after.as_ref().is_some_and(|key| key.sort != sort) {
        return Err(Problem::field("cursor", "`cursor` is of a list in another order"));
    }
    Ok((filter, (sort, after), limit))
}

/// One instance.
#[utoipa::path(
    get,
    path = "/api/v1/instances/{id}",
    params(ThisInstance),
    responses(TheInstance, NotFound)
)]
pub(in crate::http) async fn one(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    shown(&here, instance_id(&request)?)
}

/// Puts a domain under the service's care.
#[utoipa::path(
    post,
    path = "/api/v1/instances",
    request_body = InstanceToAdd,
    security(("bearer" = [])),
    responses(NewlyMade, Conflict, Impossible, Unavailable),
)]
pub(in crate::http) async fn add(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: Json<NewInstance>,
) -> Answer {
    Query::none(&request)?;
    let NewInstance { id, name, host, desired, policy, priority } = body.0;
    let which = match (id, name) {
        (Some(id), None) => Which::Id(id),
        (None, Some(name)) if !name.is_empty() => Which::Name(name),
        (None, Some(_)) => return Err(Problem::field("name", "`name` is empty")),
        (Some(_), Some(_)) => {
            return Err(Problem::field("name", "give `id` or `name`, not both"));
        }
        (None, None) => {
            return Err(Problem::field("name", "the field `name` (or `id`) is missing"));
        }
    };
    let order = AddInstance { which, host, desired, policy, priority, by: operator.0 };
    let view = answered(here.arbiter.add.send(order).await, Named::Nothing)?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/api/v1/instances/{}", view.id)));
    Ok(instance(response, &view, &here))
}

/// Changes what is recorded of an instance besides its desired state.
#[utoipa::path(
    patch,
    path = "/api/v1/instances/{id}",
    params(ThisInstance),
    request_body = ChangeFields,
    security(("bearer" = [])),
    responses(TheInstance, NotFound, Impossible, Unavailable),
)]
pub(in crate::http) async fn change(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: Json<ChangeFields>,
) -> Answer {
    Query::none(&request)?;
    let id = instance_id(&request)?;
    let ChangeFields { policy, priority, host } = body.0;
    if policy.is_none() && priority.is_none() && host.is_none() {
        return shown(&here, id);
    }
    let order = ChangeInstance { id, policy, priority, host, by: operator.0 };
    let view = answered(here.arbiter.change.send(order).await, Named::Instance)?;
    Ok(instance(HttpResponse::Ok(), &view, &here))
}

/// Forgets an instance.
#[utoipa::path(
    delete,
    path = "/api/v1/instances/{id}",
    params(ThisInstance),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It is forgotten; the domain is not touched."),
        NotFound,
        Unavailable,
    ),
)]
pub(in crate::http) async fn forget(
    operator: Operator,
    request: HttpRequest,
    here: Here,
) -> Answer {
    Query::none(&request)?;
    let order = ForgetInstance { id: instance_id(&request)?, by: operator.0 };
    answered(here.arbiter.forget.send(order).await, Named::Instance)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets what an instance is supposed to be.
#[utoipa::path(
    put,
    path = "/api/v1/instances/{id}/desired",
    params(
        ThisInstance,
        (
            "If-Match" = Option<EntityTags>,
            Header,
            description = "Only if the instance has this generation still: its `ETag`.",
        ),
    ),
    request_body = DesiredChange,
    security(("bearer" = [])),
    responses(TheInstance, NotFound, PreconditionFailed, Unavailable),
)]
pub(in crate::http) async fn desire(
    operator: Operator,
    request: HttpRequest,
    here: Here,
    body: Json<DesiredChange>,
) -> Answer {
    Query::none(&request)?;
    let id = instance_id(&request)?;
    let fleet = here.board.fleet();
    let current = fleet.instances.get(&id).map(|view| view.generation());
    let if_match = if_match(request.headers(), current)?;
    let order = SetDesired { id, state: body.0.state, if_match, by: operator.0 };
    let view = answered(here.arbiter.set_desired.send(order).await, Named::Instance)?;
    Ok(instance(HttpResponse::Ok(), &view, &here))
}

/// Gives an instance a fresh budget of attempts.
#[utoipa::path(
    post,
    path = "/api/v1/instances/{id}/retry",
    params(ThisInstance),
    security(("bearer" = [])),
    responses(TheInstance, NotFound, Unavailable),
)]
pub(in crate::http) async fn retry(operator: Operator, request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    let order = Retry { id: instance_id(&request)?, by: operator.0 };
    let view = answered(here.arbiter.retry.send(order).await, Named::Instance)?;
    Ok(instance(HttpResponse::Ok(), &view, &here))
}

fn shown(state: &State, id: InstanceId) -> Answer {
    match state.board.fleet().instances.get(&id) {
        Some(view) => Ok(instance(HttpResponse::Ok(), view, state)),
        None => Err(Problem::new(Kind::NotFound, Refusal::NoSuchInstance(id).to_string())),
    }
}

/// An instance as an answer, with its generation as the `ETag`.
pub(super) fn instance(
    mut response: HttpResponseBuilder,
    view: &InstanceView,
    state: &State,
) -> HttpResponse {
    response.insert_header((header::ETAG, format!("\"{}\"", view.generation())));
    json(response, &InstanceBody::new(view, state.clock.now()))
}
