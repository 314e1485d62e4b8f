//! Deliberate bugs: each must be found by the simulation, which proves that it looks.

/// A bug that a test can plant. Each breaks one rule, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bug {
    /// N1: a look that told nothing counts as one that found the domain off.
    InconclusiveIsOff,
    /// N2: nobody asks whether the machine was last seen active elsewhere.
    StartedTwice,
    /// N3: an action goes out although another state is desired by now.
    OldGeneration,
    /// N4: every action goes out at once.
    NoLimits,
    /// N5: a start that the host accepted makes the budget fresh.
    BudgetResetByStart,
    /// N6: a change of desired state is acknowledged before it is committed.
    AcknowledgedFirst,
    /// N7: after a crash the outcome of what was under way is never settled.
    HalfDoneStays,
    /// N10: actions begin before every host was tried.
    NoGate,
    /// N11: an action goes out without a fresh look.
    NoFreshLook,
    /// N12: an answer that is suddenly empty is believed.
    NoDoubt,
    /// N13: an end that the service caused itself is taken for drift.
    OwnDeedsForgotten,
    /// N14: what was not committed is done all the same.
    DoneUncommitted,
    /// A panicked arbiter goes on with the book that it left half changed.
    HalfChangedBook,
    /// The children of a host's actor live on when it has ended.
    OrphanedChildren,
    /// A question to a host that got no answer is never asked again.
    NeverAskedAgain,
    /// An instance's actor that has ended is not started again.
    NotRestarted,
    /// What the database says of the future is believed.
    FutureBelieved,
    /// A hold is forgotten at the end of the process.
    HoldForgotten,
}

impl Bug {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::InconclusiveIsOff,
        Self::StartedTwice,
        Self::OldGeneration,
        Self::NoLimits,
        Self::BudgetResetByStart,
        Self::AcknowledgedFirst,
        Self::HalfDoneStays,
        Self::NoGate,
        Self::NoFreshLook,
        Self::NoDoubt,
        Self::OwnDeedsForgotten,
        Self::DoneUncommitted,
        Self::HalfChangedBook,
        Self::OrphanedChildren,
        Self::NeverAskedAgain,
        Self::NotRestarted,
        Self::FutureBelieved,
        Self::HoldForgotten,
    ];
}
