//! One look at one domain, and what came of it.
//!
//! The two kinds of silence are two types: [`Finding::Seen`] carries a [`Condition`] (missing
//! included: the host answered), [`Finding::Inconclusive`] carries none. What stores or decides
//! takes a `Condition`, so an inconclusive look cannot change a record or start a repair.

use jiff::Timestamp;

use super::Condition;
use super::text::words;

words! {
    /// What made the service look.
    pub enum Source: "source" {
        /// It was time.
        Poll = "poll",
        /// The hypervisor reported an event.
        Event = "event",
        /// An action is about to be taken, or was taken just now.
        Check = "check",
    }
}

words! {
    /// Why a look told nothing.
    pub enum Why: "reason of an inconclusive look" {
        /// There is no connection to the host.
        Disconnected = "disconnected",
        /// No answer came within the deadline.
        Timeout = "timeout",
        /// The host answered with an error other than "no such domain".
        Error = "error",
        /// So much was gone in the answer at once that it is not believed before it is confirmed.
        Doubted = "doubted",
    }
}

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The host answered.
    Seen(Condition),
    /// It could not be found out.
    Inconclusive(Why),
}

/// One look at one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When the question was asked: the answer is true of a moment not before this.
    pub at: Timestamp,
    /// What made the service look.
    pub source: Source,
    /// What came of it.
    pub finding: Finding,
}
