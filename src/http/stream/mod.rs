//! The audit log as it grows: server-sent events.
//!
//! A stream reads from the database, page by page, what comes after the number that it has; when
//! there is nothing more it waits for word of the next commit ([`Store::last_event`]). So what was
//! missed and what is new come the same way, in one order, and nothing is lost or told twice. What is
//! kept for a reader in memory is a few pages, whatever it does.
//!
//! Each stream is a task that fills a bounded channel, and a body that empties it. A reader that
//! takes nothing for a while is told that it lags, and let go: it can go on from the last number
//! that it has.
//!
//! Not in here: which events are asked for (`api/stream.rs`).
//!
//! [`Store::last_event`]: crate::store::Store::last_event

mod feed;
mod frame;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::problem::{Kind, Problem};
pub(super) use feed::Feed;
pub(super) use frame::{Farewell, LastWord};

/// How many streams there can be at once: each holds a connection, and reads after every commit.
const MOST: usize = 64;
/// How many pages wait for a reader at most; one more is kept free for the last word.
const PAGES: usize = 4;

/// The streams of a service: how many there are, and when they end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Streams {
    places: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), ending: watch::Sender::new(false) }
    }
}

impl Streams {
    /// Ends every stream, and every one that is begun from now on: the service ends.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Whether the service ends.
    #[must_use]
    pub(super) fn are_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// A place for one more, and the two ends of its channel.
    ///
    /// # Errors
    /// The problem that it is answered with where all places are taken.
    pub(super) fn open(&self) -> Result<(mpsc::Sender<Bytes>, Body), Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let detail = format!(
                "all {MOST} event streams are in use: end one that is not needed, or read GET \
                 /api/v1/events from time to time"
            );
            Problem::new(Kind::Unavailable, detail)
        })?;
        let (pages, taken) = mpsc::channel(PAGES + 1);
        Ok((pages, Body { pages: taken, _place: place }))
    }

    fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }
}

/// What a reader gets. Its place is free again when it is dropped.
pub(super) struct Body {
    pages: mpsc::Receiver<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl Stream for Body {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll_recv(cx).map(|page| page.map(Ok))
    }
}
