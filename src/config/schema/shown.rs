//! Defaults that readers say themselves, as they are written in a file.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::config::Unmanaged;
use crate::model::Severity;
use crate::policy::{Exhausted, Retry};

/// What can be the default of a key.
pub(in crate::config) trait Shown {
    /// As it is written; none where its parts have defaults of their own.
    fn shown(&self) -> Option<Json>;
}

/// What is written as it is in JSON.
macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Shown for $type {
            fn shown(&self) -> Option<Json> {
                Some(json!(self))
            }
        })*
    };
}
plain!(bool, i32, u16, u32, usize, f64, String, Severity);

impl Shown for Duration {
    fn shown(&self) -> Option<Json> {
        Some(json!(humantime::format_duration(*self).to_string()))
    }
}

impl Shown for Unmanaged {
    fn shown(&self) -> Option<Json> {
        Some(json!(self.as_str()))
    }
}

impl Shown for Exhausted {
    fn shown(&self) -> Option<Json> {
        Some(json!(self.as_str()))
    }
}

impl Shown for Retry {
    fn shown(&self) -> Option<Json> {
        None
    }
}
