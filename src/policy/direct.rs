//! The direct way to a desired state, for orders.
//!
//! An order is a change of desired state that has not been seen fulfilled yet. What is done about
//! it does not depend on why the domain is as it is, except where libvirt's reason says that it is
//! on its way already, or is not here any more.

use crate::model::{Command, Condition, DesiredState, State};

/// The next step of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this.
    Send(Command),
    /// libvirt works on the domain: wait for it.
    LibvirtWorks,
    /// The domain is not here, so nothing that could be sent would help.
    NotHere,
}

/// The next step from what is seen to what is desired.
///
/// The ways that take two commands (`crashed` to paused: destroy, then start paused) give the
/// first; the look after it gives the next.
pub(super) fn step(desired: DesiredState, seen: Condition) -> Step {
    match seen.state() {
        State::Missing => Step::NotHere,
        State::NoState => Step::LibvirtWorks,
        // It migrated away: started here, it might run twice.
        State::Shutoff if seen == Condition::ShutoffMigrated => Step::NotHere,
        State::Shutoff => match desired {
            DesiredState::Running => Step::Send(Command::Start),
            DesiredState::Paused => Step::Send(Command::StartPaused),
            DesiredState::Shutoff => Step::LibvirtWorks,
        },
        State::Running | State::Blocked => match desired {
            DesiredState::Running => Step::LibvirtWorks,
            DesiredState::Paused => Step::Send(Command::Pause),
            DesiredState::Shutoff => Step::Send(Command::Shutdown),
        },
        State::Shutdown => match desired {
            DesiredState::Running | DesiredState::Paused => Step::LibvirtWorks,
            // Under `force_after` of the shutdown that it follows.
            DesiredState::Shutoff => Step::Send(Command::Shutdown),
        },
        State::Paused => from_paused(desired, seen),
        State::Crashed => match desired {
            DesiredState::Running => Step::Send(Command::Restart),
            DesiredState::Paused | DesiredState::Shutoff => Step::Send(Command::Destroy),
        },
        State::PmSuspended => match desired {
            DesiredState::Running | DesiredState::Paused => Step::Send(Command::Wakeup),
            DesiredState::Shutoff => Step::Send(Command::Destroy),
        },
    }
}

/// Whether libvirt itself has paused the domain, for work that will end.
#[must_use]
pub const fn is_libvirts_work(seen: Condition) -> bool {
    matches!(
        seen,
        Condition::PausedMigration
            | Condition::PausedSave
            | Condition::PausedDump
            | Condition::PausedFromSnapshot
            | Condition::PausedShuttingDown
            | Condition::PausedSnapshot
            | Condition::PausedStartingUp
            | Condition::PausedPostcopy
            | Condition::PausedApiError
    )
}

fn from_paused(desired: DesiredState, seen: Condition) -> Step {
    let broken = matches!(
        seen,
        Condition::PausedWatchdog | Condition::PausedCrashed | Condition::PausedPostcopyFailed
    );
    if is_libvirts_work(seen) {
        return Step::LibvirtWorks;
    }
    match desired {
        DesiredState::Running if broken => Step::Send(Command::Restart),
        // An I/O error is tried again by resuming.
        DesiredState::Running => Step::Send(Command::Resume),
        DesiredState::Paused | DesiredState::Shutoff => Step::Send(Command::Destroy),
    }
}
