//! The description of the interface against the interface: is it OpenAPI 3.1, and does a running
//! service on real hosts do what it says, also when it is asked nonsense. The asking is
//! schemathesis's (<https://schemathesis.io>).
//!
//! `SCHEMATHESIS_SECONDS=600` asks for longer than CI does (`make schemathesis`),
//! `SCHEMATHESIS_SEED` for other things.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod answers;
mod pypi;
mod tools;
mod valid;

// Shared with the end-to-end tests.
#[allow(dead_code)]
#[path = "../e2e/asking.rs"]
mod asking;
#[allow(dead_code)]
#[path = "../e2e/certificates.rs"]
mod certificates;
#[allow(dead_code)]
#[path = "../e2e/deeds.rs"]
mod deeds;
#[allow(dead_code)]
#[path = "../e2e/disk.rs"]
mod disk;
#[allow(dead_code)]
#[path = "../e2e/rig.rs"]
mod rig;
#[allow(dead_code)]
#[path = "../e2e/site.rs"]
mod site;
#[allow(dead_code)]
#[path = "../e2e/world.rs"]
mod world;
