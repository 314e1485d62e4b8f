//! Instances: reading, adding, changing, forgetting.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::{Answer, Here, Operator, instance_id, json};
use crate::actors::messages::{
    AddInstance, ChangeInstance, ForgetInstance, Refusal, Retry, SetDesired, Which,
};
use crate::http::body::{
    ChangeFields, DesiredChange, InstanceBody, NewInstance, Page, write_instance,
};
use crate::http::json::Json;
use crate::http::listing::{self, Begin, Filter, Key, Sort};
use crate::http::problem::{Kind, Problem};
use crate::http::query::{Query, cursor};
use crate::http::refusal::{Named, answered};
use crate::http::state::State;
use crate::model::{Generation, HostId, InstanceId};
use crate::snapshot::InstanceView;

/// Instances, filtered and in an order.
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let (filter, from, limit) = wanted(Query::of(&request)?)?;
    let now = here.clock.now();
    let fleet = here.board.fleet();
    let (found, next) = listing::page(&fleet, &filter, from, limit);
    let next = next.as_ref().map(cursor::write);
    let page = Page::<InstanceBody>::text(&found, next, |text, view| {
        write_instance(text, view, now);
    });
    Ok(HttpResponse::Ok().content_type("application/json").body(page))
}

/// Which instances a query asks for, from where on in which order, and how many.
pub(in crate::http) fn wanted(mut query: Query) -> Result<(Filter, Begin, usize), Problem> {
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
pub(in crate::http) async fn one(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    shown(&here, instance_id(&request)?)
}

/// Puts a domain under the service's care.
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

/// The generation that an `If-Match` asks for; none where any will do.
///
/// The arbiter compares one generation. Of several, the one that is shown now is asked for; if none
/// of them is, none can be met, because generations only grow. Numbers without quotes are taken
/// too.
pub(in crate::http) fn if_match(
    headers: &HeaderMap,
    current: Option<Generation>,
) -> Result<Option<Generation>, Problem> {
    let mut asked = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let value = value.to_str().map_err(|_| malformed())?;
        if value.trim() == "*" {
            return Ok(None);
        }
        for tag in value.split(',').map(str::trim) {
            let quoted = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            match (quoted.unwrap_or(tag).parse(), quoted) {
                (Ok(generation), _) => asked.push(generation),
                // The tag of something else, or a weak one, which never matches.
                (Err(_), Some(_)) => asked.push(Generation::default()),
                (Err(_), None) if tag.starts_with("W/\"") => asked.push(Generation::default()),
                (Err(_), None) => return Err(malformed()),
            }
        }
    }
    let shown = asked.iter().copied().find(|asked| Some(*asked) == current);
    Ok(shown.or(asked.first().copied()))
}

fn malformed() -> Problem {
    Problem::field("If-Match", "`If-Match` must be the ETag of the instance, such as \"3\"")
}
