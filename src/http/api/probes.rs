//! `/healthz`, `/readyz` and `/metrics`: for service managers and Prometheus.

use actix_web::{HttpResponse, ResponseError};

use super::{Answer, Here, ok};
use crate::http::body::{Health, NotReady, Readiness};
use crate::http::openapi::NotReadyYet;
use crate::http::problem::{Kind, Problem, json_text};
use crate::snapshot::Fleet;

/// The process lives.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, description = "It lives.", body = Health)),
)]
pub(in crate::http) async fn healthz() -> HttpResponse {
    ok(&Health { status: "ok".to_owned() })
}

/// Whether the database was read and can be used, every host was tried once, and the service does not
/// end. Where not, the problem has what is missing besides.
#[utoipa::path(
    get,
    path = "/readyz",
    responses((status = 200, description = "It is ready.", body = Readiness), NotReadyYet),
)]
pub(in crate::http) async fn readyz(here: Here) -> HttpResponse {
    let readiness = readiness(&here.board.fleet(), here.streams.are_ending());
    if readiness.ready {
        return ok(&readiness);
    }
    let problem = Problem::new(Kind::Unavailable, readiness.missing.join("; "));
    let body = json_text(&NotReady { problem: problem.body(), readiness });
    problem.error_response().set_body(body).map_into_boxed_body()
}

/// All metrics.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (
            status = 200,
            description = "Prometheus's text format.",
            body = String,
            content_type = "text/plain",
        ),
    ),
)]
pub(in crate::http) async fn metrics(here: Here) -> Answer {
    match here.metrics.render() {
        Ok(text) => Ok(HttpResponse::Ok()
            .content_type("text/plain; version=0.0.4; charset=utf-8")
            .body(text)),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            Err(Problem::new(Kind::Internal, format!("the metrics cannot be written: {error}")))
        }
    }
}

fn readiness(fleet: &Fleet, ending: bool) -> Readiness {
    let mut missing = Vec::new();
    if ending {
        missing.push("stopping: the service ends".to_owned());
    }
    match &fleet.database_trouble {
        Some(why) => missing.push(format!("the database cannot be used: {why}")),
        None if !fleet.database_read => missing.push("the database was not read yet".to_owned()),
        None => {}
    }
    let untried_hosts: Vec<_> = fleet.untried_hosts().cloned().collect();
    missing.extend(untried_hosts.iter().map(|host| format!("host {host} was not tried yet")));
    Readiness {
        ready: fleet.is_ready() && !ending,
        database_read: fleet.database_read,
        untried_hosts,
        missing,
    }
}
