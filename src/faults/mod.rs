//! Faults that tests put into the service, by name, and the deliberate bugs that prove the tests.
//!
//! At a [`Point`] the service asks whether a fault is armed there; a test arms one with a `Rule`.
//! All of it exists only with the cargo feature `faults`, which no release has: without it every
//! question is answered at compile time with no, and nothing of it is in the program.
//!
//! What is armed is a thread's own, so that simulated services on many threads do not meet. A thread
//! for which nothing was armed (the database's, say) asks what is armed for the whole process, which
//! the environment may do too: `ASSURED_FAULTS="store.written=kill@3"` (`parse`).
//!
//! Not in here: what a fault means at a point; that is said where the point is. The points of actors
//! are asked by `actors/disturb.rs`, those of hypervisor calls by `hypervisor/faulty.rs`.

#[cfg(feature = "faults")]
mod armed;
mod bug;
mod point;
#[cfg(all(test, feature = "faults"))]
mod tests;
#[cfg(not(feature = "faults"))]
mod unarmed;

#[cfg(feature = "faults")]
pub use armed::{
    Aside, Done, Fault, ParseError, Rule, answer, arm, arm_process, armed, aside, bug, disarm,
    done, error, from_environment, parse, pass, plant, take,
};
#[cfg(feature = "faults")]
pub(crate) use armed::{kill, take_one};
pub use bug::Bug;
pub use point::Point;
#[cfg(not(feature = "faults"))]
pub use unarmed::{answer, bug, error, pass};
