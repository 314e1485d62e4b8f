//! The audit log.

use actix_web::HttpRequest;
use utoipa::IntoParams;

use super::{Answer, Here, ok};
use crate::http::body::{EventBody, Page};
use crate::http::openapi::{Paging, Unavailable};
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor};
use crate::http::refusal::unread;
use crate::model::{EventKind, HostId, IncidentId, InstanceId};
use crate::store::{EventQuery, Order};

/// The words for the orders.
pub(in crate::http) const ORDERS: &[(&str, Order)] =
    &[("asc", Order::OldestFirst), ("desc", Order::NewestFirst)];

/// Which events. What is none lets everything through.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventFilter {
    /// Only events that tell this.
    kind: Option<EventKind>,
    /// Only about this host.
    #[param(value_type = Option<String>)]
    host: Option<HostId>,
    /// Only about this instance.
    instance: Option<InstanceId>,
    /// Only of this incident's story.
    incident: Option<IncidentId>,
}

impl EventFilter {
    /// Takes the filter out of a query string.
    pub(super) fn read(query: &mut Query) -> Result<Self, Problem> {
        Ok(Self {
            kind: query.parsed("kind")?,
            host: query.text("host").map(|host| HostId::from(host.as_str())),
            instance: query.parsed("instance")?,
            incident: query.parsed("incident")?,
        })
    }
}

impl From<EventFilter> for EventQuery {
    fn from(filter: EventFilter) -> Self {
        let EventFilter { kind, host, instance, incident } = filter;
        Self { kind, host, instance, incident, ..Self::default() }
    }
}

/// Events by their number: the oldest first, or with `order=desc` the newest.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    params(
        EventFilter,
        ("order" = Option<Order>, Query, description = "Which end comes first; `asc` if none."),
        Paging,
    ),
    responses(
        (status = 200, description = "A page of the events.", body = Page<EventBody>),
        Unavailable,
    ),
)]
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let (wanted, limit) = wanted(Query::of(&request)?)?;
    let mut found = here.store.events(wanted).await.map_err(|error| unread(&error))?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| cursor::write(&last.id));
    let items: Vec<_> = found.into_iter().map(EventBody::from).collect();
    Ok(ok(&Page { items, next }))
}

/// Which events a query asks for, and how many.
pub(in crate::http) fn wanted(mut query: Query) -> Result<(EventQuery, usize), Problem> {
    let limit = query.limit()?;
    let wanted = EventQuery {
        order: query.one_of("order", ORDERS)?.unwrap_or_default(),
        cursor: cursor::read(&mut query)?,
        // One more, to know whether more follow.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
        ..EventFilter::read(&mut query)?.into()
    };
    query.finish()?;
    Ok((wanted, limit))
}
