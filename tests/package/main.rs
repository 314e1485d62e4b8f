//! The Debian package on a machine with systemd: installed, upgraded, removed and purged by dpkg, and started by
//! systemd as the unit says, with all that shuts it in.
//!
//! The machine is this one under a layer of memory, in namespaces of its own (`machine.sh`): nothing of it is left,
//! whatever ends a test, and this machine is not changed. That needs root; `LAB=off` leaves it out, and says so.
//! The program in the package is the one that all tests run with; `make deb` ships another profile of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod deb;
mod installed;
mod machine;
mod made;
mod removed;
mod upgraded;

// Shared with the end-to-end tests.
#[allow(dead_code)]
#[path = "../e2e/asking.rs"]
mod asking;
#[allow(dead_code)]
#[path = "../e2e/certificates.rs"]
mod certificates;
#[allow(dead_code)]
#[path = "../e2e/disk.rs"]
mod disk;
#[allow(dead_code)]
#[path = "../e2e/rig.rs"]
mod rig;
#[allow(dead_code)]
#[path = "../e2e/site.rs"]
mod site;
