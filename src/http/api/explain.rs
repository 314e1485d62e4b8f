//! What a policy says about a condition. A question, though it is posted: it needs no token.

use actix_web::HttpRequest;

use super::{Answer, Here, ok};
use crate::actors::messages::Refusal;
use crate::http::body::{Asked, ExplainQuestion, Explained};
use crate::http::json::Json;
use crate::http::openapi::Impossible;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::model::{State, UnknownWord};

/// Which rule applies, and what would be done.
#[utoipa::path(
    post,
    path = "/api/v1/policies/explain",
    request_body = ExplainQuestion,
    responses((status = 200, description = "What applies.", body = Explained), Impossible),
)]
pub(in crate::http) async fn explain(
    request: HttpRequest,
    here: Here,
    body: Json<ExplainQuestion>,
) -> Answer {
    Query::none(&request)?;
    let ExplainQuestion { desired, observed, reason, policy } = body.0;
    let seen = asked(&observed, reason.as_deref())?;
    let name = policy.as_deref().unwrap_or("default");
    let config = here.board.config();
    let Some(table) = config.policies.get(name) else {
        let known: Vec<_> = config.policies.iter().map(|(name, _)| name).collect();
        let known = known.join(", ");
        return Err(Refusal::NoSuchPolicy { name: name.to_owned(), known }.into());
    };
    Ok(ok(&Explained::new(table, desired, seen)))
}

/// What is seen, from `state/reason`, or from a state and its reason apart.
pub(in crate::http) fn asked(observed: &str, reason: Option<&str>) -> Result<Asked, Problem> {
    let wrong = |why: UnknownWord| Problem::field("observed", format!("`observed`: {why}"));
    let Some(reason) = reason else { return observed.parse().map_err(wrong) };
    if observed.contains('/') {
        let detail = "`observed` has a reason already; give it once";
        return Err(Problem::field("reason", detail));
    }
    let state: State = observed.parse().map_err(wrong)?;
    let seen = format!("{state}/{reason}").parse();
    seen.map(Asked::Exactly).map_err(|why| Problem::field("reason", format!("`reason`: {why}")))
}
