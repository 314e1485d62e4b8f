//! What is counted from zero, from the start on.
//!
//! A counter that is not there before it counts for the first time has no rate, and its first step is lost: so
//! whatever labels are known beforehand are there at once.

use crate::model::{Command, DesiredState, OutcomeKind, Severity, State};
use crate::telemetry::Metrics;

/// The kinds of actors that can be started again.
const ACTORS: [&str; 5] = ["arbiter", "host", "instance", "http", "store"];

/// Makes the counters whose labels are known.
pub(super) fn count_from_zero(metrics: &Metrics) {
    for kind in ACTORS {
        let _ = metrics.actor_restarts.with_label_values(&[kind]);
    }
    for command in Command::ALL {
        let _ = metrics.action_duration.with_label_values(&[command.as_str()]);
        for outcome in OutcomeKind::ALL {
            let _ = metrics.actions.with_label_values(&[command.as_str(), outcome.as_str()]);
        }
    }
    for desired in DesiredState::ALL {
        for observed in State::ALL {
            let _ = metrics.mismatches.with_label_values(&[desired.as_str(), observed.as_str()]);
        }
    }
    for severity in Severity::ALL {
        let _ = metrics.incidents_open.with_label_values(&[severity.as_str()]);
    }
}
