//! libvirt's numbers (`libvirt-domain.h`) as our words. A number that a later libvirt may add reads
//! as the `unknown` of what it belongs to.

use virt_sys as sys;

use crate::hypervisor::{Lifecycle, ShutdownBy, StoppedWhy};
use crate::model::Condition;

/// The reasons of each state, in the order of libvirt's numbers.
const CONDITIONS: &[&[Condition]] = {
    use Condition::*;
    &[
        &[NoStateUnknown],
        &[
            RunningUnknown,
            RunningBooted,
            RunningMigrated,
            RunningRestored,
            RunningFromSnapshot,
            RunningUnpaused,
            RunningMigrationCanceled,
            RunningSaveCanceled,
            RunningWakeup,
            RunningCrashed,
            RunningPostcopy,
            RunningPostcopyFailed,
        ],
        &[BlockedUnknown],
        &[
            PausedUnknown,
            PausedUser,
            PausedMigration,
            PausedSave,
            PausedDump,
            PausedIoError,
            PausedWatchdog,
            PausedFromSnapshot,
            PausedShuttingDown,
            PausedSnapshot,
            PausedCrashed,
            PausedStartingUp,
            PausedPostcopy,
            PausedPostcopyFailed,
            PausedApiError,
        ],
        &[ShutdownUnknown, ShutdownUser],
        &[
            ShutoffUnknown,
            ShutoffShutdown,
            ShutoffDestroyed,
            ShutoffCrashed,
            ShutoffMigrated,
            ShutoffSaved,
            ShutoffFailed,
            ShutoffFromSnapshot,
            ShutoffDaemon,
        ],
        &[CrashedUnknown, CrashedPanicked],
        &[PmSuspendedUnknown],
    ]
};

/// A `virDomainState` with its reason.
pub(crate) fn condition(state: i32, reason: i32) -> Condition {
    let place = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
    match CONDITIONS.get(place(state)) {
        Some(reasons) => reasons.get(place(reason)).copied().unwrap_or(reasons[0]),
        None => Condition::NoStateUnknown,
    }
}

/// A `virDomainEventType` with its detail.
pub(crate) fn lifecycle(event: i32, detail: i32) -> Lifecycle {
    let (Ok(event), Ok(detail)) = (u32::try_from(event), u32::try_from(detail)) else {
        return Lifecycle::Other;
    };
    match event {
        sys::VIR_DOMAIN_EVENT_DEFINED => Lifecycle::Defined,
        sys::VIR_DOMAIN_EVENT_UNDEFINED => Lifecycle::Undefined,
        sys::VIR_DOMAIN_EVENT_STARTED => Lifecycle::Started,
        sys::VIR_DOMAIN_EVENT_SUSPENDED => Lifecycle::Suspended,
        sys::VIR_DOMAIN_EVENT_RESUMED => Lifecycle::Resumed,
        sys::VIR_DOMAIN_EVENT_STOPPED => Lifecycle::Stopped(stopped(detail)),
        sys::VIR_DOMAIN_EVENT_SHUTDOWN => Lifecycle::Shutdown(match detail {
            sys::VIR_DOMAIN_EVENT_SHUTDOWN_GUEST => ShutdownBy::Guest,
            sys::VIR_DOMAIN_EVENT_SHUTDOWN_HOST => ShutdownBy::Host,
            _ => ShutdownBy::Finished,
        }),
        sys::VIR_DOMAIN_EVENT_PMSUSPENDED => Lifecycle::PmSuspended,
        sys::VIR_DOMAIN_EVENT_CRASHED => Lifecycle::Crashed,
        _ => Lifecycle::Other,
    }
}

fn stopped(detail: u32) -> StoppedWhy {
    match detail {
        sys::VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN => StoppedWhy::Shutdown,
        sys::VIR_DOMAIN_EVENT_STOPPED_DESTROYED => StoppedWhy::Destroyed,
        sys::VIR_DOMAIN_EVENT_STOPPED_CRASHED => StoppedWhy::Crashed,
        sys::VIR_DOMAIN_EVENT_STOPPED_MIGRATED => StoppedWhy::Migrated,
        sys::VIR_DOMAIN_EVENT_STOPPED_SAVED => StoppedWhy::Saved,
        sys::VIR_DOMAIN_EVENT_STOPPED_FAILED => StoppedWhy::Failed,
        sys::VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT => StoppedWhy::FromSnapshot,
        _ => StoppedWhy::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;

    /// Each of libvirt's names, with its number: `paused/ioerror` is
    /// `VIR_DOMAIN_PAUSED_IOERROR`.
    macro_rules! named {
        ( $( $state:ident / $prefix:literal: $( $constant:ident )+; )+ ) => {
            vec![ $( $( (
                sys::$state,
                sys::$constant,
                stringify!($constant).strip_prefix($prefix).unwrap().to_lowercase(),
            ), )+ )+ ]
        };
    }

    #[test]
    #[rustfmt::skip]
    fn every_number_of_libvirt_is_the_condition_of_its_name() {
        let all = named! {
            VIR_DOMAIN_NOSTATE/"VIR_DOMAIN_": VIR_DOMAIN_NOSTATE_UNKNOWN;
            VIR_DOMAIN_RUNNING/"VIR_DOMAIN_": VIR_DOMAIN_RUNNING_UNKNOWN VIR_DOMAIN_RUNNING_BOOTED
                VIR_DOMAIN_RUNNING_MIGRATED VIR_DOMAIN_RUNNING_RESTORED
                VIR_DOMAIN_RUNNING_FROM_SNAPSHOT VIR_DOMAIN_RUNNING_UNPAUSED
                VIR_DOMAIN_RUNNING_MIGRATION_CANCELED VIR_DOMAIN_RUNNING_SAVE_CANCELED
                VIR_DOMAIN_RUNNING_WAKEUP VIR_DOMAIN_RUNNING_CRASHED
                VIR_DOMAIN_RUNNING_POSTCOPY VIR_DOMAIN_RUNNING_POSTCOPY_FAILED;
            VIR_DOMAIN_BLOCKED/"VIR_DOMAIN_": VIR_DOMAIN_BLOCKED_UNKNOWN;
            VIR_DOMAIN_PAUSED/"VIR_DOMAIN_": VIR_DOMAIN_PAUSED_UNKNOWN VIR_DOMAIN_PAUSED_USER
                VIR_DOMAIN_PAUSED_MIGRATION VIR_DOMAIN_PAUSED_SAVE VIR_DOMAIN_PAUSED_DUMP
                VIR_DOMAIN_PAUSED_IOERROR VIR_DOMAIN_PAUSED_WATCHDOG
                VIR_DOMAIN_PAUSED_FROM_SNAPSHOT VIR_DOMAIN_PAUSED_SHUTTING_DOWN
                VIR_DOMAIN_PAUSED_SNAPSHOT VIR_DOMAIN_PAUSED_CRASHED
                VIR_DOMAIN_PAUSED_STARTING_UP VIR_DOMAIN_PAUSED_POSTCOPY
                VIR_DOMAIN_PAUSED_POSTCOPY_FAILED VIR_DOMAIN_PAUSED_API_ERROR;
            VIR_DOMAIN_SHUTDOWN/"VIR_DOMAIN_": VIR_DOMAIN_SHUTDOWN_UNKNOWN VIR_DOMAIN_SHUTDOWN_USER;
            VIR_DOMAIN_SHUTOFF/"VIR_DOMAIN_": VIR_DOMAIN_SHUTOFF_UNKNOWN VIR_DOMAIN_SHUTOFF_SHUTDOWN
                VIR_DOMAIN_SHUTOFF_DESTROYED VIR_DOMAIN_SHUTOFF_CRASHED
                VIR_DOMAIN_SHUTOFF_MIGRATED VIR_DOMAIN_SHUTOFF_SAVED VIR_DOMAIN_SHUTOFF_FAILED
                VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT VIR_DOMAIN_SHUTOFF_DAEMON;
            VIR_DOMAIN_CRASHED/"VIR_DOMAIN_": VIR_DOMAIN_CRASHED_UNKNOWN
                VIR_DOMAIN_CRASHED_PANICKED;
            VIR_DOMAIN_PMSUSPENDED/"VIR_DOMAIN_": VIR_DOMAIN_PMSUSPENDED_UNKNOWN;
        };
        // All but `missing` and `shutoff/terminated`, which are ours.
        assert_eq!(all.len(), Condition::COUNT - 2);
        for (state, reason, name) in all {
            let read = condition(i32::try_from(state).unwrap(), i32::try_from(reason).unwrap());
            assert_eq!(read.to_string().replacen('/', "_", 1), name);
        }
    }

    #[test]
    fn what_a_later_libvirt_adds_is_unknown() {
        for state in 0..8 {
            for reason in [99, -1] {
                let read = condition(state, reason);
                assert_eq!(read.reason(), Some("unknown"));
                assert_eq!(read.state(), condition(state, 0).state());
            }
        }
        assert_eq!(condition(8, 0), Condition::NoStateUnknown);
        assert_eq!(condition(-1, -1).state(), State::NoState);
        assert_eq!(lifecycle(9, 0), Lifecycle::Other);
        assert_eq!(lifecycle(-1, 0), Lifecycle::Other);
        assert_eq!(lifecycle(5, 7), Lifecycle::Stopped(StoppedWhy::Other));
    }

    #[test]
    fn who_ended_a_domain_is_told_apart() {
        assert_eq!(lifecycle(6, 1), Lifecycle::Shutdown(ShutdownBy::Guest));
        assert_eq!(lifecycle(6, 2), Lifecycle::Shutdown(ShutdownBy::Host));
        assert_eq!(lifecycle(6, 0), Lifecycle::Shutdown(ShutdownBy::Finished));
        assert_eq!(lifecycle(5, 0), Lifecycle::Stopped(StoppedWhy::Shutdown));
        assert_eq!(lifecycle(5, 5), Lifecycle::Stopped(StoppedWhy::Failed));
    }
}
