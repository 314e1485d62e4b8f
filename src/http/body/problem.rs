//! What an error looks like: RFC 9457.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::ProblemType;

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// Which problem it is, for programs: a URI that does not change.
    #[serde(rename = "type")]
    #[schema(value_type = ProblemType)]
    pub kind: String,
    /// The same for people, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what would be right.
    pub detail: String,
    /// The field of the body, or the parameter of the query, that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Everything that is wrong, where it is more than one thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorBody>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The file, or `environment`; null where it cannot be told.
    #[schema(required)]
    pub file: Option<String>,
    /// The key with its path; empty where it is about the file as a whole.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}
