//! Deliveries: the outbox. Written once, then only what came of each try.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::prelude::*;

use super::cell::{IdText, Row, micros};
use super::schema::deliveries::{self, dsl};
use super::schema::{incidents, instances};
use super::{Connection, writable};
use super::{attempts, incidents as incident_rows};
use crate::model::{Delivery, DeliveryId, HostId, IncidentId, InstanceId, Severity, Story, Tried};
use crate::store::StoreError;
use crate::store::failure::Failure;

/// What receivers were told of an incident, or are going to be: the receiver and the highest severity.
pub(in crate::store) type Told = (IncidentId, Arc<str>, Severity);

/// Adds a delivery.
///
/// # Errors
/// A unique violation where the number is in use.
pub(in crate::store) fn add(conn: &mut Connection, one: &Delivery) -> Result<(), Failure> {
    diesel::insert_into(deliveries::table)
        .values((
            dsl::id.eq(one.id.0),
            dsl::message.eq(one.message.0),
            dsl::receiver.eq(writable(&one.receiver)),
            dsl::host.eq(writable(one.host.as_str())),
            dsl::incident.eq(one.incident.0),
            dsl::phase.eq(one.phase.as_str()),
            dsl::severity.eq(one.severity.as_str()),
            dsl::created_at.eq(micros(one.created_at)),
            dsl::next_at.eq(micros(one.next_at)),
            dsl::attempts.eq(i64::from(one.attempts)),
            dsl::delivered_at.eq(one.delivered_at.map(micros)),
            dsl::error.eq(one.error.as_deref().map(writable)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Writes what came of a try. What was delivered stays so.
pub(in crate::store) fn tried(conn: &mut Connection, tried: &Tried) -> Result<(), Failure> {
    let ids = tried.deliveries.iter().map(|id| id.0);
    let rows = dsl::deliveries.filter(dsl::id.eq_any(ids)).filter(dsl::delivered_at.is_null());
    let at = micros(tried.at);
    let once_more = dsl::attempts.eq(dsl::attempts + 1);
    match &tried.failed {
        None => diesel::update(rows)
            .set((once_more, dsl::delivered_at.eq(at), dsl::error.eq(None::<&str>)))
            .execute(conn)?,
        Some((why, next)) => diesel::update(rows)
            .set((once_more, dsl::next_at.eq(micros(*next)), dsl::error.eq(writable(why))))
            .execute(conn)?,
    };
    Ok(())
}

/// The next ones after a number, by number: for a copy.
pub(in crate::store) fn page(
    conn: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<Delivery>, Failure> {
    let page = dsl::deliveries.filter(dsl::id.gt(after)).order(dsl::id).limit(limit);
    let rows: Vec<DeliveryRow> = page.load(conn)?;
    Ok(rows.into_iter().map(DeliveryRow::into_model).collect::<Result<_, _>>()?)
}

/// The greatest number in use; 0 where there is none.
pub(in crate::store) fn last(conn: &mut Connection) -> Result<DeliveryId, Failure> {
    let last: Option<i64> = dsl::deliveries.select(diesel::dsl::max(dsl::id)).get_result(conn)?;
    Ok(DeliveryId(last.unwrap_or_default()))
}

/// Who is told of the incidents that are not over. By incident, then by receiver.
pub(in crate::store) fn told(conn: &mut Connection) -> Result<Vec<Told>, Failure> {
    let open = incidents::table.filter(incidents::closed_at.is_null()).select(incidents::id);
    let rows: Vec<(i64, i64, String, String)> = dsl::deliveries
        .filter(dsl::incident.eq_any(open))
        .select((dsl::id, dsl::incident, dsl::receiver, dsl::severity))
        .load(conn)?;
    let mut highest: BTreeMap<(i64, String), Severity> = BTreeMap::new();
    for (id, incident, receiver, severity) in rows {
        let severity = Row { table: "deliveries", key: &id }.word("severity", &severity)?;
        let known = highest.entry((incident, receiver)).or_insert(severity);
        *known = severity.max(*known);
    }
    let told = |((incident, receiver), severity): ((i64, String), _)| {
        (IncidentId(incident), receiver.into(), severity)
    };
    Ok(highest.into_iter().map(told).collect())
}

/// The oldest message of each host that a receiver has not taken yet, by number.
pub(in crate::store) fn heads(
    conn: &mut Connection,
    receiver: &str,
) -> Result<Vec<Delivery>, Failure> {
    let pending = dsl::deliveries
        .filter(dsl::receiver.eq(writable(receiver)))
        .filter(dsl::delivered_at.is_null());
    let heads: Vec<Option<i64>> =
        pending.clone().group_by(dsl::host).select(diesel::dsl::min(dsl::message)).load(conn)?;
    let rows: Vec<DeliveryRow> = pending
        .filter(dsl::message.eq_any(heads.into_iter().flatten()))
        .order(dsl::id)
        .load(conn)?;
    Ok(rows.into_iter().map(DeliveryRow::into_model).collect::<Result<_, _>>()?)
}

/// What a receiver was told last of each incident that is not over, by incident.
pub(in crate::store) fn told_open(
    conn: &mut Connection,
    receiver: &str,
) -> Result<Vec<Delivery>, Failure> {
    let open = incidents::table.filter(incidents::closed_at.is_null()).select(incidents::id);
    let rows: Vec<DeliveryRow> = dsl::deliveries
        .filter(dsl::incident.eq_any(open))
        .filter(dsl::receiver.eq(writable(receiver)))
        .filter(dsl::delivered_at.is_not_null())
        .order(dsl::id)
        .load(conn)?;
    let mut last = BTreeMap::new();
    for row in rows {
        last.insert(row.incident, row);
    }
    Ok(last.into_values().map(DeliveryRow::into_model).collect::<Result<_, _>>()?)
}

/// Deliveries with all that messages say of them. One whose incident is gone is left out.
pub(in crate::store) fn stories(
    conn: &mut Connection,
    deliveries: Vec<Delivery>,
) -> Result<Vec<Story>, Failure> {
    let mut stories = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let Some(incident) = incident_rows::find(conn, delivery.incident)? else { continue };
        let attempts = attempts::of_incident(conn, incident.id)?;
        stories.push(Story { delivery, incident, attempts, names: BTreeMap::new() });
    }
    let concerned = |story: &Story| {
        story.incident.instances.iter().copied().chain(story.incident.instance).collect::<Vec<_>>()
    };
    let all: BTreeSet<InstanceId> = stories.iter().flat_map(concerned).collect();
    let names = names(conn, &all)?;
    for story in &mut stories {
        let known = |id: InstanceId| Some((id, names.get(&id)?.clone()));
        story.names = concerned(story).into_iter().filter_map(known).collect();
    }
    Ok(stories)
}

fn names(
    conn: &mut Connection,
    ids: &BTreeSet<InstanceId>,
) -> Result<BTreeMap<InstanceId, String>, Failure> {
    let mut names = BTreeMap::new();
    // One by one, by their key: a list has no bound that SQLite keeps to.
    for &id in ids {
        let name: Option<String> = instances::table
            .find(IdText::new(id).as_str())
            .select(instances::name)
            .first(conn)
            .optional()?;
        names.extend(name.map(|name| (id, name)));
    }
    Ok(names)
}

#[derive(Queryable)]
struct DeliveryRow {
    id: i64,
    message: i64,
    receiver: String,
    host: String,
    incident: i64,
    phase: String,
    severity: String,
    created_at: i64,
    next_at: i64,
    attempts: i64,
    delivered_at: Option<i64>,
    error: Option<String>,
}

impl DeliveryRow {
    fn into_model(self) -> Result<Delivery, StoreError> {
        let row = Row { table: "deliveries", key: &self.id };
        Ok(Delivery {
            id: DeliveryId(self.id),
            message: DeliveryId(self.message),
            receiver: self.receiver.into(),
            host: HostId::from(self.host.as_str()),
            incident: IncidentId(self.incident),
            phase: row.word("phase", &self.phase)?,
            severity: row.word("severity", &self.severity)?,
            created_at: row.time("created_at", self.created_at)?,
            next_at: row.time("next_at", self.next_at)?,
            attempts: u32::try_from(self.attempts).map_err(|why| row.wrong("attempts", &why))?,
            delivered_at: row.time_if("delivered_at", self.delivered_at)?,
            error: self.error,
        })
    }
}
