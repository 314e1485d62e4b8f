//! The HTTP interface: what is read, and what is asked of the arbiter.
//!
//! Reads come from the published picture ([`crate::snapshot::Board`]) and from the store's reading
//! connections; they never wait for an actor. Changes are messages to the arbiter, answered after
//! they are committed. Whatever goes wrong leaves as a problem document (`problem.rs`).
//!
//! A request passes the `gate` (its names, its size, headers, the log), is routed (`routes.rs`),
//! gets a deadline, and ends in a handler of `api/`.
//!
//! Not in here: SQL, decisions, and the way back from a handler into an actor other than by the
//! arbiter's messages, and the root's for the configuration.

mod access;
mod api;
pub mod body;
mod deadline;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod gate;
mod if_match;
mod json;
mod listing;
mod openapi;
mod page;
mod problem;
mod query;
mod refusal;
mod routes;
mod server;
mod state;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod tls;

pub use access::{NewToken, OperatorToken, TOKEN_FILE, TokenError};
pub use json::MAX_BODY;
pub use openapi::document;
pub use problem::{PROBLEM_JSON, json_text};
pub use query::MAX_LIMIT;
pub use server::{HttpError, HttpSettings, check_listen, serve};
pub use state::{Arbiter, Scheme, State};
pub use stream::Streams;
