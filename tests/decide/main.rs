//! The policy's pure functions, over every case and over random ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub
)]

mod admission;
mod build;
mod everything;
mod given;
mod guards;
mod hard_cases;
mod laws;
mod layers;
mod random;
mod sending;
mod simulated;
mod small;
mod tables;
mod ways;
mod words;
