//! A lab of real hypervisor hosts with real guests, for tests, the demo and benchmarks.
//!
//! A [`Lab`] is a temporary folder with hosts in it. A [`Host`] is a private libvirtd in namespaces of its own, a
//! [`Guest`] is a QEMU of 16 MiB that runs 512 bytes of machine code. What happens to them here happens for real: a daemon
//! is stopped, a QEMU is killed, a cable is pulled, and a client sees exactly what it would see in a machine room.
//!
//! ```no_run
//! use assured_lab::{GuestKind, GuestSpec, Lab};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), assured_lab::LabError> {
//! let lab = Lab::new()?;
//! let host = lab.host("kvm-1")?;
//! let guest = host.guest(GuestSpec::new("web-1", GuestKind::Button))?;
//! guest.start()?;
//! host.virsh(&["destroy", "web-1"])?;
//! guest.wait_for("shutoff/destroyed", Duration::from_secs(5))?;
//! assert_eq!(guest.starts()?, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # How nothing is ever left behind
//! The kernel does it, not an exit handler, so it holds for a panic, Ctrl-C and `kill -9` alike:
//!
//! - Every host lives in a pid namespace. Its process 1 is `cat`, which reads a pipe whose only writing end is in the process that
//!   holds the lab. When that process ends, however it ends, the pipe ends, `cat` ends, and the kernel kills everything else in the namespace.
//! - The same process 1 is what a child subreaper would be: orphaned QEMUs become its children, and as it ignores SIGCHLD the
//!   kernel reaps them at once (a `virsh destroy` takes 0.2 s, whatever process 1 of the machine does with orphans).
//! - Mounts and network namespaces have no names, so they go with the last process in them; a veth pair goes with either of its ends.
//! - What the kernel cannot know is a folder. A small keeper process waits on a pipe of the same kind, then for the hosts'
//!   deaths, and removes it.
//!
//! `PR_SET_PDEATHSIG` alone was not enough: it fires when the *thread* that started the child ends, and tests are threads.
//!
//! # What is deliberately not here
//! No libvirt bindings (every look and every deed is a `virsh` process: the lab must not share a bug with what it tests), no async
//! runtime, and no knowledge of assured beyond the configuration file that the demo writes.

// The lab deals with real time only: what it waits for happens in other processes.
#![allow(clippy::disallowed_methods)]
#![forbid(unsafe_code)]

mod access;
mod cache;
mod child;
mod command;
mod daemon;
mod error;
mod faults;
mod guest;
mod host;
mod id;
mod keeper;
mod lab;
mod leftovers;
mod network;
mod off;
mod postgres;
mod processes;
mod room;
mod sector;
mod testdriver;
mod wait;

pub use access::{Access, USER};
pub use child::ChildGuard;
pub use error::{LabError, Result};
pub use faults::ImageLock;
pub use guest::{Guest, GuestSpec, GuestState, Lifetime};
pub use host::Host;
pub use id::LabId;
pub use lab::Lab;
pub use leftovers::{Leftover, leftovers, leftovers_of};
pub use off::is_left_out;
pub use postgres::{Postgres, PostgresDatabase};
pub use sector::{GuestKind, OnCrash};
pub use testdriver::{TestDomain, TestHost};
pub use wait::wait_until;
