//! The service at a glance.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusBody {
    /// The service itself.
    pub service: ServiceStatus,
    /// Its database.
    pub database: DatabaseStatus,
    /// Hosts by state.
    pub hosts: HostCounts,
    /// Instances by status.
    pub instances: InstanceCounts,
    /// Incidents.
    pub incidents: IncidentCounts,
    /// Actions on hypervisors.
    pub actions: ActionCounts,
    /// The actors.
    pub supervision: SupervisionCounts,
}

/// The service itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    /// Its version.
    pub version: String,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// How long ago that was, in whole seconds.
    pub uptime_seconds: u64,
    /// Whether the database was read and every host was tried once.
    pub ready: bool,
    /// When the configuration in force was read.
    #[schema(value_type = String, format = DateTime)]
    pub config_loaded_at: Timestamp,
    /// Why the configuration that was read last is not in force.
    #[schema(required)]
    pub config_error: Option<String>,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatabaseStatus {
    /// `sqlite` or `postgres`.
    pub backend: String,
    /// Whether the last commit succeeded.
    pub healthy: bool,
    /// Why it cannot be used at present; null where it can.
    #[serde(default)]
    #[schema(required)]
    pub error: Option<String>,
}

/// Hosts. Those in maintenance are counted by their state as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostCounts {
    /// All.
    pub total: usize,
    /// Connected and listed.
    pub up: usize,
    /// Not to be reached.
    pub unreachable: usize,
    /// Not tried yet.
    pub connecting: usize,
    /// In maintenance.
    pub maintenance: usize,
}

/// Instances. Each is in exactly one of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstanceCounts {
    /// All.
    pub total: usize,
    /// As desired.
    pub in_sync: usize,
    /// Not as desired: `settling`, `repairing`, `backing_off` or `out_of_sync`.
    pub out_of_sync: usize,
    /// Their host cannot be asked, or they were not seen yet.
    pub unknown: usize,
    /// Somebody works on them.
    pub held: usize,
    /// Not as desired, and the budget is spent.
    pub given_up: usize,
    /// Their actor fails again and again.
    pub quarantined: usize,
}

/// Incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentCounts {
    /// Those that go on.
    pub open: usize,
    /// Those that began in the last hour, over or not.
    pub last_hour: usize,
}

/// Actions on hypervisors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionCounts {
    /// Under way.
    pub in_flight: usize,
    /// Waiting for their turn.
    pub waiting: usize,
}

/// The actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SupervisionCounts {
    /// All, the root among them.
    pub actors: usize,
    /// How often any of them was restarted.
    pub restarts: u64,
    /// How many are quarantined.
    pub quarantined: usize,
}
