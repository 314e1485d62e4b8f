//! The audit log: only ever added to.

use diesel::prelude::*;
use serde_json::Value;

use super::cell::{IdText, Row, micros};
use super::schema::events::{self, dsl};
use super::{Connection, writable};
use crate::model::{Event, EventId, HostId, IncidentId};
use crate::store::failure::Failure;
use crate::store::{EventQuery, Order, StoreError};

/// Adds an event.
///
/// # Errors
/// A unique violation where the number is in use.
pub(in crate::store) fn add(conn: &mut Connection, event: &Event) -> Result<(), Failure> {
    let instance = event.instance.map(IdText::new);
    let detail = match &event.detail {
        Value::Null => None,
        set @ (Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => Some(set.to_string()),
    };
    diesel::insert_into(events::table)
        .values((
            dsl::id.eq(event.id.0),
            dsl::at.eq(micros(event.at)),
            dsl::kind.eq(event.kind.as_str()),
            dsl::host.eq(event.host.as_ref().map(|host| writable(host.as_str()))),
            dsl::instance.eq(instance.as_ref().map(IdText::as_str)),
            dsl::incident.eq(event.incident.map(|i| i.0)),
            dsl::author.eq(event.by.as_deref().map(writable)),
            dsl::text.eq(writable(&event.text)),
            dsl::detail.eq(detail),
        ))
        .execute(conn)?;
    Ok(())
}

/// The greatest number in use; 0 where there is none.
pub(in crate::store) fn last(conn: &mut Connection) -> Result<EventId, Failure> {
    let last: Option<i64> = dsl::events.select(diesel::dsl::max(dsl::id)).get_result(conn)?;
    Ok(EventId(last.unwrap_or_default()))
}

/// The whole story of an incident, the oldest first.
pub(in crate::store) fn of_incident(
    conn: &mut Connection,
    id: IncidentId,
) -> Result<Vec<Event>, Failure> {
    let rows: Vec<EventRow> =
        dsl::events.filter(dsl::incident.eq(id.0)).order(dsl::id).load(conn)?;
    to_models(rows)
}

/// Those that a query asks for, in its order.
pub(in crate::store) fn search(
    conn: &mut Connection,
    query: &EventQuery,
) -> Result<Vec<Event>, Failure> {
    let mut found = dsl::events.into_boxed();
    if let Some(kind) = query.kind {
        found = found.filter(dsl::kind.eq(kind.as_str()));
    }
    if let Some(host) = &query.host {
        found = found.filter(dsl::host.eq(writable(host.as_str())));
    }
    if let Some(instance) = query.instance {
        found = found.filter(dsl::instance.eq(IdText::new(instance).as_str().to_owned()));
    }
    if let Some(incident) = query.incident {
        found = found.filter(dsl::incident.eq(incident.0));
    }
    let cursor = query.cursor.map(|cursor| cursor.0);
    found = match query.order {
        Order::OldestFirst => match cursor {
            Some(cursor) => found.filter(dsl::id.gt(cursor)),
            None => found,
        }
        .order(dsl::id.asc()),
        Order::NewestFirst => match cursor {
            Some(cursor) => found.filter(dsl::id.lt(cursor)),
            None => found,
        }
        .order(dsl::id.desc()),
    };
    to_models(found.limit(query.limit.into()).load(conn)?)
}

fn to_models(rows: Vec<EventRow>) -> Result<Vec<Event>, Failure> {
    Ok(rows.into_iter().map(EventRow::into_model).collect::<Result<_, _>>()?)
}

#[derive(Queryable)]
struct EventRow {
    id: i64,
    at: i64,
    kind: String,
    host: Option<String>,
    instance: Option<String>,
    incident: Option<i64>,
    author: Option<String>,
    text: String,
    detail: Option<String>,
}

impl EventRow {
    fn into_model(self) -> Result<Event, StoreError> {
        let row = Row { table: "events", key: &self.id };
        Ok(Event {
            id: EventId(self.id),
            at: row.time("at", self.at)?,
            kind: row.word("kind", &self.kind)?,
            host: self.host.as_deref().map(HostId::from),
            instance: row.word_if("instance", self.instance.as_deref())?,
            incident: self.incident.map(IncidentId),
            by: self.author,
            text: self.text,
            detail: row.word_if("detail", self.detail.as_deref())?.unwrap_or_default(),
        })
    }
}
