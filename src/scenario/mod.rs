//! Scenarios: what happens to machines, and what the service does about it, as data.
//!
//! A scenario is a file (`docs/simulate.md`): hosts and domains, what happens when, and what is
//! expected. [`play()`] lets the whole service, its real actors and its real (in-memory) database,
//! loose on the simulated world, on virtual time: hours pass in fractions of a second, and the same
//! file gives the same story. [`play_on`] does so on any other [`Stage`], for instance on real
//! hosts in real time.
//!
//! Besides what a scenario expects, some things are looked at in every run: nothing is active on
//! two hosts by the service's doing, limits of actions hold, no action goes without an intent in the
//! database, no actor fails.
//!
//! Not in here: what the service does; how simulated hosts behave (`hypervisor::sim`); printing.

mod always;
mod asks;
mod audit;
mod check;
pub mod deed;
mod differ;
mod error;
pub mod expect;
mod file;
mod lives;
mod names;
mod pending;
mod play;
mod read;
mod service;
mod settings;
mod sim_agrees;
mod sim_play;
mod sim_stage;
mod span;
mod stage;
mod steps;
mod story;
#[cfg(test)]
mod tests;
mod validate;
mod words;

pub use always::Spell;
pub use audit::{Attempted, Audit};
pub use error::{Mistake, Mistakes};
pub use file::{Again, Domain, Head, HostLine, Managed, Scenario, Seen, Step, Written};
pub use names::{Names, domain_id};
pub use play::{Progress, play_on};
pub use settings::Sources;
pub use sim_play::{Options, PlayError, Told, play};
pub use sim_stage::SimStage;
pub use span::Span;
pub use stage::{Action, Run, Stage};
pub use story::{Line, Mark, Played, Who, offset};
