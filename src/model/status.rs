//! One word for how an instance is.

use super::text::words;

words! {
    /// How an instance is, in one word.
    pub enum Status: "status" {
        /// As desired.
        InSync = "in_sync",
        /// Not as desired, within its grace.
        Settling = "settling",
        /// An action is under way, or its effect awaited.
        Repairing = "repairing",
        /// Waiting before the next attempt.
        BackingOff = "backing_off",
        /// Not as desired, and nothing will be done (`alert`, `ignore`).
        OutOfSync = "out_of_sync",
        /// The budget is spent.
        GivenUp = "given_up",
        /// Somebody works on it.
        Held = "held",
        /// The host is unreachable, or it was not read yet.
        Unknown = "unknown",
        /// Its actor fails again and again.
        Quarantined = "quarantined",
    }
}

impl Status {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
}
