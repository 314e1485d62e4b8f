//! When a command finds nothing left to do.

use crate::model::{Command, Condition, DesiredState, State};

/// Whether a domain in this condition is where the command would bring it. Asked only after
/// libvirt refused: then a repeated command is a success, not an error.
pub(super) const fn is_there(command: Command, seen: Condition) -> bool {
    match command {
        Command::Start | Command::Resume | Command::Wakeup | Command::Restart => {
            DesiredState::Running.is_met_by(seen)
        }
        Command::StartPaused | Command::Pause => DesiredState::Paused.is_met_by(seen),
        // A shutdown that is under way ends without another one.
        Command::Shutdown => matches!(seen.state(), State::Shutoff | State::Shutdown),
        Command::Destroy => matches!(seen.state(), State::Shutoff),
        Command::Redefine => !matches!(seen, Condition::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_goal_itself_is_the_goal() {
        for (command, seen, there) in [
            (Command::Start, Condition::RunningBooted, true),
            (Command::Start, Condition::PausedUser, false),
            (Command::Start, Condition::CrashedPanicked, false),
            (Command::StartPaused, Condition::PausedUser, true),
            (Command::StartPaused, Condition::RunningBooted, false),
            (Command::Resume, Condition::RunningUnpaused, true),
            (Command::Resume, Condition::ShutoffCrashed, false),
            (Command::Pause, Condition::PausedUser, true),
            (Command::Pause, Condition::PausedIoError, false),
            (Command::Shutdown, Condition::ShutoffShutdown, true),
            (Command::Shutdown, Condition::RunningBooted, false),
            (Command::Destroy, Condition::ShutoffCrashed, true),
            (Command::Destroy, Condition::Missing, false),
            (Command::Destroy, Condition::CrashedPanicked, false),
        ] {
            assert_eq!(is_there(command, seen), there, "{command} {seen}");
        }
    }
}
