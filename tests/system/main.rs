//! The whole actor system on the simulated world, on virtual time: what it does, counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod budgets;
mod crashes;
mod drift;
mod orders;
mod rig;
