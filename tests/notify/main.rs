//! Notifications, from an incident in a simulated world to real receivers that fail, hang and answer late: the whole
//! service, on real time, with its database and its threads.
//!
//! Nothing sleeps for a while and hopes: what is waited for is a condition, with a limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod delivered;
mod killed;
mod mail;
mod mail_sink;
#[cfg(feature = "faults")]
mod notifier_fails;
mod programs;
// Shared with the tests of the whole actor system.
#[allow(dead_code)]
#[path = "../system/rig.rs"]
mod rig;
mod site;
mod tried_out;
mod web_sink;
