//! Attempts: an intent, written once; then its outcome, written once.

use diesel::prelude::*;

use super::cell::{IdText, Row, micros};
use super::schema::attempts::{self, dsl};
use super::schema::instances;
use super::upsert::{Upsert, on_conflict};
use super::{Connection, writable};
use crate::model::{Attempt, AttemptId, Command, Generation, HostId, IncidentId, Outcome};
use crate::store::StoreError;
use crate::store::failure::Failure;

// The intent stays as it was written, and an outcome is not overwritten. A number that is in use
// for another instance is a mistake of the same kind.
on_conflict!(AddOutcome: [outcome, outcome_at, outcome_detail],
    if "attempts.outcome IS NULL AND attempts.instance = excluded.instance");

/// Writes an intent, or adds the outcome to one.
///
/// # Errors
/// [`StoreError::Stale`] where the stored attempt has its outcome already.
pub(in crate::store) fn put(conn: &mut Connection, attempt: &Attempt) -> Result<(), Failure> {
    let instance = IdText::new(attempt.instance);
    let outcome = attempt.outcome.as_ref();
    let insert = diesel::insert_into(attempts::table).values((
        dsl::id.eq(attempt.id.0),
        dsl::instance.eq(instance.as_str()),
        dsl::host.eq(writable(attempt.host.as_str())),
        dsl::incident.eq(attempt.incident.map(|i| i.0)),
        dsl::generation.eq(attempt.generation.0),
        dsl::command.eq(attempt.command.as_str()),
        dsl::at.eq(micros(attempt.at)),
        dsl::outcome.eq(outcome.map(|o| o.kind.as_str())),
        dsl::outcome_at.eq(outcome.map(|o| micros(o.at))),
        dsl::outcome_detail.eq(outcome.and_then(|o| o.detail.as_deref()).map(writable)),
    ));
    match Upsert::<_, AddOutcome>::new(insert).execute(conn)? {
        0 => Err(Failure::Store(StoreError::Stale { instance: attempt.instance })),
        _ => Ok(()),
    }
}

/// All that count or are under way: those of each instance's current generation since its
/// budget's beginning, and every one without an outcome. By number.
pub(in crate::store) fn counting(conn: &mut Connection) -> Result<Vec<Attempt>, Failure> {
    // A left join, whose empty rows are dropped here: it makes SQLite go from the few instances to
    // the many attempts by their index, and not the other way.
    let of_budgets: Vec<Option<AttemptRow>> = instances::table
        .left_join(
            dsl::attempts.on(dsl::instance
                .eq(instances::id)
                .and(dsl::at.ge(instances::budget_since))
                .and(dsl::generation.eq(instances::desired_generation))),
        )
        .select(attempts::all_columns.nullable())
        .load(conn)?;
    let unfinished: Vec<AttemptRow> = dsl::attempts.filter(dsl::outcome.is_null()).load(conn)?;
    let mut rows: Vec<AttemptRow> = of_budgets.into_iter().flatten().chain(unfinished).collect();
    rows.sort_unstable_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    to_models(rows)
}

/// The shutdowns of each instance's earlier generations that may be answered yet. By number.
pub(in crate::store) fn shutdowns_before(conn: &mut Connection) -> Result<Vec<Attempt>, Failure> {
    let within = i64::try_from(Attempt::SHUTDOWN_ANSWERED_WITHIN.as_micros()).unwrap_or(i64::MAX);
    // A left join for the same reason as above.
    let rows: Vec<Option<AttemptRow>> = instances::table
        .left_join(
            dsl::attempts.on(dsl::instance
                .eq(instances::id)
                .and(dsl::at.ge(instances::desired_since - within))
                .and(dsl::generation.lt(instances::desired_generation))
                .and(dsl::command.eq(Command::Shutdown.as_str()))),
        )
        .select(attempts::all_columns.nullable())
        .order(dsl::id)
        .load(conn)?;
    to_models(rows.into_iter().flatten().collect())
}

/// Those of an incident, by number.
pub(in crate::store) fn of_incident(
    conn: &mut Connection,
    id: IncidentId,
) -> Result<Vec<Attempt>, Failure> {
    let rows: Vec<AttemptRow> =
        dsl::attempts.filter(dsl::incident.eq(id.0)).order(dsl::id).load(conn)?;
    to_models(rows)
}

/// The next ones after a number, by number: for a copy.
pub(in crate::store) fn page(
    conn: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<Attempt>, Failure> {
    let page = dsl::attempts.filter(dsl::id.gt(after)).order(dsl::id).limit(limit);
    to_models(page.load(conn)?)
}

/// The greatest number in use; 0 where there is none.
pub(in crate::store) fn last(conn: &mut Connection) -> Result<AttemptId, Failure> {
    let last: Option<i64> = dsl::attempts.select(diesel::dsl::max(dsl::id)).get_result(conn)?;
    Ok(AttemptId(last.unwrap_or_default()))
}

fn to_models(rows: Vec<AttemptRow>) -> Result<Vec<Attempt>, Failure> {
    Ok(rows.into_iter().map(AttemptRow::into_model).collect::<Result<_, _>>()?)
}

#[derive(Queryable)]
struct AttemptRow {
    id: i64,
    instance: String,
    host: String,
    incident: Option<i64>,
    generation: i64,
    command: String,
    at: i64,
    outcome: Option<String>,
    outcome_at: Option<i64>,
    outcome_detail: Option<String>,
}

impl AttemptRow {
    fn into_model(self) -> Result<Attempt, StoreError> {
        let row = Row { table: "attempts", key: &self.id };
        let outcome = match (self.outcome, self.outcome_at, self.outcome_detail) {
            (Some(kind), Some(at), detail) => Some(Outcome {
                kind: row.word("outcome", &kind)?,
                at: row.time("outcome_at", at)?,
                detail,
            }),
            (None, None, None) => None,
            (_, _, _) => return Err(row.torn("outcome, outcome_at, outcome_detail")),
        };
        Ok(Attempt {
            id: AttemptId(self.id),
            instance: row.word("instance", &self.instance)?,
            host: HostId::from(self.host.as_str()),
            incident: self.incident.map(IncidentId),
            generation: Generation(self.generation),
            command: row.word("command", &self.command)?,
            at: row.time("at", self.at)?,
            outcome,
        })
    }
}
