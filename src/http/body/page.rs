//! A page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::json_text;

/// How long an item is thought to be, in bytes, before it is written.
const USUAL: usize = 512;

/// A page of a list, with where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// What is on it, in the list's order.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page as JSON, of items that are written one by one: as `T` would be.
    pub fn text<I>(items: &[I], next: Option<String>, write: impl Fn(&mut String, &I)) -> String {
        let mut text = String::with_capacity(USUAL * (items.len() + 1));
        text.push_str("{\"items\":[");
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            write(&mut text, item);
        }
        text.push_str("],\"next\":");
        text.push_str(&json_text(&next));
        text.push('}');
        text
    }
}
