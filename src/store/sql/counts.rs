//! How many rows there are.

use diesel::prelude::*;

use super::Connection;
use super::schema::{attempts, definitions, deliveries, events, hosts, incidents, instances};
use crate::store::failure::Failure;

/// The rows of each table, by its name.
pub(in crate::store) fn all(conn: &mut Connection) -> Result<Vec<(&'static str, u64)>, Failure> {
    let rows: [(&'static str, i64); 7] = [
        ("hosts", hosts::table.count().get_result(conn)?),
        ("instances", instances::table.count().get_result(conn)?),
        ("definitions", definitions::table.count().get_result(conn)?),
        ("incidents", incidents::table.count().get_result(conn)?),
        ("attempts", attempts::table.count().get_result(conn)?),
        ("deliveries", deliveries::table.count().get_result(conn)?),
        ("events", events::table.count().get_result(conn)?),
    ];
    Ok(rows.map(|(table, rows)| (table, u64::try_from(rows).unwrap_or_default())).into())
}
