//! How the process ends: the exit codes, in one place.

/// The exit codes, after `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// The command line cannot be understood.
    Usage,
    /// The service cannot be reached.
    Unreachable,
    /// Supervision gave up: the service manager is to start the service again.
    GaveUp,
    /// The database cannot be used.
    Database,
    /// The configuration is wrong.
    Config,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 64,
            Self::Unreachable => 69,
            Self::GaveUp => 70,
            Self::Database => 74,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
