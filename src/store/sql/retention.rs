//! What is old is removed: the audit log, incidents that are over, and what belongs to them.
//!
//! A step removes the oldest of each table, and no more than it is told: it shares the arbiter's
//! transactions. What still counts stays however old it is: open incidents with all that belongs
//! to them, and attempts that count against a budget. The newest row of each table stays too, for
//! the next number is made from the last.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use jiff::Timestamp;

use super::Connection;
use super::cell::{Row, micros};
use super::schema::{attempts, deliveries, events, incidents, instances};
use super::{attempts as attempt_rows, deliveries as delivery_rows, incidents as incident_rows};
use crate::store::failure::Failure;
use crate::store::{Forgotten, Retention};

/// Takes one step.
pub(in crate::store) fn forget(
    conn: &mut Connection,
    step: Retention,
) -> Result<Forgotten, Failure> {
    let before = micros(step.before);
    // Attempts go before their incidents: they refer to them.
    let removed = [
        old_attempts(conn, before, step.rows)?,
        old_incidents(conn, before, step.rows)?,
        old_events(conn, before, step.rows)?,
    ];
    let most = usize::try_from(step.rows).unwrap_or(usize::MAX);
    Ok(Forgotten {
        rows: removed.iter().sum(),
        more: removed.iter().any(|&rows| rows >= most),
        oldest: oldest(conn)?,
    })
}

/// The time of the first line of the audit log that there is. Nothing that is forgotten is older.
pub(in crate::store) fn oldest(conn: &mut Connection) -> Result<Option<Timestamp>, Failure> {
    let first: Option<(i64, i64)> =
        events::table.select((events::id, events::at)).order(events::id).first(conn).optional()?;
    let time = |(id, at): (i64, i64)| Row { table: "events", key: &id }.time("at", at);
    Ok(first.map(time).transpose()?)
}

/// Attempts that are over, of incidents that are over or of none. None of those that count, by the
/// same rule by which they are read at a start.
fn old_attempts(conn: &mut Connection, before: i64, rows: u32) -> Result<usize, Failure> {
    let counts = instances::table.filter(
        instances::id
            .eq(attempts::instance)
            .and(instances::budget_since.le(attempts::at))
            .and(instances::desired_generation.eq(attempts::generation)),
    );
    let open = incidents::table.filter(
        incidents::id
            .nullable()
            .eq(attempts::incident)
            .and(incidents::closed_at.is_null().or(incidents::closed_at.ge(before))),
    );
    let old: Vec<i64> = attempts::table
        .filter(attempts::at.lt(before))
        .filter(attempts::outcome_at.lt(before))
        .filter(attempts::id.ne(attempt_rows::last(conn)?.0))
        .filter(not(exists(counts)))
        .filter(not(exists(open)))
        .select(attempts::id)
        .order(attempts::id)
        .limit(rows.into())
        .load(conn)?;
    Ok(diesel::delete(attempts::table.filter(attempts::id.eq_any(old))).execute(conn)?)
}

/// Incidents that are over and have no attempts any more, with what receivers were told of them. What
/// was not delivered for so long after its incident was over is told to nobody.
fn old_incidents(conn: &mut Connection, before: i64, rows: u32) -> Result<usize, Failure> {
    let last_delivery = delivery_rows::last(conn)?.0;
    let of_it = attempts::table.filter(attempts::incident.eq(incidents::id.nullable()));
    let told_last = deliveries::table
        .filter(deliveries::id.eq(last_delivery).and(deliveries::incident.eq(incidents::id)));
    let old: Vec<i64> = incidents::table
        .filter(incidents::opened_at.lt(before))
        .filter(incidents::closed_at.lt(before))
        .filter(incidents::id.ne(incident_rows::last(conn)?.0))
        .filter(not(exists(of_it)))
        .filter(not(exists(told_last)))
        .select(incidents::id)
        .order(incidents::opened_at)
        .limit(rows.into())
        .load(conn)?;
    let told = deliveries::table.filter(deliveries::incident.eq_any(&old));
    diesel::delete(told).execute(conn)?;
    Ok(diesel::delete(incidents::table.filter(incidents::id.eq_any(old))).execute(conn)?)
}

/// The audit log from its beginning up to the first line that is not old: it has no gaps.
fn old_events(conn: &mut Connection, before: i64, rows: u32) -> Result<usize, Failure> {
    // One more than may go: the newest is never among those that do.
    let first: Vec<(i64, i64)> = events::table
        .select((events::id, events::at))
        .order(events::id)
        .limit(i64::from(rows) + 1)
        .load(conn)?;
    let mut old = first.iter().take_while(|(_, at)| *at < before).count();
    if old == first.len() {
        old = old.saturating_sub(1);
    }
    let Some((last, _)) = old.checked_sub(1).and_then(|last| first.get(last)) else {
        return Ok(0);
    };
    Ok(diesel::delete(events::table.filter(events::id.le(*last))).execute(conn)?)
}
