//! Chaos on real hosts: three hosts with addresses of their own, thirty guests, the real program with SQLite, and faults
//! in random order from a seed.
//!
//! What must hold: once all is healed every instance is in its desired state within 30 s; at no time does a guest run
//! twice; and each start of a QEMU is explained, by an attempt in the database or by the chaos itself. Besides: a host
//! that hangs disturbs no other, and a hundred faults leave no thread, no file and no connection behind.
//!
//! `CHAOS_SEED` and `CHAOS_SECONDS` choose the faults and how long they go on; without them a short run that is the same
//! each time. `make chaos` is five minutes with a fresh seed. `LAB=off` leaves it all out, and says so. See docs/chaos.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[allow(dead_code)] // Shared with the tests of single cases.
#[path = "../e2e/asking.rs"]
mod asking;
mod checks;
mod deeds;
mod draw;
mod eyes;
mod hung;
mod leaks;
mod plan;
mod play;
mod process;
mod record;
mod run;
mod service;
mod twice;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Each run has the machine's processors to itself: they assert how long things take, and what there is.
pub fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
