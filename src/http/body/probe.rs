//! What the probes say.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ProblemBody;
use crate::model::HostId;

/// The process lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
}

/// Whether the service is ready, and what is missing where it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// The database was read and can be used, and every host was tried once.
    pub ready: bool,
    /// Whether the database was read.
    pub database_read: bool,
    /// The hosts that were not tried yet.
    pub untried_hosts: Vec<HostId>,
    /// What is missing, a sentence each.
    pub missing: Vec<String>,
}

/// The problem of a service that is not ready, with what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotReady {
    /// The problem.
    #[serde(flatten)]
    pub problem: ProblemBody,
    /// What is missing.
    #[serde(flatten)]
    pub readiness: Readiness,
}
