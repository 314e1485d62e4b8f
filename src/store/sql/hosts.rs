//! Hosts: what an operator said about them. A handful of rows, always read whole.

use diesel::prelude::*;

use super::cell::{Row, micros};
use super::schema::hosts::{self, dsl};
use super::upsert::{Upsert, on_conflict};
use crate::model::{HostId, HostRecord, Maintenance};
use crate::store::StoreError;
use crate::store::failure::Failure;

on_conflict!(Replace: [uri, added_at, maintenance_by, maintenance_reason, maintenance_since, seen_at]);

/// Writes a host, new or known.
pub(in crate::store) fn put(conn: &mut SqliteConnection, host: &HostRecord) -> Result<(), Failure> {
    let maintenance = host.maintenance.as_ref();
    let insert = diesel::insert_into(hosts::table).values((
        dsl::id.eq(host.id.as_str()),
        dsl::uri.eq(&host.uri),
        dsl::added_at.eq(micros(host.added_at)),
        dsl::maintenance_by.eq(maintenance.map(|m| &m.by)),
        dsl::maintenance_reason.eq(maintenance.map(|m| &m.reason)),
        dsl::maintenance_since.eq(maintenance.map(|m| micros(m.since))),
        dsl::seen_at.eq(host.seen_at.map(micros)),
    ));
    Upsert::<_, Replace>::new(insert).execute(conn)?;
    Ok(())
}

/// Removes a host; none of that name is as good.
pub(in crate::store) fn remove(conn: &mut SqliteConnection, id: &HostId) -> Result<(), Failure> {
    diesel::delete(dsl::hosts.find(id.as_str())).execute(conn)?;
    Ok(())
}

/// Changes nothing, and writes a page all the same: the one that has the version field, which is
/// not used here, with what it has. Nothing less tells whether the database can be written: SQLite
/// opens a file that it may not write for reading and lets a transaction for writing begin on it,
/// and that a disk is full shows only in what needs room.
pub(in crate::store) fn probe(conn: &mut SqliteConnection) -> Result<(), Failure> {
    diesel::sql_query("PRAGMA user_version = 0").execute(conn)?;
    Ok(())
}

/// All hosts, by name.
pub(in crate::store) fn all(conn: &mut SqliteConnection) -> Result<Vec<HostRecord>, Failure> {
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
