//! A host.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::StateReason;
use crate::model::{HostId, HostState, InstanceId, State, Status};
use crate::snapshot::{HostView, Unmanaged};

/// `GET /api/v1/hosts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostBody {
    /// Its name.
    pub id: HostId,
    /// Its libvirt URI, without a password.
    pub uri: String,
    /// How it stands to the service.
    pub state: HostState,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it last answered.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// The last error, while it is not up.
    #[schema(required)]
    pub error: Option<String>,
    /// The labels of the configuration.
    pub labels: BTreeMap<String, String>,
    /// An operator's word that nothing is to be done on it.
    #[schema(required)]
    pub maintenance: Option<MaintenanceBody>,
    /// How many instances it has.
    pub instances: usize,
    /// How many of them are known not to be as desired, whatever is done about it.
    pub out_of_sync: usize,
    /// Its domains that no instance stands for.
    pub unmanaged: Vec<UnmanagedBody>,
    /// Names of configured instances that were not found on it yet.
    pub pending: Vec<String>,
}

/// An operator's word that nothing is to be done on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaintenanceBody {
    /// Who said it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// A domain that no instance stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnmanagedBody {
    /// Its UUID.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Its state when it was listed last.
    pub state: State,
    /// The state's reason.
    #[schema(required, value_type = Option<StateReason>)]
    pub reason: Option<String>,
}

impl From<&HostView> for HostBody {
    fn from(host: &HostView) -> Self {
        Self {
            id: host.id.clone(),
            uri: host.uri.clone(),
            state: host.state,
            since: host.since,
            last_seen: host.last_seen.get(),
            error: host.error.clone(),
            labels: host.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            maintenance: host.maintenance.as_ref().map(|m| MaintenanceBody {
                by: m.by.clone(),
                reason: m.reason.clone(),
                since: m.since,
            }),
            instances: host.by_status.iter().sum(),
            out_of_sync: Status::ALL
                .iter()
                .zip(&host.by_status)
                .filter(|(status, _)| is_mismatch(**status))
                .map(|(_, count)| count)
                .sum(),
            unmanaged: host.unmanaged.iter().map(UnmanagedBody::from).collect(),
            pending: host.pending.to_vec(),
        }
    }
}

impl From<&Unmanaged> for UnmanagedBody {
    fn from(domain: &Unmanaged) -> Self {
        Self {
            id: domain.id,
            name: domain.name.clone(),
            state: domain.condition.state(),
            reason: domain.condition.reason().map(str::to_owned),
        }
    }
}

const fn is_mismatch(status: Status) -> bool {
    match status {
        Status::Settling
        | Status::Repairing
        | Status::BackingOff
        | Status::OutOfSync
        | Status::GivenUp => true,
        Status::InSync | Status::Held | Status::Unknown | Status::Quarantined => false,
    }
}
