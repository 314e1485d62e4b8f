//! Looks that fall due together become one call.
//!
//! Each instance asks for its next look with a window: not before, not after. The reader waits for
//! the first window to close, and then serves every look whose window is open with the same call.
//! A look's jitter is this latitude: it keeps the cadences of a host's instances together, where
//! independent random delays would scatter them and make each look a call of its own.
//!
//! Not in here: when to look again (the instance decides), and what a look means.

use std::rc::Rc;
use tokio::time::Instant;

use super::{CallError, Session};
use crate::model::{InstanceId, Look, Source};

/// When a look is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before this, unless it comes for free.
    pub earliest: Instant,
    /// Not after this.
    pub latest: Instant,
}
