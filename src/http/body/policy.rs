//! Policies as they apply, cell by cell.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{Action, Condition, DesiredState, Severity, State, UnknownWord};
use crate::policy::{Cell, Exhausted, Layer, Matched, Rule, Table, explain};

/// A policy, with what applies to every condition (`state/reason`) under each desired state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyBody {
    /// Its name.
    pub name: String,
    /// Where running is desired.
    pub running: BTreeMap<String, CellBody>,
    /// Where paused is desired.
    pub paused: BTreeMap<String, CellBody>,
    /// Where shutoff is desired.
    pub shutoff: BTreeMap<String, CellBody>,
}

/// What applies to one condition where one state is desired. All but `in_sync` is null where the
/// condition is as desired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CellBody {
    /// Whether the condition is as desired.
    pub in_sync: bool,
    /// In which layer the rule stands: `named`, `default` or `built-in`.
    #[schema(required, value_type = Option<Layer>)]
    pub layer: Option<String>,
    /// The rule's key: `state/reason`, `state` or `otherwise`.
    #[schema(required)]
    pub rule: Option<String>,
    /// What is done.
    #[schema(required)]
    pub action: Option<Action>,
    /// How long the mismatch must hold first.
    #[schema(required)]
    pub grace: Option<String>,
    /// How often it is tried; null for an action that only reports or changes the record.
    #[schema(required)]
    pub retry: Option<RetryBody>,
    /// What happens when the attempts are spent: `slow`, `stop` or `accept`; null as for `retry`.
    #[schema(required, value_type = Option<Exhausted>)]
    pub exhausted: Option<String>,
    /// The pace of `slow`; null otherwise.
    #[schema(required)]
    pub slow_interval: Option<String>,
    /// How long after a `shutdown` the domain is destroyed; null for other actions.
    #[schema(required)]
    pub force_after: Option<String>,
    /// An instance last seen active longer ago than this is only reported.
    #[schema(required)]
    pub max_downtime: Option<String>,
    /// How much what is reported matters.
    #[schema(required)]
    pub severity: Option<Severity>,
}

/// How often an action is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetryBody {
    /// Attempts in all.
    pub attempts: u32,
    /// The delay before the second.
    pub initial: String,
    /// What each further delay is multiplied with.
    pub factor: f64,
    /// The longest delay.
    pub max: String,
    /// How far a delay is varied, as a share of it.
    pub jitter: f64,
    /// How long without a break in the desired state until the budget is fresh.
    pub window: String,
}

/// The answer of `POST /api/v1/policies/explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    /// The policy that was asked.
    pub policy: String,
    /// What is desired.
    pub desired: DesiredState,
    /// What is seen, as `state/reason`.
    pub observed: String,
    /// What applies.
    #[serde(flatten)]
    pub cell: CellBody,
    /// The same in sentences.
    pub text: String,
}

/// A state with whatever reason, or with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `state`.
    State(State),
    /// `state/reason`; or `missing`, which has no reason.
    Exactly(Condition),
}

impl FromStr for Asked {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text.contains('/') {
            text.parse().map(Self::Exactly)
        } else {
            text.parse().map(Self::State)
        }
    }
}

impl Explained {
    /// What a policy says. A state alone is its reason `unknown`; the text then tells to which of
    /// its other reasons another rule applies.
    #[must_use]
    pub fn new(table: &Table, desired: DesiredState, asked: Asked) -> Self {
        match asked {
            Asked::Exactly(seen) => Self::of(table, desired, seen),
            Asked::State(state) => {
                let said = Self::of(table, desired, Condition::new(state, "unknown"));
                let others = others(table, desired, state);
                Self { text: format!("{}{others}", said.text), ..said }
            }
        }
    }

    fn of(table: &Table, desired: DesiredState, seen: Condition) -> Self {
        let said = explain(table, desired, seen);
        Self {
            policy: said.policy,
            desired,
            observed: seen.to_string(),
            cell: said.matched.as_ref().map_or_else(CellBody::in_sync, CellBody::rule),
            text: said.text,
        }
    }
}

/// What is done about those reasons of a state for which it is not the same as for `unknown`.
fn others(table: &Table, desired: DesiredState, state: State) -> String {
    let unknown = Condition::new(state, "unknown");
    let rule = |seen| explain(table, desired, seen).matched.map(|matched| matched.rule);
    let usual = rule(unknown);
    let others = Condition::of_state(state).filter(|&seen| rule(seen) != usual);
    let said: Vec<_> = others.map(|seen| format!("{seen} ({})", briefly(rule(seen)))).collect();
    if said.is_empty() {
        return String::new();
    }
    format!(" A state without a reason is read as {unknown}. Not the same: {}.", said.join(", "))
}

fn briefly(rule: Option<Rule>) -> String {
    let Some(rule) = rule else { return "in sync".to_owned() };
    let grace = if rule.grace.is_zero() {
        String::new()
    } else {
        format!(" after {}", humantime::format_duration(rule.grace))
    };
    format!("{}{grace}, {}", rule.action, rule.severity)
}

impl From<&Table> for PolicyBody {
    fn from(table: &Table) -> Self {
        let column = |desired| {
            let cell = |&seen: &Condition| {
                let cell = match table.cell(desired, seen) {
                    Cell::InSync => CellBody::in_sync(),
                    Cell::Rule(matched) => CellBody::rule(matched),
                };
                (seen.to_string(), cell)
            };
            Condition::ALL.iter().map(cell).collect()
        };
        Self {
            name: table.name().to_owned(),
            running: column(DesiredState::Running),
            paused: column(DesiredState::Paused),
            shutoff: column(DesiredState::Shutoff),
        }
    }
}

impl CellBody {
    const fn in_sync() -> Self {
        Self {
            in_sync: true,
            layer: None,
            rule: None,
            action: None,
            grace: None,
            retry: None,
            exhausted: None,
            slow_interval: None,
            force_after: None,
            max_downtime: None,
            severity: None,
        }
    }

    fn rule(matched: &Matched) -> Self {
        let rule = &matched.rule;
        let acts = rule.action.command().is_some();
        let is_slow = acts && rule.exhausted == Exhausted::Slow;
        let text = |duration| humantime::format_duration(duration).to_string();
        Self {
            in_sync: false,
            layer: Some(matched.layer.as_str().to_owned()),
            rule: Some(matched.key.to_string()),
            action: Some(rule.action),
            grace: Some(text(rule.grace)),
            retry: acts.then(|| RetryBody {
                attempts: rule.retry.attempts,
                initial: text(rule.retry.initial),
                factor: rule.retry.factor,
                max: text(rule.retry.max),
                jitter: rule.retry.jitter,
                window: text(rule.retry.window),
            }),
            exhausted: acts.then(|| rule.exhausted.as_str().to_owned()),
            slow_interval: is_slow.then(|| text(rule.slow_interval)),
            force_after: (rule.action == Action::Shutdown).then(|| text(rule.force_after)),
            max_downtime: rule.max_downtime.map(text),
            severity: Some(rule.severity),
        }
    }
}
