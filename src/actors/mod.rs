//! The actors: thin shells that receive, call a pure function, and send.
//!
//! The tree: [`root`] starts the arbiter and an actor per host; each [`host`] starts an actor per
//! instance. An [`instance`] looks at its own domain and tells the [`arbiter`] what it found; the
//! arbiter alone writes the database and alone decides; its verdict goes back to the instance's
//! actor, which carries it out.
//!
//! Not in here: SQL, libvirt, and the rules.

pub mod arbiter;
mod disturb;
pub mod host;
pub mod instance;
pub mod messages;
pub mod notifier;
pub mod root;
pub mod traffic;

#[cfg(test)]
mod tests;
