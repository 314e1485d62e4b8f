//! The thread that writes: the one owner of the connection, fed by a channel, first come, first
//! served.
//!
//! A thread of its own, because a commit blocks until the disk has it, and because a connection is
//! best left where it is. It outlives the panics of its jobs; should it end all the same, its end is
//! told with the reason, what waits in its queue is dropped, and another one can be begun, which opens
//! the database anew. Not in here: what is written, and when another one is begun.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::StoreError;
use super::backend::Database;
use super::failure::panic_text;
use super::session::Session;
use crate::faults::{self, Point};

/// Something to do on the session.
pub(super) type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// The writing thread, one after the other. When this is dropped, what was sent is still done, the
/// connection is closed and the thread is awaited.
pub(super) struct Writer {
    database: Arc<dyn Database>,
    life: Mutex<Life>,
}

/// One thread's.
struct Life {
    jobs: Option<Sender<Job>>,
    /// Why it has ended, once it has.
    ended: watch::Receiver<Option<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the first thread.
    pub(super) fn start(session: Session, database: Arc<dyn Database>) -> Result<Self, StoreError> {
        Ok(Self { database, life: Mutex::new(Life::begin(session)?) })
    }

    /// Sends a job; it is done after all that were sent before. Where the thread is gone the job
    /// is dropped, and with it whatever it would have answered on.
    pub(super) fn send(&self, job: impl FnOnce(&mut Session) + Send + 'static) {
        if let Some(jobs) = &self.life().jobs {
            let _ = jobs.send(Box::new(job));
        }
    }

    /// Begins another thread if the last one has ended. Ready with the reason when the one that
    /// lives now ends.
    pub(super) fn keep(&self) -> impl Future<Output = String> + Send + use<> {
        let ended = self.alive();
        async move {
            let mut ended = match ended {
                Ok(ended) => ended,
                Err(error) => return crate::telemetry::whole(&error),
            };
            match ended.wait_for(Option::is_some).await {
                Ok(why) => why.clone().unwrap_or_default(),
                Err(_) => "the thread that writes the database ended without a word".to_owned(),
            }
        }
    }

    /// Lets what was sent be done, closes the connection and waits for the thread. Blocks.
    pub(super) fn close(&self) {
        self.life().close();
    }

    /// Whether another process has the database by now; none where that cannot be.
    pub(super) fn taken_over(&self) -> Option<watch::Receiver<bool>> {
        self.database.taken_over()
    }

    fn alive(&self) -> Result<watch::Receiver<Option<String>>, StoreError> {
        let mut life = self.life();
        if life.ended.borrow().is_some() {
            *life = Life::begin(Session::again(Arc::clone(&self.database)))?;
        }
        Ok(life.ended.clone())
    }

    /// Poison means nothing here: a life is replaced as a whole.
    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Life {
    fn begin(session: Session) -> Result<Self, StoreError> {
        let (jobs, queue) = channel();
        let (tell, ended) = watch::channel(None);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                // When this is told, the queue and the connection are gone already.
                let why = match catch_unwind(AssertUnwindSafe(|| work(session, queue))) {
                    Ok(()) => "the store was closed".to_owned(),
                    Err(payload) => format!(
                        "the thread that writes the database panicked: {}",
                        panic_text(payload.as_ref())
                    ),
                };
                tell.send_replace(Some(why));
            })
            .map_err(|source| StoreError::File {
                what: "starting the thread",
                path: "store-writer".into(),
                source,
            })?;
        Ok(Self { jobs: Some(jobs), ended, thread: Some(thread) })
    }

    fn close(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // How it has ended is told by itself.
            let _ = thread.join();
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.close();
    }
}

fn work(mut session: Session, queue: Receiver<Job>) {
    while let Some(job) = next(&mut session, &queue) {
        faults::pass(Point::StoreThread, "");
        // The session turns panics of what runs in it into errors; this is for all the rest. The
        // job's answer is dropped, which its waiter sees.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut session)));
    }
}

/// The next job, once there is one; a connection that can be lost is looked after meanwhile. None at the end.
fn next(session: &mut Session, queue: &Receiver<Job>) -> Option<Job> {
    let Some(pulse) = session.pulse() else { return queue.recv().ok() };
    loop {
        match queue.recv_timeout(pulse) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => session.tend(),
        }
    }
}
