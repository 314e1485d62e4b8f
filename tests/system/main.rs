//! The whole actor system on the simulated world, on virtual time: what it does, counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod budgets;
mod clocks;
mod crashes;
mod definitions;
mod drift;
mod elsewhere;
mod holds;
mod maintenance;
mod mass;
mod orders;
mod outages;
mod passive;
mod races;
mod reload;
mod retention;
// Shared with the tests from inside, in `src/actors/tests.rs`.
#[allow(dead_code)]
mod rig;
mod unmanaged;
mod unreachable;
