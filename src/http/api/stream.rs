//! The audit log as it grows.

use actix_web::http::Method;
use actix_web::http::header::{ContentEncoding, HeaderMap, HeaderName};
use actix_web::{HttpRequest, HttpResponse};

use super::events::EventFilter;
use super::{Answer, Here};
use crate::http::openapi::{Cursor, LastEventId, StreamEvent, Unavailable};
use crate::http::problem::Problem;
use crate::http::query::{Query, cursor};
use crate::http::refusal::unread;
use crate::http::stream::Feed;
use crate::model::EventId;
use crate::store::EventQuery;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Events as they come. From `Last-Event-ID` on, or for those who cannot set headers from
/// `last_event_id` or the `cursor` of a list; without any, those from now on.
#[utoipa::path(
    get,
    path = "/api/v1/events/stream",
    params(
        EventFilter,
        (
            "Last-Event-ID" = Option<LastEventId>,
            Header,
            description = "The number of the last event that one has; empty is as good as none.",
        ),
        (
            "last_event_id" = Option<EventId>,
            Query,
            description = "The same, where a header cannot be set.",
        ),
        (
            "cursor" = Option<Cursor>,
            Query,
            description = "The same, as the `next` of `GET /api/v1/events`.",
        ),
    ),
    responses(
        (
            status = 200,
            description = "Server-sent events; the schema is that of one of them.",
            body = StreamEvent,
            content_type = "text/event-stream",
        ),
        Unavailable,
    ),
)]
pub(in crate::http) async fn stream(request: HttpRequest, here: Here) -> Answer {
    let (wanted, asked) = wanted(Query::of(&request)?)?;
    // A browser that resumes asks by the same address, and says in the header how far it came.
    let after = last_event_id(request.headers())?.or(asked);
    let mut head = HttpResponse::Ok();
    head.content_type("text/event-stream; charset=utf-8")
        // Nothing on the way is to keep it together until it is worth sending.
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(ContentEncoding::Identity);
    if request.method() == Method::HEAD {
        return Ok(head.finish());
    }
    let (pages, body) = here.streams.open()?;
    let feed = Feed::after(after, wanted, here.store.clone(), &here.streams);
    let feed = feed.await.map_err(|error| unread(&error))?;
    actix_web::rt::spawn(feed.run(pages));
    Ok(head.streaming(body))
}

/// Which events a query asks for, and after which.
pub(in crate::http) fn wanted(mut query: Query) -> Result<(EventQuery, Option<EventId>), Problem> {
    let (number, page) = (query.parsed("last_event_id")?.map(EventId), cursor::read(&mut query)?);
    let wanted = EventFilter::read(&mut query)?.into();
    query.finish()?;
    Ok((wanted, number.or(page)))
}

/// The event after which a `Last-Event-ID` asks to go on.
pub(in crate::http) fn last_event_id(headers: &HeaderMap) -> Result<Option<EventId>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|v| !v.is_empty()) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(|number| Some(EventId(number))).ok_or_else(|| {
        Problem::field("Last-Event-ID", "`Last-Event-ID` must be the number of an event")
    })
}
