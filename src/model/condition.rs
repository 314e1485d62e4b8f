//! What a domain can be seen in: libvirt's state with its reason, or missing.
//!
//! States and reasons are libvirt's own (`virDomainState` and its reason enums, `libvirt-domain.h`),
//! by their enum names in lower case. Three words are ours: `missing` (the host answered that it
//! has no such domain) and the reason `terminated` of `shutoff` (the host's side, not the guest,
//! ended the process, and nobody called destroy).

use super::text::words;

words! {
    /// A domain's state: libvirt's, or missing.
    pub enum State: "state" {
        /// No state: libvirt cannot tell.
        NoState = "nostate",
        /// Running.
        Running = "running",
        /// Blocked on a resource; counts as running.
        Blocked = "blocked",
        /// Paused.
        Paused = "paused",
        /// In the process of shutting down.
        Shutdown = "shutdown",
        /// Off.
        Shutoff = "shutoff",
        /// Crashed, and kept for inspection: still active for libvirt.
        Crashed = "crashed",
        /// Suspended by guest power management.
        PmSuspended = "pmsuspended",
        /// The host answered that it knows no such domain.
        Missing = "missing",
    }
}

/// Defines [`Condition`] as the closed list of every state with each of its reasons.
macro_rules! conditions {
    ( $( $variant:ident = $state:ident / $reason:literal, )+ ) => {
        /// A state with its reason, or missing: the most that one look can tell.
        ///
        /// Its text form is `state/reason`, or `missing`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Condition {
            $(
                #[doc = concat!("`", stringify!($state), "/", $reason, "`")]
                $variant,
            )+
            /// The host answered that it knows no such domain.
            Missing,
        }

        impl Condition {
            /// Every condition, in the order of its definition.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ Self::Missing ];

            /// How many conditions there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The state.
            #[must_use]
            pub const fn state(self) -> State {
                match self { $( Self::$variant => State::$state, )+ Self::Missing => State::Missing }
            }

            /// The reason; none for missing.
            #[must_use]
            pub const fn reason(self) -> Option<&'static str> {
                match self { $( Self::$variant => Some($reason), )+ Self::Missing => None }
            }
        }
    };
}

conditions! {
    NoStateUnknown = NoState / "unknown",
    RunningUnknown = Running / "unknown",
    RunningBooted = Running / "booted",
    RunningMigrated = Running / "migrated",
    RunningRestored = Running / "restored",
    RunningFromSnapshot = Running / "from_snapshot",
    RunningUnpaused = Running / "unpaused",
    RunningMigrationCanceled = Running / "migration_canceled",
    RunningSaveCanceled = Running / "save_canceled",
    RunningWakeup = Running / "wakeup",
    RunningCrashed = Running / "crashed",
    RunningPostcopy = Running / "postcopy",
    RunningPostcopyFailed = Running / "postcopy_failed",
    BlockedUnknown = Blocked / "unknown",
    PausedUnknown = Paused / "unknown",
    PausedUser = Paused / "user",
    PausedMigration = Paused / "migration",
    PausedSave = Paused / "save",
    PausedDump = Paused / "dump",
    PausedIoError = Paused / "ioerror",
    PausedWatchdog = Paused / "watchdog",
    PausedFromSnapshot = Paused / "from_snapshot",
    PausedShuttingDown = Paused / "shutting_down",
    PausedSnapshot = Paused / "snapshot",
    PausedCrashed = Paused / "crashed",
    PausedStartingUp = Paused / "starting_up",
    PausedPostcopy = Paused / "postcopy",
    PausedPostcopyFailed = Paused / "postcopy_failed",
    PausedApiError = Paused / "api_error",
    ShutdownUnknown = Shutdown / "unknown",
    ShutdownUser = Shutdown / "user",
    ShutoffUnknown = Shutoff / "unknown",
    ShutoffShutdown = Shutoff / "shutdown",
    ShutoffTerminated = Shutoff / "terminated",
    ShutoffDestroyed = Shutoff / "destroyed",
    ShutoffCrashed = Shutoff / "crashed",
    ShutoffMigrated = Shutoff / "migrated",
    ShutoffSaved = Shutoff / "saved",
    ShutoffFailed = Shutoff / "failed",
    ShutoffFromSnapshot = Shutoff / "from_snapshot",
    ShutoffDaemon = Shutoff / "daemon",
    CrashedUnknown = Crashed / "unknown",
    CrashedPanicked = Crashed / "panicked",
    PmSuspendedUnknown = PmSuspended / "unknown",
}

impl Condition {
    /// The condition with this state and reason. A reason that the state does not have (libvirt
    /// may add some) reads as the state's `unknown`.
    #[must_use]
    pub fn new(state: State, reason: &str) -> Self {
        Self::exact(state, Some(reason)).unwrap_or(match state {
            State::NoState => Self::NoStateUnknown,
            State::Running => Self::RunningUnknown,
            State::Blocked => Self::BlockedUnknown,
            State::Paused => Self::PausedUnknown,
            State::Shutdown => Self::ShutdownUnknown,
            State::Shutoff => Self::ShutoffUnknown,
            State::Crashed => Self::CrashedUnknown,
            State::PmSuspended => Self::PmSuspendedUnknown,
            State::Missing => Self::Missing,
        })
    }

    /// The condition with exactly this state and reason, if there is one.
    #[must_use]
    pub fn exact(state: State, reason: Option<&str>) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.state() == state && c.reason() == reason)
    }

    /// All conditions of a state.
    pub fn of_state(state: State) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |c| c.state() == state)
    }

    /// Whether a hypervisor process holds the domain: it can write to its disks, so a second start
    /// anywhere would damage them.
    #[must_use]
    pub const fn is_active(self) -> bool {
        match self.state() {
            State::Running
            | State::Blocked
            | State::Paused
            | State::Shutdown
            | State::Crashed
            | State::PmSuspended => true,
            State::NoState | State::Shutoff | State::Missing => false,
        }
    }

    /// A small dense number, for tables indexed by condition: 0 to [`Condition::COUNT`] − 1.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "{}/{reason}", self.state()),
            None => f.write_str(State::Missing.as_str()),
        }
    }
}

impl std::str::FromStr for Condition {
    type Err = super::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (state, reason) = match text.split_once('/') {
            Some((state, reason)) => (state, Some(reason)),
            None => (text, None),
        };
        let state: State = state.parse()?;
        Self::exact(state, reason).ok_or_else(|| super::UnknownWord {
            kind: "reason of this state",
            word: text.to_owned(),
            known: Self::of_state(state).map(|c| c.to_string()).collect::<Vec<_>>().join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_read_back() {
        for &condition in Condition::ALL {
            assert_eq!(condition.to_string().parse(), Ok(condition));
        }
    }

    #[test]
    fn index_is_the_place_in_all() {
        for (place, condition) in Condition::ALL.iter().enumerate() {
            assert_eq!(condition.index(), place);
        }
    }

    #[test]
    fn an_unheard_of_reason_is_the_unknown_of_its_state() {
        for &state in State::ALL {
            let read = Condition::new(state, "invented-in-2031");
            assert_eq!(read.state(), state);
            assert!(matches!(read.reason(), Some("unknown") | None));
        }
    }
}
