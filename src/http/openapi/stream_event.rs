//! What comes by the event stream.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::words::one_of;
use crate::http::stream::{Farewell, LastWord};
use crate::model::EventKind;

/// One server-sent event.
pub(in crate::http) struct StreamEvent;

impl PartialSchema for StreamEvent {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let number = text().pattern(Some("^[0-9]+$"));
        let data = text().content_media_type("application/json");
        ObjectBuilder::new()
            .description(Some(
                "An event of the audit log, or the last word of a stream that the service ends.",
            ))
            .property("id", number.description(Some("The number; the last word has none.")))
            .property("event", one_of(kinds()))
            .property("data", data.description(Some("The event as in the list, or why it ends.")))
            .required("event")
            .required("data")
            .into()
    }
}

impl ToSchema for StreamEvent {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("StreamEvent")
    }
}

/// The schemas that are referred to only from within the data.
pub(super) fn schemas() -> [(String, RefOr<Schema>); 1] {
    [(LastWord::name().into_owned(), LastWord::schema())]
}

fn kinds() -> impl Iterator<Item = &'static str> {
    let kinds = EventKind::ALL.iter().map(|kind| kind.as_str());
    kinds.chain(Farewell::ALL.iter().map(|why| why.name()))
}
