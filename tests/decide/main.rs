//! The policy's pure functions, over every case and over random ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub
)]

mod everything;
mod given;
mod laws;
mod random;
mod sending;
mod simulated;
mod tables;
mod ways;
