//! Definitions: written when they change, and read whole only when a domain is defined again.

use diesel::prelude::*;

use super::cell::{IdText, Row, micros};
use super::schema::definitions::{self, dsl};
use super::upsert::{Upsert, on_conflict};
use super::{Connection, writable};
use crate::model::{Definition, HostId, InstanceId, Kept};
use crate::store::StoreError;
use crate::store::failure::Failure;
use crate::store::records::Defined;

on_conflict!(Replace of instance: [host, taken_at, persistent, autostart, on_crash, hash, xml]);

/// Writes a definition, new or known.
pub(in crate::store) fn put(conn: &mut Connection, (kept, xml): &Defined) -> Result<(), Failure> {
    let id = IdText::new(kept.instance);
    let insert = diesel::insert_into(definitions::table).values((
        dsl::instance.eq(id.as_str()),
        dsl::host.eq(writable(kept.host.as_str())),
        dsl::taken_at.eq(micros(kept.taken_at)),
        dsl::persistent.eq(kept.persistent),
        dsl::autostart.eq(kept.autostart),
        dsl::on_crash.eq(kept.on_crash.as_str()),
        dsl::hash.eq(kept.hash),
        dsl::xml.eq(writable(xml)),
    ));
    Upsert::<_, Replace>::new(insert).execute(conn)?;
    Ok(())
}

/// Removes the definition of an instance; none is as good.
pub(in crate::store) fn remove(conn: &mut Connection, id: InstanceId) -> Result<(), Failure> {
    diesel::delete(dsl::definitions.find(IdText::new(id).as_str())).execute(conn)?;
    Ok(())
}

/// What is known of all definitions, by instance, without their XML.
pub(in crate::store) fn all(conn: &mut Connection) -> Result<Vec<Kept>, Failure> {
    let rows: Vec<KeptRow> =
        dsl::definitions.select(KeptRow::as_select()).order(dsl::instance).load(conn)?;
    Ok(rows.into_iter().map(KeptRow::into_model).collect::<Result<_, _>>()?)
}

/// All definitions whole, by instance: for a copy.
pub(in crate::store) fn whole(conn: &mut Connection) -> Result<Vec<Defined>, Failure> {
    let rows: Vec<(KeptRow, String)> = dsl::definitions
        .select((KeptRow::as_select(), dsl::xml))
        .order(dsl::instance)
        .load(conn)?;
    let whole = |(row, xml): (KeptRow, String)| Ok((row.into_model()?, xml.into()));
    Ok(rows.into_iter().map(whole).collect::<Result<_, StoreError>>()?)
}

/// The definition of an instance; none where none is kept.
pub(in crate::store) fn find(
    conn: &mut Connection,
    id: InstanceId,
) -> Result<Option<Definition>, Failure> {
    let found: Option<(KeptRow, String)> = dsl::definitions
        .find(IdText::new(id).as_str())
        .select((KeptRow::as_select(), dsl::xml))
        .first(conn)
        .optional()?;
    let Some((row, xml)) = found else { return Ok(None) };
    let Kept { persistent, autostart, on_crash, .. } = row.into_model()?;
    Ok(Some(Definition { xml: xml.into(), persistent, autostart, on_crash }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = definitions)]
struct KeptRow {
    instance: String,
    host: String,
    taken_at: i64,
    persistent: bool,
    autostart: bool,
    on_crash: String,
    hash: i64,
}

impl KeptRow {
    fn into_model(self) -> Result<Kept, StoreError> {
        let row = Row { table: "definitions", key: &self.instance };
        Ok(Kept {
            instance: row.word("instance", &self.instance)?,
            host: HostId::from(self.host.as_str()),
            taken_at: row.time("taken_at", self.taken_at)?,
            persistent: self.persistent,
            autostart: self.autostart,
            on_crash: row.word("on_crash", &self.on_crash)?,
            hash: self.hash,
        })
    }
}
