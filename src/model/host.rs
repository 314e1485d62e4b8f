//! What is known and kept of a host.

use jiff::Timestamp;

use super::HostId;
use super::text::words;

words! {
    /// How a host stands to the service.
    pub enum HostState: "host state" {
        /// Not reached yet since the service started or the host was added.
        Connecting = "connecting",
        /// Connected, and listed in full.
        Up = "up",
        /// A call failed or was overdue, and a second, new connection failed too.
        Unreachable = "unreachable",
    }
}

/// An operator's word that nothing is to be done on a host.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Maintenance {
    /// Who said it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub since: Timestamp,
}

/// What the database keeps of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRecord {
    /// Its name.
    pub id: HostId,
    /// Its libvirt URI, without a password.
    pub uri: String,
    /// When it was first configured.
    pub added_at: Timestamp,
    /// An operator's word that nothing is to be done on it.
    pub maintenance: Option<Maintenance>,
    /// When it last answered, as far as that was written down: when it was lost, when the service
    /// ended, and now and then where a policy has a `max_downtime`.
    pub seen_at: Option<Timestamp>,
}
