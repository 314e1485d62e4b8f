//! The policy's pure functions, over every case and over random ones.
//!
//! [`laws`], `guards` and `sending` say once what holds of every decision. [`everything`] asks them in
//! every case, [`random`] for random cases under random policies, and [`simulated`] along the lives
//! of machines. What they compare with is worked out in [`given`], without the code under test.
//!
//! Of what is never to happen, these are the pure function's: N2, N3, N4, N5, N10, N11, N12 and N13,
//! as far as it is told. The others are not, and are tested where they are kept:
//!
//! - N1: by types, a look without an answer has no condition; `tests/hypervisor.rs`, and
//!   `tests/system/drift.rs` for a daemon's restart and a host that hangs.
//! - N6, N7: `src/store/tests/crash.rs`, `tests/system/crashes.rs` and `tests/e2e/crashes.rs`.
//! - N8: `tests/hypervisor.rs` and `tests/system/drift.rs`.
//! - N9: `src/supervision/tests/`, `src/actors/tests.rs`, `tests/system/drift.rs`, `tests/e2e/hosts.rs`.
//! - N14: `src/actors/tests.rs` and `src/store/tests/faults.rs`.
//! - N15: `src/store/tests/opening.rs` and `tests/e2e/bad_starts.rs`.
//!
//! And of those above, what is the arbiter's part of it is in `tests/system/`: `elsewhere.rs` (N2),
//! `races.rs` (N3, N11), `budgets.rs` (N4, N5), `crashes.rs` (N10), `mass.rs` (N12), `orders.rs` (N13).
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
