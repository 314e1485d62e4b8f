//! How a life of an actor ended, and the messages by which its parent hears of it.
//!
//! An exit is a value and travels like any other: the parent handles [`ChildExit`] in its mailbox,
//! when its turn comes. Not in here: who sends it (`child.rs`, `in_place.rs`), and what the parent
//! makes of it (`children.rs`).

use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

use actix::{ActorContext, Message};

/// How a life of an actor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It stopped by itself, or because it was asked to.
    Normal,
    /// It gave up and said why, by [`ExitSlot::fail`].
    Failed(String),
    /// It panicked; the text is the panic's message.
    Panicked(String),
    /// Its [`Child`](super::Child) handle was dropped.
    Killed,
    /// It finished no turn for so long, and its parent has ended it.
    Hung {
        /// The heartbeat in which a turn was due.
        within: Duration,
    },
}

impl Exit {
    /// The closed set of words for metric labels: `normal`, `failed`, `panicked`, `killed`, `hung`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
            Self::Killed => "killed",
            Self::Hung { .. } => "hung",
        }
    }
}

/// The kind, and the reason if there is one: `failed: no route to host`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal | Self::Killed => f.write_str(self.kind()),
            Self::Failed(why) | Self::Panicked(why) => write!(f, "{}: {why}", self.kind()),
            Self::Hung { within } => write!(f, "{}: no turn finished in {within:?}", self.kind()),
        }
    }
}

/// Which life of a child: 1 is the first, 0 stands for a child that never was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// The life after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// To the parent: this life of this child is over, and nothing of it is left.
///
/// Sent exactly once for every start, past the bound of the parent's mailbox. The parent must not
/// start the next life in the handler of this message, but later (`run_later`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildExit<K> {
    /// The child's name among its siblings.
    pub child: K,
    /// The life that ended.
    pub incarnation: Incarnation,
    /// How it ended.
    pub exit: Exit,
}

impl<K: 'static> Message for ChildExit<K> {
    type Result = ();
}

/// To the parent: a child that restarts in place has failed, or lives again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildRestart<K> {
    /// The child's name among its siblings.
    pub child: K,
    /// The life that ended when waiting, the new one when resumed.
    pub incarnation: Incarnation,
    /// Which of the two.
    pub step: RestartStep,
}

impl<K: 'static> Message for ChildRestart<K> {
    type Result = ();
}

/// The two moments of a restart in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestartStep {
    /// The child failed; its mailbox is open, but nobody reads it for a while.
    Waiting {
        /// How the life ended.
        exit: Exit,
        /// The time until the restart.
        after: Duration,
    },
    /// The next life has begun; `started` is about to be called.
    Resumed,
}

/// Where an actor puts the reason when it gives up. It is handed to the actor's constructor.
#[derive(Clone, Debug, Default)]
pub struct ExitSlot(Rc<RefCell<Option<String>>>);

impl ExitSlot {
    /// Ends the actor with [`Exit::Failed`].
    ///
    /// It ends after the current handler or hook returns. `stopping` is not asked (a failure can't
    /// be refused), `stopped` runs. Of several reasons the first counts.
    pub fn fail(&self, ctx: &mut impl ActorContext, why: impl Into<String>) {
        self.0.borrow_mut().get_or_insert_with(|| why.into());
        ctx.terminate();
    }

    /// The reason given, if any; the slot is empty afterwards.
    pub(super) fn take(&self) -> Option<String> {
        self.0.borrow_mut().take()
    }
}
