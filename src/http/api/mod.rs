//! The handlers, a file for each thing.

pub(super) mod description;
pub(super) mod events;
pub(super) mod explain;
pub(super) mod holds;
pub(super) mod hosts;
pub(super) mod incidents;
pub(super) mod instances;
pub(super) mod policies;
pub(super) mod probes;
pub(super) mod reload;
pub(super) mod status;
pub(super) mod stream;
pub(super) mod supervision;

pub(super) use events::ORDERS;
pub(super) use holds::{LONGEST_HOLD, SHORTEST_HOLD};
pub(super) use incidents::STATES;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::problem::{Kind, Problem, json_text};
use super::query::not_found;
use super::state::{Shared, State};
use crate::model::{By, HostId, InstanceId};

/// How many characters a reason can have.
pub(super) const LONGEST_REASON: usize = 500;

type Answer = Result<HttpResponse, Problem>;

/// What handlers work with, taken out of the request.
pub(in crate::http) struct Here(web::Data<Shared>);

impl std::ops::Deref for Here {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0.state
    }
}

impl FromRequest for Here {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(shared(request).map(Self))
    }
}

/// Whoever asks may change things. Comes first among what a handler takes, so that nothing else is
/// looked at where this fails.
pub(in crate::http) struct Operator(By);

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(operator(request))
    }
}

fn operator(request: &HttpRequest) -> Result<Operator, Problem> {
    let shared = shared(request)?;
    let caller = shared.state.admit(request.headers())?;
    if caller.role.may_change() {
        return Ok(Operator(caller.by));
    }
    let detail = format!(
        "a change needs a token with the role operator, and this one ({}) has the role {}",
        caller.by, caller.role
    );
    Err(Problem::new(Kind::NotAllowed, detail))
}

fn shared(request: &HttpRequest) -> Result<web::Data<Shared>, Problem> {
    let shared = request.app_data::<web::Data<Shared>>();
    let missing = || Problem::new(Kind::Internal, "the server was put together without its state");
    shared.cloned().ok_or_else(missing)
}

fn json<T: serde::Serialize>(mut response: HttpResponseBuilder, body: &T) -> HttpResponse {
    response.content_type("application/json").body(json_text(body))
}

fn ok<T: serde::Serialize>(body: &T) -> HttpResponse {
    json(HttpResponse::Ok(), body)
}

fn path_id(request: &HttpRequest) -> &str {
    request.match_info().get("id").unwrap_or_default()
}

/// The instance that the path names.
fn instance_id(request: &HttpRequest) -> Result<InstanceId, Problem> {
    let text = path_id(request);
    text.parse().map_err(|_| not_found("instance with the UUID", text))
}

/// The host that the path names.
fn host_id(request: &HttpRequest) -> HostId {
    HostId::from(path_id(request))
}

/// A reason that somebody gave: a line for others to read.
pub(in crate::http) fn because(reason: String) -> Result<String, Problem> {
    let refused = |why: String| Err(Problem::impossible("reason", why));
    if reason.trim().is_empty() {
        return refused("`reason` is empty: say what is being done".to_owned());
    }
    if let Some(odd) = reason.chars().find(|c| c.is_control()) {
        let odd = odd.escape_unicode();
        return refused(format!("`reason` has a control character ({odd}): write one plain line"));
    }
    match reason.chars().count() {
        0..=LONGEST_REASON => Ok(reason),
        length => refused(format!(
            "`reason` can have {LONGEST_REASON} characters, and this one has {length}"
        )),
    }
}
