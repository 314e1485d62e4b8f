//! The words of the system as types: what an instance is, what can be seen of it, what is wanted,
//! what is done about the difference, and what is told about it.
//!
//! Every enum here is closed and has one text form, which the database, JSON, metric labels and
//! the command line share. Nothing here decides, reads a clock or does I/O, and nothing here knows
//! another room.

mod access;
mod action;
mod condition;
mod definition;
mod delivery;
mod desired;
mod event;
mod host;
mod id;
mod incident;
mod instance;
mod mass;
mod observation;
mod status;
mod text;

pub use access::{AccessToken, Role};
pub use action::{Action, Attempt, Command, Outcome, OutcomeKind};
pub use condition::{Condition, State};
pub use definition::{Correction, Definition, Kept, OnCrash};
pub use delivery::{Delivery, Phase, Story, Tried};
pub use desired::{By, Desired, DesiredState, UnknownBy};
pub use event::{Event, EventKind};
pub use host::{HostRecord, HostState, Maintenance};
pub use id::{AttemptId, DeliveryId, EventId, Generation, HostId, IncidentId, InstanceId};
pub use incident::{Incident, Resolution, Severity};
pub use instance::{Budget, Configured, DownWith, Hold, Instance, LastActive, Observed};
pub use mass::MassChange;
pub use observation::{Finding, Look, Source, Why};
pub use status::Status;
pub use text::UnknownWord;
