//! The thread that writes: the one owner of the connection, fed by a channel, first come, first
//! served.
//!
//! A thread of its own, because a commit blocks until the disk has it, and because a connection is
//! best left where it is. Not in here: what is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::StoreError;
use super::session::Session;
use crate::faults::{self, Point};

/// Something to do on the session.
type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// The writing thread. When it is dropped, what was sent is still done, the connection is closed
/// and the thread is awaited.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(session: Session) -> Result<Self, StoreError> {
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work(session, &queue))
            .map_err(|source| StoreError::File {
                what: "starting the thread",
                path: "store-writer".into(),
                source,
            })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Sends a job; it is done after all that were sent before. Where the thread is gone the job
    /// is dropped, and with it whatever it would have answered on.
    pub(super) fn send(&self, job: impl FnOnce(&mut Session) + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It catches its jobs' panics, so there is nothing to learn from its end.
            let _ = thread.join();
        }
    }
}

fn work(mut session: Session, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        faults::pass(Point::StoreThread, "");
        // The session turns panics of what runs in it into errors; this is for all the rest. The
        // job's answer is dropped, which its waiter sees.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut session)));
    }
}
