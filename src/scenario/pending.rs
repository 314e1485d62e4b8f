//! An expectation that has still time to be met.

use std::sync::Arc;

use tokio::time::Instant;

use super::expect::Expect;
use super::file::{Step, Written};
use crate::model::EventId;
use crate::snapshot::Fleet;

/// See the module.
pub(super) struct Pending<'a> {
    pub(super) step: &'a Step,
    pub(super) expect: &'a Written<Expect>,
    /// Until when.
    pub(super) until: Instant,
    /// What it was last compared with.
    compared: Option<(Arc<Fleet>, Option<EventId>)>,
}

impl<'a> Pending<'a> {
    /// It was not looked at yet.
    pub(super) const fn new(step: &'a Step, expect: &'a Written<Expect>, until: Instant) -> Self {
        Self { step, expect, until, compared: None }
    }

    /// Whether nothing that it is about can have changed since it was looked at last; it is now.
    pub(super) fn is_as_before(&mut self, fleet: &Arc<Fleet>, newest: Option<EventId>) -> bool {
        let before = self.compared.replace((Arc::clone(fleet), newest));
        let is_same = |(shown, event)| Arc::ptr_eq(&shown, fleet) && event == newest;
        before.is_some_and(is_same) && !self.expect.means.is_of_the_world()
    }
}
