//! What is sent to the service. Fields that are not known are errors: a misspelt one would be
//! ignored otherwise, and its sender believe it was heard.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Asked;
use crate::http::openapi::{DomainName, HoldTime, Priority, Reason, StateReason};
use crate::model::{DesiredState, HostId, InstanceId};

/// `PUT /api/v1/instances/{id}/desired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DesiredChange {
    /// What it is to be.
    pub state: DesiredState,
}

/// `POST /api/v1/instances`: a domain by its UUID or by its name on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstance {
    /// The domain's UUID.
    #[schema(value_type = InstanceId, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InstanceId>,
    /// The domain's name.
    #[schema(value_type = DomainName, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The host that has the domain.
    pub host: HostId,
    /// What it is to be.
    pub desired: DesiredState,
    /// Its policy; `default` if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Higher comes back first; 0 if none.
    #[schema(value_type = Option<Priority>)]
    #[serde(default, deserialize_with = "whole_or_null", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

/// `PATCH /api/v1/instances/{id}`. A field that is left out stays as it is; there is nothing that
/// null could mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeFields {
    /// Another policy.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Another priority.
    #[schema(value_type = Priority, required = false)]
    #[serde(default, deserialize_with = "whole", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Another host, which must know the domain.
    #[schema(value_type = HostId, required = false)]
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub host: Option<HostId>,
}

/// `PUT /api/v1/instances/{id}/hold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// For how long at most: a duration such as `10m`, from 1 s to 30 days.
    #[schema(value_type = HoldTime)]
    pub ttl: String,
    /// Why: one line of at most 500 characters.
    #[schema(value_type = Reason)]
    pub reason: String,
}

/// `PUT /api/v1/hosts/{id}/maintenance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceRequest {
    /// Why: one line of at most 500 characters.
    #[schema(value_type = Reason)]
    pub reason: String,
}

/// `POST /api/v1/hosts/{id}/adopt`. The body may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptDomains {
    /// Which; all if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<InstanceId>>,
}

/// `POST /api/v1/policies/explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuestion {
    /// What is desired.
    pub desired: DesiredState,
    /// What is seen: `state`, or `state/reason`.
    #[schema(value_type = Asked)]
    pub observed: String,
    /// The state's reason, if `observed` has none; `unknown` if neither has one.
    #[schema(value_type = Option<StateReason>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The policy; `default` if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// A whole number however it is written: for JSON 5 and 5.0 are one number.
fn whole<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i32>, D::Error> {
    let number = serde_json::Number::deserialize(d)?;
    let fraction = || number.as_f64().filter(|number| number.fract() == 0.0);
    // A float has every whole number that an i32 has.
    let whole = number.as_i64().or_else(|| fraction().map(|number| number as i64));
    let whole = whole.and_then(|number| i32::try_from(number).ok()).map(Some);
    let expected = format!("a whole number from {} to {}", i32::MIN, i32::MAX);
    whole.ok_or_else(|| Error::custom(format!("must be {expected}, not {number}")))
}

fn whole_or_null<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i32>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] Option<i32>);
    Ok(Option::<Whole>::deserialize(d)?.and_then(|Whole(number)| number))
}

/// A body that says nothing: an empty object, or no body at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
