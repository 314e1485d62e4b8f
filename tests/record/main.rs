//! What a crash can do to the record, tried: the process is killed at every point of the store and at any
//! moment, the files are copied at any moment, and what is found after it is compared, row by row, with
//! a record in memory that got the same batches and no crash.
//!
//! A victim is this same program, started again for one of its tests; it says on standard output what
//! was acknowledged to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[path = "../e2e/asking.rs"]
#[allow(dead_code)] // another program uses the rest
mod asking;
mod batches;
mod copies;
mod model;
mod moments;
mod opening;
mod place;
mod points;
mod service;
mod victim;
