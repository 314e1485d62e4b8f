//! `GET /api/v1/status`.

use actix_web::HttpRequest;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Here, ok};
use crate::http::body::{
    ActionCounts, DatabaseStatus, HostCounts, IncidentCounts, InstanceCounts, ServiceStatus,
    StatusBody, SupervisionCounts,
};
use crate::http::query::Query;
use crate::http::state::State;
use crate::model::{HostState, Status};
use crate::snapshot::Fleet;

/// What counts as lately, for incidents.
const LATELY: SignedDuration = SignedDuration::from_hours(1);

/// The service at a glance.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    responses((status = 200, description = "The service at a glance.", body = StatusBody)),
)]
pub(in crate::http) async fn status(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    Ok(ok(&overview(&here)))
}

fn overview(state: &State) -> StatusBody {
    let fleet = state.board.fleet();
    let (now, config) = (state.clock.now(), state.board.config());
    let uptime = now.duration_since(fleet.started_at).as_secs();
    StatusBody {
        service: ServiceStatus {
            version: state.version.to_owned(),
            started_at: fleet.started_at,
            uptime_seconds: u64::try_from(uptime).unwrap_or_default(),
            ready: fleet.is_ready() && !state.streams.are_ending(),
            config_loaded_at: config.loaded_at,
            config_error: config.error.clone(),
        },
        database: DatabaseStatus {
            backend: state.backend.to_owned(),
            healthy: fleet.database_healthy,
            error: fleet.database_trouble.clone(),
        },
        hosts: hosts(&fleet),
        instances: instances(&fleet),
        incidents: incidents(&fleet, now),
        actions: ActionCounts {
            in_flight: fleet.actions_in_flight,
            waiting: fleet.actions_waiting,
        },
        supervision: supervision(state),
    }
}

fn hosts(fleet: &Fleet) -> HostCounts {
    let in_state = |state: HostState| fleet.hosts.values().filter(|h| h.state == state).count();
    HostCounts {
        total: fleet.hosts.len(),
        up: in_state(HostState::Up),
        unreachable: in_state(HostState::Unreachable),
        connecting: in_state(HostState::Connecting),
        maintenance: fleet.hosts.values().filter(|h| h.maintenance.is_some()).count(),
    }
}

fn instances(fleet: &Fleet) -> InstanceCounts {
    let with = |status| fleet.with_status(status);
    InstanceCounts {
        total: fleet.instances.len(),
        in_sync: with(Status::InSync),
        out_of_sync: with(Status::Settling)
            + with(Status::Repairing)
            + with(Status::BackingOff)
            + with(Status::OutOfSync),
        unknown: with(Status::Unknown),
        held: with(Status::Held),
        given_up: with(Status::GivenUp),
        quarantined: with(Status::Quarantined),
    }
}

fn incidents(fleet: &Fleet, now: Timestamp) -> IncidentCounts {
    let since = now.saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
    IncidentCounts {
        open: fleet.open_incidents.iter().sum(),
        last_hour: fleet.incidents_since(since),
    }
}

fn supervision(state: &State) -> SupervisionCounts {
    let tree = state.board.tree();
    SupervisionCounts {
        actors: tree.len(),
        restarts: tree.restarts(),
        quarantined: tree.quarantined(),
    }
}
