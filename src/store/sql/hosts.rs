//! Hosts: what an operator said about them. A handful of rows, always read whole.

use diesel::prelude::*;

use super::cell::{Row, micros};
use super::schema::hosts::{self, dsl};
use super::upsert::{Upsert, on_conflict};
use super::{Connection, PROBE, writable};
use crate::model::{HostId, HostRecord, Maintenance};
use crate::store::StoreError;
use crate::store::failure::Failure;

on_conflict!(Replace: [uri, added_at, maintenance_by, maintenance_reason, maintenance_since, seen_at]);

/// Writes a host, new or known.
pub(in crate::store) fn put(conn: &mut Connection, host: &HostRecord) -> Result<(), Failure> {
    let maintenance = host.maintenance.as_ref();
    let insert = diesel::insert_into(hosts::table).values((
        dsl::id.eq(writable(host.id.as_str())),
        dsl::uri.eq(writable(&host.uri)),
        dsl::added_at.eq(micros(host.added_at)),
        dsl::maintenance_by.eq(maintenance.map(|m| writable(&m.by))),
        dsl::maintenance_reason.eq(maintenance.map(|m| writable(&m.reason))),
        dsl::maintenance_since.eq(maintenance.map(|m| micros(m.since))),
        dsl::seen_at.eq(host.seen_at.map(micros)),
    ));
    Upsert::<_, Replace>::new(insert).execute(conn)?;
    Ok(())
}

/// Removes a host; none of that name is as good.
pub(in crate::store) fn remove(conn: &mut Connection, id: &HostId) -> Result<(), Failure> {
    diesel::delete(dsl::hosts.find(writable(id.as_str()))).execute(conn)?;
    Ok(())
}

/// Changes nothing, and writes all the same: nothing less tells whether the database can be written.
pub(in crate::store) fn probe(conn: &mut Connection) -> Result<(), Failure> {
    diesel::sql_query(PROBE).execute(conn)?;
    Ok(())
}

/// All hosts, by name.
pub(in crate::store) fn all(conn: &mut Connection) -> Result<Vec<HostRecord>, Failure> {
    let rows: Vec<HostRow> = dsl::hosts.order(dsl::id).load(conn)?;
    Ok(rows.into_iter().map(HostRow::into_model).collect::<Result<_, _>>()?)
}

#[derive(Queryable)]
struct HostRow {
    id: String,
    uri: String,
    added_at: i64,
    maintenance_by: Option<String>,
    maintenance_reason: Option<String>,
    maintenance_since: Option<i64>,
    seen_at: Option<i64>,
}

impl HostRow {
    fn into_model(self) -> Result<HostRecord, StoreError> {
        let row = Row { table: "hosts", key: &self.id };
        let maintenance =
            match (self.maintenance_by, self.maintenance_reason, self.maintenance_since) {
                (Some(by), Some(reason), Some(since)) => {
                    Some(Maintenance { by, reason, since: row.time("maintenance_since", since)? })
                }
                (None, None, None) => None,
                (_, _, _) => {
                    return Err(row.torn("maintenance_by, maintenance_reason, maintenance_since"));
                }
            };
        Ok(HostRecord {
            added_at: row.time("added_at", self.added_at)?,
            id: HostId::from(self.id.as_str()),
            uri: self.uri,
            seen_at: row.time_if("seen_at", self.seen_at)?,
            maintenance,
        })
    }
}
