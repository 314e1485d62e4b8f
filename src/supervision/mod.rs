//! Supervision: a small library in the manner of OTP, on top of actix 0.13.
//!
//! # What it is
//! actix has actors and mailboxes but no links: a panic ends an actor and nobody is told, a parent's
//! end leaves its children behind, and its own `Supervisor` restarts without limit or delay and not
//! at all after a panic. Here is what is missing, for actors of one thread (`Context<A>`).
//!
//! | OTP | here |
//! |---|---|
//! | process, pid | actor, `Addr<A>`; [`Incarnation`] tells a child's lives apart |
//! | exit reason | [`Exit`]: normal, failed, panicked, killed |
//! | `exit(Reason)` | [`ExitSlot::fail`] |
//! | link, `{'EXIT', Pid, Reason}` | [`Link`], [`ChildExit`], sent exactly once for every start |
//! | `start_link` | [`start_child`]: also the constructor runs in the child's own task |
//! | supervisor's hold on a child | [`Child`]: dropping it kills the child, and so the whole subtree |
//! | child spec; permanent, transient, temporary | [`ChildSpec`], [`RestartType`] |
//! | `one_for_one` | [`Children`], pure; its [`Decision`] is carried out by the parent |
//! | intensity and period | [`Limit`] and [`RestartWindow`], for each child, not for the supervisor |
//! | (none: OTP restarts at once) | [`Delay`], exponential with a cap |
//! | (none: OTP's supervisor ends) | quarantine: [`Exhausted::Quarantine`], tried again at a slow pace |
//! | (none: a new process has a new mailbox) | [`start_in_place`]: address and mailbox survive |
//! | shutdown with time limit, in reverse order | [`Child::stop`], [`stop_in_reverse`] |
//! | `heart` | [`Watchdog`] and [`Pulse`], for the thread that runs the actors |
//!
//! # Rules that hold
//! - A panic in the constructor, a hook, a handler, an interval or a future of the context, or in the
//!   actor's `Drop`, is that child's [`Exit::Panicked`]; its siblings and its parent go on.
//! - When a [`ChildExit`] arrives, the actor, its futures and its mailbox are gone already: two
//!   incarnations never live at the same time.
//! - A supervised actor lives until it stops, fails or is killed. Unlike with bare actix, it does not
//!   end because its last address was dropped.
//! - After a panic, and on a kill, no hook runs (`stopping`, `stopped`), only `Drop`.
//!
//! # What is deliberately not in it
//! Machines, hosts, the database, logging and metrics (the parent logs what it decides); other
//! strategies than `one_for_one`; heartbeats of single actors; actors on other threads. It knows no
//! other room of the crate.

mod alarm;
mod beat;
mod child;
mod children;
mod delay;
mod exit;
mod in_place;
mod life;
mod spec;
#[cfg(test)]
mod tests;
mod turns;
mod watchdog;
mod window;

pub use alarm::Alarm;
pub use beat::{Sign, Stillness, sweep_pace};
pub use child::{Child, Link, start_child, stop_in_reverse};
pub use children::Children;
pub use delay::{Delay, DelaySpec};
pub use exit::{ChildExit, ChildRestart, Exit, ExitSlot, Incarnation, RestartStep};
pub use in_place::{InPlaceSpec, start_in_place};
pub use spec::{ChildSpec, ChildState, ChildStatus, Decision, Exhausted, RestartType};
pub use turns::Turns;
pub use watchdog::{Pulse, Relay, Silence, Watchdog, WatchdogError};
pub use window::{Limit, RestartWindow};
