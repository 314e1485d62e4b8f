//! Telling again what is open, to receivers that keep it in memory only.
//!
//! Nothing of it is written down: what is told again was delivered before, and a new life begins to count anew. There is
//! never more than one message under way for a receiver, so what is over is not told again after its end.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use super::deliver::{Desk, later};
use crate::model::Story;
use crate::notify::MOST;
use crate::store::StoreError;

/// When a receiver is told again; none as long as nothing is open that it knows of.
#[derive(Debug, Default)]
pub(super) struct Repeat(Cell<Option<Timestamp>>);

impl Desk {
    /// Tells it again what is open, if the time has come, and says when that is next; none if there is
    /// nothing.
    pub(super) async fn repeat(&self) -> Option<Timestamp> {
        let every = SignedDuration::try_from(self.receiver.way.repeat()?).unwrap_or_default();
        let now = self.clock.now();
        let due = self.repeated.0.get();
        if due.is_some_and(|due| due > now) {
            return due;
        }
        let open = self.open().await.unwrap_or_else(|error| {
            tracing::warn!(receiver = %self.receiver.name, "what is open is not known: {error}");
            Vec::new()
        });
        if due.is_some() {
            self.tell_again(&open).await;
        }
        let next = (!open.is_empty()).then(|| later(self.clock.now(), every));
        self.repeated.0.set(next);
        next
    }

    async fn open(&self) -> Result<Vec<Story>, StoreError> {
        let told = self.store.told_open(self.receiver.name.clone()).await?;
        self.store.stories(told).await
    }

    async fn tell_again(&self, open: &[Story]) {
        for stories in open.chunks(MOST) {
            if let Err(error) = self.send(stories).await {
                let open = stories.len();
                tracing::warn!(receiver = %self.receiver.name, open, "not told again: {error}");
                return;
            }
        }
    }
}
