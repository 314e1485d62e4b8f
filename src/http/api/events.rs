//! The audit log.

use actix_web::HttpRequest;

use super::{Answer, Here, ok};
use crate::http::body::{EventBody, Page};
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor};
use crate::http::refusal::unread;
use crate::model::{EventId, HostId};
use crate::store::{EventQuery, Order};

/// Events by their number: the oldest first, or with `order=desc` the newest.
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
    let order = order(&mut query)?;
    let after: Option<EventId> = cursor::read(&mut query)?;
    let wanted = EventQuery {
        order,
        cursor: after,
        kind: query.parsed("kind")?,
        host: query.text("host").map(|host| HostId::from(host.as_str())),
        instance: query.parsed("instance")?,
        incident: query.parsed("incident")?,
        // One more, to know whether more follow.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    query.finish()?;
    Ok((wanted, limit))
}

fn order(query: &mut Query) -> Result<Order, Problem> {
    match query.text("order").as_deref() {
        None | Some("asc") => Ok(Order::OldestFirst),
        Some("desc") => Ok(Order::NewestFirst),
        Some(other) => {
            let detail = format!("`order` must be asc or desc, not `{other}`");
            Err(Problem::field("order", detail))
        }
    }
}
