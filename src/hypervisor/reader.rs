//! Looks that fall due together become one call.
//!
//! Each instance asks for its next look with a window: not before, not after. The reader waits for
//! the first window to close, and then serves every look whose window is open with the same call.
//! A look's jitter is this latitude: it keeps the cadences of a host's instances together, where
//! independent random delays would scatter them and make each look a call of its own.
//!
//! A look that is asked for while a read is under way is served by the next read: the one under way
//! may have been answered before.
//!
//! Not in here: when to look again (the instance decides), and what a look means.

mod book;
mod due;
mod run;
mod slab;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::book::Book;
use self::slab::Ticket;
use super::{CallError, Session};
use crate::clock::Clock;
use crate::model::{HostId, InstanceId, Look, MassChange, Source};

/// When a look is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before this, unless it comes for free.
    pub earliest: Instant,
    /// Not after this.
    pub latest: Instant,
}

impl Window {
    /// As soon as possible.
    #[must_use]
    pub fn now() -> Self {
        Self::at(Instant::now())
    }

    /// At an exact time: not before it, and as soon after it as possible.
    #[must_use]
    pub const fn at(time: Instant) -> Self {
        Self { earliest: time, latest: time }
    }
}

/// What a reader works with.
pub struct ReaderSettings {
    /// The host that is read.
    pub host: HostId,
    /// Gives looks their wall time.
    pub clock: Clock,
    /// How many that are gone at once are too many to be believed at first.
    pub mass_change: MassChange,
    /// Hears what the reader did. Called from the reader's task; it may call the reader.
    pub notice: Rc<dyn Fn(Notice)>,
}

/// What a reader tells its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A read ended well. Told before its looks are delivered.
    Read(ReadDone),
    /// A complete read found so many gone at once that it is not believed: those who had asked get an
    /// inconclusive look, after this. The first complete read on a new session is believed.
    Doubted(Doubted),
    /// A read failed; those who had asked get an inconclusive look, after this.
    Failed(CallError),
    /// The domains that nobody has registered are not those of the last complete read, or not those of
    /// the last listing: these they are now, in the order of their ids. Told after the read's looks are delivered.
    Unmanaged(Vec<InstanceId>),
    /// The reader's task panicked, which is a bug: there will be no more looks from it.
    Broken(String),
}

/// What a read was, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadDone {
    /// Which kind of call served it.
    pub kind: ReadKind,
    /// How long the call took.
    pub duration: Duration,
    /// How many looks it served.
    pub looks: usize,
    /// How many conditions the host answered with.
    pub domains: usize,
}

/// An answer that is not believed yet (N12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubted {
    /// When the host was asked.
    pub at: Timestamp,
    /// How many instances were active at the complete read before, of those that are expected to be.
    pub active_before: usize,
    /// Those of them that are down or missing in this one.
    pub gone: Vec<InstanceId>,
}

/// What an instance is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Active: if it is gone, together with many others, that is doubted.
    Active,
    /// Whatever it is: it is supposed to be off, or an action of ours is under way.
    Anything,
}

/// The kinds of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadKind {
    /// All domains of the host in one call: a complete read.
    All,
    /// A cheap call for each of a few domains.
    Some,
}

/// The handle of one host's reader. Cheap to clone. When the last clone is dropped, the reader's
/// task ends and nothing is delivered any more; slots do not keep it alive.
///
/// Needs a tokio `LocalSet` or an actix system around it, and stays on its thread.
#[derive(Clone)]
pub struct Reader {
    alive: Rc<Alive>,
}

impl Reader {
    /// A reader without a session: until one is attached, looks end as disconnected.
    #[must_use]
    pub fn new(settings: ReaderSettings) -> Self {
        let book = RefCell::new(Book::new(settings.mass_change));
        let shared = Rc::new(Shared { book, wake: Notify::new() });
        tokio::task::spawn_local(run::run(settings, Rc::clone(&shared)));
        Self { alive: Rc::new(Alive(shared)) }
    }

    /// Registers an instance. Its looks are given to `sink`, from the reader's task: `sink` may
    /// call the reader and ask for the next look, and should be quick. Of two registrations of one
    /// id the later gets the looks.
    #[must_use]
    pub fn register(&self, id: InstanceId, sink: Box<dyn Fn(Look)>) -> Slot {
        let shared = Rc::clone(&self.alive.0);
        let (ticket, before) = shared.book.borrow_mut().register(id, Rc::from(sink));
        // What a sink holds may be the last handle of anything: dropped after the borrow.
        drop(before);
        Slot { shared, ticket, id }
    }

    /// From now on reads go to this session. A read that is under way on another is given up, and
    /// made again on this one.
    pub fn attach(&self, session: Rc<dyn Session>) {
        let before = self.alive.0.book.borrow_mut().attach(session);
        self.alive.0.wake.notify_one();
        drop(before);
    }

    /// There is no session any more. A read that is under way is given up: its looks end as
    /// disconnected at once, and all others when their time comes, until a session is attached.
    pub fn detach(&self) {
        // The session may be the last handle of itself: dropped after the borrow has ended.
        let session = self.alive.0.book.borrow_mut().detach();
        self.alive.0.wake.notify_one();
        drop(session);
    }

    /// Says which domains a full listing had, and which of them were active. If the next complete read
    /// finds other strangers than the listing, one of them was not the truth, and
    /// [`Notice::Unmanaged`] says so. What was active counts as gone if that
    /// read does not have it.
    pub fn listed(&self, domains: Vec<(InstanceId, bool)>) {
        self.alive.0.book.borrow_mut().listed(domains);
    }

    /// How many instances are registered.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.alive.0.book.borrow().registered()
    }
}

/// An instance's place in the reader. Dropping it unregisters: no look is delivered after that.
pub struct Slot {
    shared: Rc<Shared>,
    ticket: Ticket,
    id: InstanceId,
}

impl Slot {
    /// Whose it is.
    #[must_use]
    pub const fn id(&self) -> InstanceId {
        self.id
    }

    /// Says what the instance is expected to be from now on. At first that is anything.
    pub fn expect(&self, expected: Expected) {
        self.shared.book.borrow_mut().expect(self.ticket, expected);
    }

    /// Wants one look within the window. Asked again before it came, the earliest `latest` wins,
    /// and one look comes for both.
    pub fn look(&self, window: Window, source: Source) {
        if self.shared.book.borrow_mut().ask(self.ticket, window, source) {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let sink = self.shared.book.borrow_mut().unregister(self.ticket);
        drop(sink);
    }
}

/// What the handles and the task share.
struct Shared {
    book: RefCell<Book>,
    wake: Notify,
}

/// Ends the task when the last handle goes.
struct Alive(Rc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        let session = self.0.book.borrow_mut().close();
        self.0.wake.notify_one();
        drop(session);
    }
}
