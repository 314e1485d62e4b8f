//! One episode of mismatch, from its first sight to its end.

use jiff::Timestamp;

use super::text::words;
use super::{Condition, DesiredState, HostId, IncidentId, InstanceId};

words! {
    /// How much an incident matters.
    pub enum Severity: "severity" {
        /// Nobody needs to know.
        None = "none",
        /// Worth a line in a report.
        Info = "info",
        /// Somebody should look in working hours.
        Warning = "warning",
        /// Somebody should look now.
        Critical = "critical",
    }
}

words! {
    /// How an incident ended.
    pub enum Resolution: "resolution" {
        /// The machine is as desired again.
        Repaired = "repaired",
        /// The record was corrected.
        Accepted = "accepted",
        /// The desired state changed meanwhile.
        Superseded = "superseded",
        /// The instance was forgotten, or the host removed.
        Vanished = "vanished",
    }
}

/// One episode of mismatch of one instance, or of trouble of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The instance; none where it is the host's own.
    pub instance: Option<InstanceId>,
    /// The host.
    pub host: HostId,
    /// The highest severity that it has reached.
    pub severity: Severity,
    /// First sight.
    pub opened_at: Timestamp,
    /// Its end; none while it is open.
    pub closed_at: Option<Timestamp>,
    /// What was desired; none for a host's incident.
    pub desired: Option<DesiredState>,
    /// What was seen first; none for a host's incident.
    pub observed: Option<Condition>,
    /// How it ended.
    pub resolution: Option<Resolution>,
    /// How many attempts it took, withdrawn ones left out.
    pub attempts: u32,
    /// What it is about, in one sentence.
    pub summary: String,
    /// For a host's incident: the instances that it concerns. Empty for an instance's own.
    pub instances: Vec<InstanceId>,
}
