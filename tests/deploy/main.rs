//! What comes with the program to run it in containers and to watch over it, and the pages for
//! people: whether the parts fit together, and what they name is there.
//!
//! Not in here: that the containers run, which takes an engine and a registry; the alerts
//! themselves, which `tests/e2e/prometheus.rs` holds against a running service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub
)]

mod compose;
mod files;
mod image;
mod links;
mod monitoring;
mod pages;
mod reference;
mod setup;
mod variables;

// Shared with the tests of the API's description.
#[path = "../openapi/pypi.rs"]
mod pypi;
