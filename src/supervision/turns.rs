//! Whose turn it is on a thread, for another thread to read: what a watchdog says when it finds that
//! the thread is stuck.
//!
//! A turn costs two stores of a number. The names are in a table that only starts and ends of
//! children touch. Not in here: how long a turn takes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

thread_local! {
    static HERE: Turns = Turns::default();
}

/// The turns of one thread's children. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    /// The number of the child whose turn it is; 0 between turns.
    now: AtomicU64,
    names: Mutex<Names>,
}

#[derive(Debug, Default)]
struct Names {
    last: u64,
    of: HashMap<u64, Arc<str>>,
}

impl Turns {
    /// Those of the calling thread.
    pub fn here() -> Self {
        HERE.with(Clone::clone)
    }

    /// The name of the child whose turn it is at this moment; none between turns.
    pub fn whose(&self) -> Option<Arc<str>> {
        // The number stands alone: nothing else has to be seen with it.
        let now = self.0.now.load(Ordering::Relaxed);
        self.names().of.get(&now).cloned()
    }

    /// The names of all children that live, in no order.
    #[cfg(test)]
    pub(crate) fn living(&self) -> Vec<Arc<str>> {
        self.names().of.values().cloned().collect()
    }

    /// A place in the table for a new child.
    pub(super) fn enter(&self, name: Arc<str>) -> Seat {
        let mut names = self.names();
        names.last += 1;
        let number = names.last;
        names.of.insert(number, name);
        drop(names);
        Seat { turns: self.clone(), number }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child's place in the table, until it is dropped.
pub(super) struct Seat {
    turns: Turns,
    number: u64,
}

impl Seat {
    /// It is this child's turn, until the answer is dropped.
    pub(super) fn turn(&self) -> Turn {
        self.turns.0.now.store(self.number, Ordering::Relaxed);
        Turn(Arc::clone(&self.turns.0))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.turns.names().of.remove(&self.number);
    }
}

/// A turn that lasts.
pub(super) struct Turn(Arc<Table>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.now.store(0, Ordering::Relaxed);
    }
}
