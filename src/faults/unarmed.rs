//! Without the feature: nothing is ever armed.

use super::{Bug, Point};

/// Nothing happens.
#[inline(always)]
pub const fn pass(_: Point, _: &str) {}

/// No error.
#[inline(always)]
#[must_use]
pub const fn error(_: Point, _: &str) -> Option<String> {
    None
}

/// No error, at once.
#[inline(always)]
pub fn answer(_: Point, _: &str) -> std::future::Ready<Option<String>> {
    std::future::ready(None)
}

/// There is none.
#[inline(always)]
#[must_use]
pub const fn bug(_: Bug) -> bool {
    false
}
