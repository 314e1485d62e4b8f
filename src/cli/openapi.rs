//! `assured openapi`: the description of the HTTP interface; no service is asked, and no
//! configuration read.

use clap::Args;

use crate::http::document;

/// Print the description of the HTTP API, as OpenAPI 3.1
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured openapi")]
pub(super) struct OpenApi {}

impl OpenApi {
    pub(super) fn execute(&self) -> String {
        document().to_owned()
    }
}
