//! A database that does not answer, played: what is sent waits, and is done in its order afterwards.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::session::Session;
use super::writer::Job;
use super::{Place, on_memory};

/// A database in memory, and what waits for it while it plays stalled.
pub(super) struct Memory {
    pub(super) session: Session,
    waiting: Option<VecDeque<Job>>,
}

impl Memory {
    pub(super) fn new(session: Session) -> Self {
        Self { session, waiting: None }
    }

    /// Does a job at once, or keeps it for the end of the stall.
    pub(super) fn take(&mut self, job: Job) {
        match &mut self.waiting {
            Some(waiting) => waiting.push_back(job),
            None => job(&mut self.session),
        }
    }
}

/// The stall of a thread: it ends when this is dropped.
#[derive(Default)]
pub(super) struct Stall(Mutex<Option<Sender<()>>>);

impl Stall {
    pub(super) fn begin(&self, place: &Place) {
        match place {
            Place::Memory(memory) => {
                on_memory(memory).waiting.get_or_insert_default();
            }
            Place::Kept { writer, .. } => {
                let (hold, until) = channel::<()>();
                // An error is the end of the stall.
                writer.send(move |_| {
                    let _ = until.recv();
                });
                self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(hold);
            }
        }
    }

    pub(super) fn end(&self, place: &Place) {
        match place {
            Place::Memory(memory) => {
                let mut memory = on_memory(memory);
                for job in memory.waiting.take().unwrap_or_default() {
                    job(&mut memory.session);
                }
            }
            Place::Kept { .. } => {
                self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        }
    }
}
