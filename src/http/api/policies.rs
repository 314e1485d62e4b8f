//! The policies in force, cell by cell.

use actix_web::HttpRequest;

use super::{Answer, Here, ok};
use crate::http::body::{Page, PolicyBody};
use crate::http::openapi::Paging;
use crate::http::query::{Query, cursor};

/// All policies, by name, as they apply.
#[utoipa::path(
    get,
    path = "/api/v1/policies",
    params(Paging),
    responses((status = 200, description = "A page of the policies.", body = Page<PolicyBody>)),
)]
pub(in crate::http) async fn list(request: HttpRequest, here: Here) -> Answer {
    let mut query = Query::of(&request)?;
    let limit = query.limit()?;
    let after: Option<String> = cursor::read(&mut query)?;
    query.finish()?;
    let after = after.as_deref();
    let config = here.board.config();
    let mut tables = config.policies.iter().filter(|(name, _)| after.is_none_or(|a| *name > a));
    let items: Vec<PolicyBody> =
        tables.by_ref().take(limit).map(|(_, table)| PolicyBody::from(&**table)).collect();
    let last = items.last().filter(|_| tables.next().is_some());
    let next = last.map(|policy| cursor::write(&policy.name));
    Ok(ok(&Page { items, next }))
}
