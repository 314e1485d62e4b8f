//! The real program on real hosts: `assured` as a child process, private libvirtds, QEMU guests of 512 bytes, SQLite.
//!
//! What was done is counted (starts of QEMU, attempts, events), not only how it ended; that nothing is done is asserted
//! after further looks were seen to have happened. `ASSURED_SEED` repeats the random moments of a run, and `LAB=off`
//! leaves out what needs hosts, and says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod access;
mod api;
mod asking;
mod bad_starts;
mod certificates;
mod command_line;
mod crashes;
mod credentials;
mod deeds;
mod definitions;
mod disk;
mod disks;
mod drain;
mod ends;
mod holds;
mod hosts;
mod journal;
mod limits;
mod manager;
mod prometheus;
mod record;
mod reload;
mod repairs;
mod rig;
mod site;
mod telling;
mod terminal;
mod tls;
mod unmanaged;
mod wire;
mod world;
