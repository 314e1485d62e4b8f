//! The bodies of requests and answers, as they are in JSON.
//!
//! The service writes what the command line reads and the other way round, so both use these types
//! and cannot disagree. Names are those of the service's interface. Times are RFC 3339 in UTC;
//! durations are written as in the configuration (`30s`, `2m`).
//!
//! Not in here: where the values come from (`api/`), and how they are laid out for a terminal
//! (the command line).

mod event;
mod host;
mod incident;
mod instance;
mod page;
mod policy;
mod probe;
mod problem;
mod reload;
mod status;
mod supervision;
mod write;

pub use event::EventBody;
pub use host::{HostBody, MaintenanceBody, UnmanagedBody};
pub use incident::{IncidentBody, IncidentStateWord, SeenBody, TimelineEntry, TimelineKind};
pub use instance::{
    AttemptsBody, DefinitionBody, DesiredBody, HoldBody, HolderBody, InstanceBody, NextBody,
    ObservedBody, instance_text,
};
pub use page::Page;
pub use policy::{Asked, CellBody, Explained, PolicyBody, RetryBody};
pub use probe::{Health, NotReady, Readiness};
pub use problem::{ErrorBody, ProblemBody};
pub use reload::ReloadBody;
pub use status::{
    ActionCounts, DatabaseStatus, HostCounts, IncidentCounts, InstanceCounts, ServiceStatus,
    StatusBody, SupervisionCounts,
};
pub use supervision::NodeBody;
pub use write::{
    AdoptDomains, ChangeFields, DesiredChange, ExplainQuestion, HoldRequest, MaintenanceRequest,
    NewInstance, Nothing,
};
