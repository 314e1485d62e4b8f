//! Telling people and programs: what a message says, and how it gets to its receiver.
//!
//! What is to be told lies in the database (`deliveries`) before anybody tries to tell it. [`next`] picks a receiver's
//! next message from there; [`compose`] makes a [`Letter`] of it, and both are pure. A [`Courier`] per receiver carries
//! letters, on a thread of its own, so that a receiver that hangs is no other's trouble.
//!
//! Not in here: SQL, what is kept of a try and when the next one is (the notifier's actor and the arbiter).

mod alerts;
mod cloud_event;
mod courier;
mod letter;
mod mail;
mod outbox;
mod post;
mod receiver;
mod sign;
mod smtp;
#[cfg(test)]
mod tests;

pub use courier::{Courier, SendError};
pub use letter::{Letter, Sender, compose, machine, test_letter};
pub use outbox::{MOST, Next, next};
pub use receiver::{Endpoint, MailWay, Receiver, SmtpSecurity, SmtpServer, Way};
