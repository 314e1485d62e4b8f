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
//! | exit reason | [`Exit`]: normal, failed, panicked, killed, hung |
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
//! | (none: processes are preempted, a hang is the caller's timeout) | [`Child::sweep`]: who finishes no turn for a heartbeat hangs, and is ended |
//! | timers that die with their process | [`Alarm`], for actors that restart in place |
//! | `heart` | [`Watchdog`], [`Pulse`] and [`Relay`], for the thread that runs the actors; [`Turns`]: whose turn it is stuck in |
//!
//! # Rules that hold
//! - A panic in the constructor, a hook, a handler, an interval or a future of the context, or in the
//!   actor's `Drop`, is that child's [`Exit::Panicked`]; its siblings and its parent go on.
//! - When a [`ChildExit`] arrives, the actor, its futures and its mailbox are gone already: two
//!   incarnations never live at the same time.
//! - An actor that waits in its turn (`ctx.wait`, an `AtomicResponse`) for longer than a heartbeat is
//!   [`Exit::Hung`]; one that has nothing to do is not. In the steady state this costs a flag per turn,
//!   and a look at all children four times per heartbeat: no timer and no message of a child.
//! - A supervised actor lives until it stops, fails or is killed. Unlike with bare actix, it does not
//!   end because its last address was dropped.
//! - After a panic and a hang, and on a kill, no hook runs (`stopping`, `stopped`), only `Drop`.
//!
//! # What is deliberately not in it
//! Machines, hosts, the database, logging and metrics (the parent logs what it decides); other
//! strategies than `one_for_one`; actors on other threads, and threads as children (an actor keeps what
//! lives on another thread, and fails when that ends); preemption: a turn that does not end blocks all
//! of its thread, and only the watchdog can tell. It knows no other room of the crate.

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
