//! How events look on the wire (the HTML standard, "server-sent events").

use actix_web::web::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::body::EventBody;
use crate::http::problem::json_text;
use crate::model::{Event, EventId};

/// After how many milliseconds a reader that lost the stream asks for it again.
const RETRY_MILLISECONDS: u32 = 2000;

/// A comment, which readers skip.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

/// Why a stream ends by the service's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Farewell {
    /// The reader takes less than there is.
    Lagged,
    /// The service ends.
    Ending,
    /// The database cannot be read.
    Unreadable,
}

impl Farewell {
    /// Every value.
    pub(in crate::http) const ALL: &'static [Self] =
        &[Self::Lagged, Self::Ending, Self::Unreadable];

    /// What the event is called.
    pub(in crate::http) const fn name(self) -> &'static str {
        match self {
            Self::Lagged => "lagged",
            Self::Ending => "ending",
            Self::Unreadable => "unreadable",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Lagged => {
                "this reader does not keep up, and the stream ends: ask again with Last-Event-ID, \
                 and nothing is lost"
            }
            Self::Ending => {
                "the service ends, and the stream with it: ask again with Last-Event-ID when it is \
                 back, and nothing is lost"
            }
            Self::Unreadable => {
                "the database cannot be read, and the stream ends: ask again later with \
                 Last-Event-ID, and nothing is lost"
            }
        }
    }
}

/// What the last event says.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct LastWord {
    /// The number of the last event that was sent: to go on from.
    last_event_id: EventId,
    /// Why the stream ends, in a sentence.
    text: &'static str,
}

/// The first of a stream: from where it goes on. Without data it is no event, but from then on the
/// reader has a number to resume from, also if it is cut off before the first event.
pub(super) fn opening(after: EventId) -> Bytes {
    format!("retry: {RETRY_MILLISECONDS}\nid: {}\n\n", after.0).into()
}

/// Events, one after the other.
pub(super) fn page(events: Vec<Event>) -> Bytes {
    let mut text = String::new();
    for event in events {
        let (id, kind) = (event.id.0, event.kind);
        // JSON has no line ends in it.
        let data = json_text(&EventBody::from(event));
        text.push_str(&format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"));
    }
    text.into()
}

/// The last of a stream.
pub(super) fn farewell(why: Farewell, last: EventId) -> Bytes {
    let said = json_text(&LastWord { last_event_id: last, text: why.text() });
    format!("event: {}\ndata: {said}\n\n", why.name()).into()
}
