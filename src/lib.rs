//! assured keeps virtual machines in the state that they are supposed to be in.
//!
//! The rooms, from the ground up; a room knows only rooms on lower floors (`ARCHITECTURE.md`).

#[cfg(test)]
extern crate self as assured;

pub mod actors;
pub mod cli;
pub mod clock;
pub mod config;
pub mod exit;
pub mod faults;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
pub mod http;
pub mod hypervisor;
pub mod model;
pub mod notify;
pub mod policy;
pub mod scenario;
pub mod service;
pub mod snapshot;
pub mod store;
pub mod supervision;
pub mod telemetry;
