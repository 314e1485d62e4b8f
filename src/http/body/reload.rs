//! What is said of a configuration that was read again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actors::messages::Reloaded;
use crate::model::HostId;

/// What a new configuration has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadBody {
    /// Hosts that are new.
    pub hosts_added: Vec<HostId>,
    /// Hosts that are no longer in it.
    pub hosts_removed: Vec<HostId>,
    /// Hosts that are reached in another way than before.
    pub hosts_relinked: Vec<HostId>,
    /// Policies that are new, gone, or say something else.
    pub policies_changed: Vec<String>,
    /// Keys that differ, and are in force only after a restart of the service.
    pub needs_restart: Vec<String>,
}

impl From<Reloaded> for ReloadBody {
    fn from(reloaded: Reloaded) -> Self {
        Self {
            hosts_added: reloaded.hosts_added,
            hosts_removed: reloaded.hosts_removed,
            hosts_relinked: reloaded.hosts_relinked,
            policies_changed: reloaded.policies_changed,
            needs_restart: reloaded.needs_restart.into_iter().map(str::to_owned).collect(),
        }
    }
}
