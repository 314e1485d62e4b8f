//! Who may ask, and who may change.
//!
//! Without access tokens the service listens on a loopback address only. That keeps the network out,
//! but not a web page in a browser on this machine: so requests must come by the service's own name
//! ([`names`]), and changes need the operator token ([`token`]), which a page cannot read.
//!
//! With access tokens every request needs one ([`bearer`]), but for the page itself and the probes.
//! A page on another site has none to send, so the name by which a request comes does not matter.
//!
//! Not in here: TLS, which keeps what is said from others (`http/tls.rs`).

mod bearer;
mod names;
mod token;

pub(super) use bearer::{Caller, admit, is_open};
pub(super) use names::Names;
pub use token::{NewToken, OperatorToken, TOKEN_FILE, TokenError};
