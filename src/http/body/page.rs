//! A page of a list.

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::json_text;

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
    /// The page as JSON, of items that are JSON already: as `T` would be.
    ///
    /// All items are there before the first is copied: what it costs to take one is not paid for
    /// with waiting for the copy of the one before, and the page is as long as it will be from the
    /// beginning.
    pub fn text(items: impl Iterator<Item: Deref<Target = str>>, next: Option<String>) -> String {
        const HEAD: &str = "{\"items\":[";
        const MIDDLE: &str = "],\"next\":";
        let items: Vec<_> = items.collect();
        let next = json_text(&next);
        let length: usize = items.iter().map(|item| item.len() + 1).sum();
        let mut text = String::with_capacity(HEAD.len() + length + MIDDLE.len() + next.len() + 1);
        text.push_str(HEAD);
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(item);
        }
        text.push_str(MIDDLE);
        text.push_str(&next);
        text.push('}');
        text
    }
}
