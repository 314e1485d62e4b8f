//! Incidents, and the story of each.

use actix_web::HttpRequest;

use super::{Answer, Here, ok, path_id};
use crate::http::body::{IncidentBody, Page, TimelineEntry};
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor, not_found};
use crate::http::refusal::unread;
use crate::model::{HostId, IncidentId};
use crate::snapshot::Fleet;
use crate::store::{IncidentQuery, IncidentState};

/// Incidents, the newest first.
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
        state: state(&mut query)?,
        host: query.text("host").map(|host| HostId::from(host.as_str())),
        instance: query.parsed("instance")?,
        severity: query.parsed("severity")?,
        since: query.parsed("since")?,
        cursor: cursor::read(&mut query)?,
        // One more, to know whether more follow.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    query.finish()?;
    Ok((wanted, limit))
}

/// One incident with its story.
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

fn state(query: &mut Query) -> Result<Option<IncidentState>, Problem> {
    match query.text("state").as_deref() {
        None => Ok(None),
        Some("open") => Ok(Some(IncidentState::Open)),
        Some("closed") => Ok(Some(IncidentState::Closed)),
        Some(other) => {
            let detail = format!("`state` must be open or closed, not `{other}`");
            Err(Problem::field("state", detail))
        }
    }
}

/// Adds what the picture knows: the instance's name.
fn named(mut body: IncidentBody, fleet: &Fleet) -> IncidentBody {
    let view = body.instance.as_ref().and_then(|id| fleet.instances.get(id));
    body.name = view.map(|view| view.name.clone());
    body
}
