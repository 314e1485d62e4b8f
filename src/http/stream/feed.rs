//! What fills a stream: the pages that are there, and those that come.

use std::time::Duration;

use actix_web::web::Bytes;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::Streams;
use super::frame::{self, Farewell};
use crate::model::EventId;
use crate::store::{EventQuery, Order, Store, StoreError};

/// How long nothing comes at most: a comment tells the reader, and whatever is between, that the
/// stream lives. After it the database is asked as well.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader may take nothing while its pages are full.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many events are read at once.
const PAGE: u32 = 100;

/// A stream that is to be filled.
pub(in crate::http) struct Feed {
    store: Store,
    /// Which events. Its cursor is the number up to which all were sent.
    query: EventQuery,
    after: EventId,
    /// The last number that the reader has.
    sent: EventId,
    committed: watch::Receiver<EventId>,
    ending: watch::Receiver<bool>,
}

/// Why a feed has ended.
enum End {
    /// The reader is gone.
    Gone,
    /// The reader is told.
    Said(Farewell),
}

impl From<SendError<()>> for End {
    fn from(_: SendError<()>) -> Self {
        Self::Gone
    }
}

impl Feed {
    /// A feed of what comes after an event, or of what comes after now. A number that the log has
    /// not reached is one of another log: it is as good as none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::http) async fn after(
        after: Option<EventId>,
        query: EventQuery,
        store: Store,
        streams: &Streams,
    ) -> Result<Self, StoreError> {
        let committed = store.last_event();
        let newest = EventQuery { order: Order::NewestFirst, limit: 1, ..EventQuery::default() };
        let newest = store.events(newest).await?;
        let last = newest.first().map_or(EventId(0), |event| event.id);
        let after = after.map_or(last, |after| after.min(last));
        let query = EventQuery { order: Order::OldestFirst, limit: PAGE, ..query };
        let ending = streams.ending();
        Ok(Self { store, query, after, sent: after, committed, ending })
    }

    /// Sends until the reader is gone, does not keep up, or the service ends.
    pub(in crate::http) async fn run(mut self, pages: mpsc::Sender<Bytes>) {
        // Kept from the beginning: however full the channel is, the last word has its place.
        let Ok(last_word) = pages.clone().reserve_owned().await else { return };
        let mut ending = self.ending.clone();
        let end = tokio::select! {
            biased;
            _ = ending.wait_for(|&ending| ending) => End::Said(Farewell::Ending),
            end = self.fill(&pages) => end,
        };
        match end {
            End::Gone => {}
            End::Said(why) => {
                tracing::debug!(last = self.sent.0, ?why, "an event stream ends");
                last_word.send(frame::farewell(why, self.sent));
            }
        }
    }

    async fn fill(&mut self, pages: &mpsc::Sender<Bytes>) -> End {
        if let Err(end) = give(pages, frame::opening(self.after)).await {
            return end;
        }
        loop {
            let full = match self.page(pages).await {
                Ok(full) => full,
                Err(end) => return end,
            };
            if full {
                continue;
            }
            tokio::select! {
                () = pages.closed() => return End::Gone,
                waited = timeout(HEARTBEAT, self.committed.changed()) => match waited {
                    Ok(Ok(())) => {}
                    // The store is gone: nothing will come.
                    Ok(Err(_)) => return End::Said(Farewell::Ending),
                    Err(_elapsed) => {
                        if let Err(end) = give(pages, frame::HEARTBEAT).await {
                            return end;
                        }
                    }
                },
            }
        }
    }

    /// Sends the next page, and tells whether there may be more.
    async fn page(&mut self, pages: &mpsc::Sender<Bytes>) -> Result<bool, End> {
        // Before the reading: what is committed after it is told once more.
        let committed = *self.committed.borrow_and_update();
        let query = EventQuery { cursor: Some(self.after), ..self.query.clone() };
        let found = self.store.events(query).await.map_err(|error| {
            tracing::warn!(%error, "an event stream ends: the database cannot be read");
            End::Said(Farewell::Unreadable)
        })?;
        let full = found.len() >= PAGE as usize;
        if let Some(last) = found.last().map(|event| event.id) {
            give(pages, frame::page(found)).await?;
            (self.after, self.sent) = (last, last);
        }
        if !full {
            // What the filters have left out need not be gone through again.
            self.after = self.after.max(committed);
        }
        Ok(full)
    }
}

/// Hands a page over, when there is room for it.
async fn give(pages: &mpsc::Sender<Bytes>, page: Bytes) -> Result<(), End> {
    match timeout(PATIENCE, pages.reserve()).await {
        Ok(room) => {
            room?.send(page);
            Ok(())
        }
        Err(_elapsed) => Err(End::Said(Farewell::Lagged)),
    }
}
