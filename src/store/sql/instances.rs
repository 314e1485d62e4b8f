//! Instances. A write is guarded by the generation of the desired state: an older one never
//! replaces a newer one, whoever holds it in memory.

use diesel::prelude::*;

use super::cell::{IdText, Row, json_of, micros};
use super::schema::instances::{self, dsl};
use super::upsert::{Upsert, on_conflict};
use super::{Connection, writable};
use crate::model::{
    Budget, Configured, Desired, Generation, HostId, Instance, InstanceId, LastActive, Observed,
};
use crate::store::StoreError;
use crate::store::failure::Failure;

on_conflict!(ReplaceIfNotNewer: [
    name, host, policy, priority, added_at,
    desired_state, desired_generation, desired_since, desired_by,
    settled, in_sync_since,
    observed, observed_since, observed_source, down_with,
    last_active_host, last_active_at,
    budget_since,
    holds,
    configured_desired, configured_policy, configured_priority,
], if "instances.desired_generation <= excluded.desired_generation");

/// Writes an instance, new or known.
///
/// # Errors
/// [`StoreError::Stale`] where the stored generation is newer.
pub(in crate::store) fn put(conn: &mut Connection, instance: &Instance) -> Result<(), Failure> {
    let id = IdText::new(instance.id);
    let by = instance.desired.by.to_string();
    let observed = instance.observed.as_ref();
    let last_active = instance.last_active.as_ref();
    let holds = json_of(&instance.holds);
    let configured = instance.configured.as_ref();
    let insert = diesel::insert_into(instances::table).values((
        dsl::id.eq(id.as_str()),
        dsl::name.eq(writable(&instance.name)),
        dsl::host.eq(writable(instance.host.as_str())),
        dsl::policy.eq(writable(&instance.policy)),
        dsl::priority.eq(instance.priority),
        dsl::added_at.eq(micros(instance.added_at)),
        dsl::desired_state.eq(instance.desired.state.as_str()),
        dsl::desired_generation.eq(instance.desired.generation.0),
        dsl::desired_since.eq(micros(instance.desired.since)),
        dsl::desired_by.eq(writable(&by)),
        dsl::settled.eq(instance.settled),
        dsl::in_sync_since.eq(instance.in_sync_since.map(micros)),
        dsl::observed.eq(observed.map(|o| o.condition.to_string())),
        dsl::observed_since.eq(observed.map(|o| micros(o.since))),
        dsl::observed_source.eq(observed.map(|o| o.source.as_str())),
        dsl::down_with.eq(instance.down_with.map(|with| with.as_str())),
        dsl::last_active_host.eq(last_active.map(|l| writable(l.host.as_str()))),
        dsl::last_active_at.eq(last_active.map(|l| micros(l.at))),
        dsl::budget_since.eq(micros(instance.budget.since)),
        dsl::holds.eq(holds),
        dsl::configured_desired.eq(configured.map(|c| c.desired.as_str())),
        dsl::configured_policy.eq(configured.map(|c| writable(&c.policy))),
        dsl::configured_priority.eq(configured.map(|c| c.priority)),
    ));
    match Upsert::<_, ReplaceIfNotNewer>::new(insert).execute(conn)? {
        0 => Err(Failure::Store(StoreError::Stale { instance: instance.id })),
        _ => Ok(()),
    }
}

/// Removes an instance; none of that identity is as good.
pub(in crate::store) fn remove(conn: &mut Connection, id: InstanceId) -> Result<(), Failure> {
    diesel::delete(dsl::instances.find(IdText::new(id).as_str())).execute(conn)?;
    Ok(())
}

/// All instances, by identity.
pub(in crate::store) fn all(conn: &mut Connection) -> Result<Vec<Instance>, Failure> {
    let rows: Vec<InstanceRow> = dsl::instances.order(dsl::id).load(conn)?;
    Ok(rows.into_iter().map(InstanceRow::into_model).collect::<Result<_, _>>()?)
}

#[derive(Queryable)]
struct InstanceRow {
    id: String,
    name: String,
    host: String,
    policy: String,
    priority: i32,
    added_at: i64,
    desired_state: String,
    desired_generation: i64,
    desired_since: i64,
    desired_by: String,
    settled: bool,
    in_sync_since: Option<i64>,
    observed: Option<String>,
    observed_since: Option<i64>,
    observed_source: Option<String>,
    down_with: Option<String>,
    last_active_host: Option<String>,
    last_active_at: Option<i64>,
    budget_since: i64,
    holds: Option<String>,
    configured_desired: Option<String>,
    configured_policy: Option<String>,
    configured_priority: Option<i32>,
}

impl InstanceRow {
    fn into_model(self) -> Result<Instance, StoreError> {
        let row = Row { table: "instances", key: &self.id };
        let observed = match (&self.observed, self.observed_since, &self.observed_source) {
            (Some(condition), Some(since), Some(source)) => Some(Observed {
                condition: row.word("observed", condition)?,
                since: row.time("observed_since", since)?,
                source: row.word("observed_source", source)?,
            }),
            (None, None, None) => None,
            (_, _, _) => return Err(row.torn("observed, observed_since, observed_source")),
        };
        let last_active = match (&self.last_active_host, self.last_active_at) {
            (Some(host), Some(at)) => Some(LastActive {
                host: HostId::from(host.as_str()),
                at: row.time("last_active_at", at)?,
            }),
            (None, None) => None,
            (_, _) => return Err(row.torn("last_active_host, last_active_at")),
        };
        let configured =
            match (&self.configured_desired, self.configured_policy, self.configured_priority) {
                (Some(desired), Some(policy), Some(priority)) => Some(Configured {
                    desired: row.word("configured_desired", desired)?,
                    policy,
                    priority,
                }),
                (None, None, None) => None,
                (_, _, _) => {
                    return Err(
                        row.torn("configured_desired, configured_policy, configured_priority")
                    );
                }
            };
        Ok(Instance {
            id: row.word("id", &self.id)?,
            host: HostId::from(self.host.as_str()),
            priority: self.priority,
            added_at: row.time("added_at", self.added_at)?,
            desired: Desired {
                state: row.word("desired_state", &self.desired_state)?,
                generation: Generation(self.desired_generation),
                since: row.time("desired_since", self.desired_since)?,
                by: row.word("desired_by", &self.desired_by)?,
            },
            settled: self.settled,
            in_sync_since: row.time_if("in_sync_since", self.in_sync_since)?,
            observed,
            down_with: row.word_if("down_with", self.down_with.as_deref())?,
            last_active,
            budget: Budget { since: row.time("budget_since", self.budget_since)? },
            holds: row.json("holds", self.holds.as_deref())?,
            configured,
            name: self.name,
            policy: self.policy,
        })
    }
}
