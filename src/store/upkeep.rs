//! What becomes of a store while it is open: its thread ends, another process takes the database over, and outages
//! that are only played.
//!
//! Not in here: what is written and read.

use tokio::sync::watch;

use super::{Place, Store};
#[cfg(test)]
use super::{StoreError, session::Session};

/// An outage of the database that is only played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// From now on nothing can be written or loaded.
    Begins,
    /// From now on nothing is answered: what is sent waits, in its order, until it is over.
    Stalls,
    /// It is over.
    Ends,
}

impl Store {
    /// Whether another process has the database by now, of which this one lost its hold: it is to end. Never so for a
    /// file, whose lock is lost with the process only.
    #[must_use]
    pub fn taken_over(&self) -> watch::Receiver<bool> {
        let known = match &self.inner.place {
            Place::Memory(_) => None,
            Place::Kept { writer, .. } => writer.taken_over(),
        };
        // Of a sender that is gone nothing new is heard, which is right.
        known.unwrap_or_else(|| watch::channel(false).1)
    }

    /// Makes every commit and load fail until the outage ends: for simulations of a database that
    /// cannot be reached. On a file, readers go on.
    pub fn simulate(&self, outage: Outage) {
        let dead = match outage {
            Outage::Begins => true,
            Outage::Stalls => return self.inner.stall.begin(&self.inner.place),
            Outage::Ends => {
                self.inner.stall.end(&self.inner.place);
                false
            }
        };
        drop(self.on_writer(move |session| {
            session.outage = dead;
            Ok(())
        }));
    }

    /// Sees to it that there is a thread that writes; ready with the reason when that one has ended.
    /// What is sent while there is none answers [`super::StoreError::Stopped`]. A database in memory has no
    /// such thread: never ready.
    pub fn keep_writing(&self) -> impl Future<Output = String> + Send + use<> {
        let kept = match &self.inner.place {
            Place::Kept { writer, .. } => Some(writer.keep()),
            Place::Memory(_) => None,
        };
        async move {
            match kept {
                Some(kept) => kept.await,
                None => std::future::pending().await,
            }
        }
    }

    /// Ends the thread that writes, as a panic that nothing catches would.
    #[cfg(test)]
    pub(crate) fn end_thread(&self) {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("as the test wants it");
            }
        }
        let job = |_: &mut Session| -> Result<(), StoreError> { std::panic::panic_any(Bomb) };
        drop(self.on_writer(job));
    }
}
