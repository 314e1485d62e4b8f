//! Incidents, and the story of each.

use actix_web::HttpRequest;
use jiff::Timestamp;
use utoipa::IntoParams;

use super::{Answer, Here, ok, path_id};
use crate::http::body::{IncidentBody, Page, TimelineEntry};
use crate::http::openapi::{NotFound, Paging, ThisIncident, Unavailable};
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor, not_found};
use crate::http::refusal::unread;
use crate::model::{HostId, IncidentId, InstanceId, Severity};
use crate::snapshot::Fleet;
use crate::store::{IncidentQuery, IncidentState};

/// The words for whether an incident is over.
pub(in crate::http) const STATES: &[(&str, IncidentState)] =
    &[("open", IncidentState::Open), ("closed", IncidentState::Closed)];

/// Which incidents. What is none lets everything through.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct IncidentFilter {
    /// Only those that go on, or that are over.
    state: Option<IncidentState>,
    /// Only on this host.
    #[param(value_type = Option<String>)]
    host: Option<HostId>,
    /// Only of this instance.
    instance: Option<InstanceId>,
    /// Only of exactly this severity.
    severity: Option<Severity>,
    /// Only those opened at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

impl IncidentFilter {
    fn read(query: &mut Query) -> Result<Self, Problem> {
        Ok(Self {
            state: query.one_of("state", STATES)?,
            host: query.text("host").map(|host| HostId::from(host.as_str())),
            instance: query.parsed("instance")?,
            severity: query.parsed("severity")?,
            since: query.parsed("since")?,
        })
    }
}

impl From<IncidentFilter> for IncidentQuery {
    fn from(filter: IncidentFilter) -> Self {
        let IncidentFilter { state, host, instance, severity, since } = filter;
        Self { state, host, instance, severity, since, ..Self::default() }
    }
}

/// Incidents, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    params(IncidentFilter, Paging),
    responses(
        (
            status = 200,
            description = "A page of the incidents, without their stories.",
            body = Page<IncidentBody>,
        ),
        Unavailable,
    ),
)]
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let (wanted, limit) = wanted(Query::of(&request)?)?;
    let mut found = here.store.incidents(wanted).await.map_err(|error| unread(&error))?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| cursor::write(&last.id));
    let fleet = here.board.fleet();
    let items: Vec<_> =
        found.iter().map(|found| named(IncidentBody::from(found), &fleet)).collect();
    Ok(ok(&Page { items, next }))
}

/// Which incidents a query asks for, and how many.
pub(in crate::http) fn wanted(mut query: Query) -> Result<(IncidentQuery, usize), Problem> {
    let limit = query.limit()?;
    let wanted = IncidentQuery {
        cursor: cursor::read(&mut query)?,
        // One more, to know whether more follow.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
        ..IncidentFilter::read(&mut query)?.into()
    };
    query.finish()?;
    Ok((wanted, limit))
}

/// One incident with its story.
#[utoipa::path(
    get,
    path = "/api/v1/incidents/{id}",
    params(ThisIncident),
    responses(
        (status = 200, description = "The incident with its story.", body = IncidentBody),
        NotFound,
        Unavailable,
    ),
)]
pub(in crate::http) async fn one(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    let text = path_id(&request);
    let id: IncidentId = text.parse().map_err(|_| not_found("incident", text))?;
    let found = here.store.incident(id).await.map_err(|error| unread(&error))?;
    let found = found.ok_or_else(|| not_found("incident", text))?;
    let story = here.store.incident_timeline(id).await.map_err(|error| unread(&error))?;
    let mut body = named(IncidentBody::from(&found), &here.board.fleet());
    body.timeline = Some(story.into_iter().map(TimelineEntry::from).collect());
    Ok(ok(&body))
}

/// Adds what the picture knows: the instance's name.
fn named(mut body: IncidentBody, fleet: &Fleet) -> IncidentBody {
    let view = body.instance.as_ref().and_then(|id| fleet.instances.get(id));
    body.name = view.map(|view| view.name.clone());
    body
}
