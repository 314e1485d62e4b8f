//! Incidents: written whole whenever something about them changes.

use diesel::prelude::*;
use jiff::Timestamp;

use super::cell::{IdText, Row, json_of, micros};
use super::schema::incidents::{self, dsl};
use super::upsert::{Upsert, on_conflict};
use super::{Connection, writable};
use crate::model::{HostId, Incident, IncidentId};
use crate::store::failure::Failure;
use crate::store::{IncidentQuery, IncidentState, StoreError};

// What makes it this incident (whose, since when) stays as it was first written, and so do the
// index entries that hang on it.
on_conflict!(Replace: [
    host, severity, closed_at, desired, observed, resolution, attempts, summary, instances,
]);

/// Writes an incident, new or known.
pub(in crate::store) fn put(conn: &mut Connection, incident: &Incident) -> Result<(), Failure> {
    let instance = incident.instance.map(IdText::new);
    let insert = diesel::insert_into(incidents::table).values((
        dsl::id.eq(incident.id.0),
        dsl::instance.eq(instance.as_ref().map(IdText::as_str)),
        dsl::host.eq(writable(incident.host.as_str())),
        dsl::severity.eq(incident.severity.as_str()),
        dsl::opened_at.eq(micros(incident.opened_at)),
        dsl::closed_at.eq(incident.closed_at.map(micros)),
        dsl::desired.eq(incident.desired.map(|d| d.as_str())),
        dsl::observed.eq(incident.observed.map(|o| o.to_string())),
        dsl::resolution.eq(incident.resolution.map(|r| r.as_str())),
        dsl::attempts.eq(i64::from(incident.attempts)),
        dsl::summary.eq(writable(&incident.summary)),
        dsl::instances.eq(json_of(&incident.instances)),
    ));
    Upsert::<_, Replace>::new(insert).execute(conn)?;
    Ok(())
}

/// All that are not over, by number.
pub(in crate::store) fn open(conn: &mut Connection) -> Result<Vec<Incident>, Failure> {
    let rows: Vec<IncidentRow> =
        dsl::incidents.filter(dsl::closed_at.is_null()).order(dsl::id).load(conn)?;
    to_models(rows)
}

/// The next ones after a number, by number: for a copy.
pub(in crate::store) fn page(
    conn: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<Incident>, Failure> {
    let page = dsl::incidents.filter(dsl::id.gt(after)).order(dsl::id).limit(limit);
    to_models(page.load(conn)?)
}

/// The greatest number in use; 0 where there is none.
pub(in crate::store) fn last(conn: &mut Connection) -> Result<IncidentId, Failure> {
    let last: Option<i64> = dsl::incidents.select(diesel::dsl::max(dsl::id)).get_result(conn)?;
    Ok(IncidentId(last.unwrap_or_default()))
}

/// The incident with this number.
pub(in crate::store) fn find(
    conn: &mut Connection,
    id: IncidentId,
) -> Result<Option<Incident>, Failure> {
    let row: Option<IncidentRow> = dsl::incidents.find(id.0).first(conn).optional()?;
    Ok(row.map(IncidentRow::into_model).transpose()?)
}

/// How many were opened at this time or later.
pub(in crate::store) fn count_since(
    conn: &mut Connection,
    since: Timestamp,
) -> Result<u64, Failure> {
    let count: i64 =
        dsl::incidents.filter(dsl::opened_at.ge(micros(since))).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Those that a query asks for, the newest first.
pub(in crate::store) fn search(
    conn: &mut Connection,
    query: &IncidentQuery,
) -> Result<Vec<Incident>, Failure> {
    let mut found = dsl::incidents.into_boxed();
    match query.state {
        Some(IncidentState::Open) => found = found.filter(dsl::closed_at.is_null()),
        Some(IncidentState::Closed) => found = found.filter(dsl::closed_at.is_not_null()),
        None => {}
    }
    if let Some(host) = &query.host {
        found = found.filter(dsl::host.eq(writable(host.as_str())));
    }
    if let Some(instance) = query.instance {
        found = found.filter(dsl::instance.eq(IdText::new(instance).as_str().to_owned()));
    }
    if let Some(severity) = query.severity {
        found = found.filter(dsl::severity.eq(severity.as_str()));
    }
    if let Some(since) = query.since {
        found = found.filter(dsl::opened_at.ge(micros(since)));
    }
    if let Some(cursor) = query.cursor {
        found = found.filter(dsl::id.lt(cursor.0));
    }
    to_models(found.order(dsl::id.desc()).limit(query.limit.into()).load(conn)?)
}

fn to_models(rows: Vec<IncidentRow>) -> Result<Vec<Incident>, Failure> {
    Ok(rows.into_iter().map(IncidentRow::into_model).collect::<Result<_, _>>()?)
}

#[derive(Queryable)]
struct IncidentRow {
    id: i64,
    instance: Option<String>,
    host: String,
    severity: String,
    opened_at: i64,
    closed_at: Option<i64>,
    desired: Option<String>,
    observed: Option<String>,
    resolution: Option<String>,
    attempts: i64,
    summary: String,
    instances: Option<String>,
}

impl IncidentRow {
    fn into_model(self) -> Result<Incident, StoreError> {
        let row = Row { table: "incidents", key: &self.id };
        Ok(Incident {
            id: IncidentId(self.id),
            instance: row.word_if("instance", self.instance.as_deref())?,
            host: HostId::from(self.host.as_str()),
            severity: row.word("severity", &self.severity)?,
            opened_at: row.time("opened_at", self.opened_at)?,
            closed_at: row.time_if("closed_at", self.closed_at)?,
            desired: row.word_if("desired", self.desired.as_deref())?,
            observed: row.word_if("observed", self.observed.as_deref())?,
            resolution: row.word_if("resolution", self.resolution.as_deref())?,
            attempts: u32::try_from(self.attempts).map_err(|why| row.wrong("attempts", &why))?,
            instances: row.json("instances", self.instances.as_deref())?,
            summary: self.summary,
        })
    }
}
