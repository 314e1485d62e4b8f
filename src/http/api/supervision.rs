//! The supervision tree.

use actix_web::HttpRequest;

use super::{Answer, Here, ok};
use crate::http::body::NodeBody;
use crate::http::query::Query;

/// The tree, from the root down.
#[utoipa::path(
    get,
    path = "/api/v1/supervision",
    responses((status = 200, description = "The root, with everyone below it.", body = NodeBody)),
)]
pub(in crate::http) async fn tree(request: HttpRequest, here: Here) -> Answer {
    Query::none(&request)?;
    let tree = here.board.tree();
    Ok(ok(&NodeBody::tree(tree.iter())))
}
