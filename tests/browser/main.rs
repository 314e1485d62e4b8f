//! The dashboard in a real browser: Chromium without a window, against a whole service on simulated hosts, and once on a
//! real one.
//!
//! `UPDATE_DOCS=1` writes the pictures in docs/screenshots anew. Whoever works on the page finds a fleet to look at with
//! `cargo test --test browser -- --ignored --nocapture a_fleet_to_look_at`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod book;
mod browser;
mod fleet;
mod lab;
mod link;
mod live;
mod many;
mod network;
mod orders;
mod pictures;
mod reading;
mod tokens;

use std::time::Duration;

/// Bound of a wait for what takes a few seconds on an idle machine.
pub const SOON: Duration = Duration::from_secs(60);
