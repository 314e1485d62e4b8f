//! A parent's book of its children, and what is to be done when one of them ends: `one_for_one`.
//!
//! Pure: no actors, no clock; the parent gives the time and carries out the [`Decision`]. It holds
//! the [`Child`](super::Child) handles itself. One turn of the wheel: [`Children::start`] gives the
//! incarnation, the parent starts the actor with it; its [`ChildExit`] goes to [`Children::exited`];
//! the parent waits as told (`run_later`) and begins again with [`Children::restart`], which says no
//! when the child was stopped, removed or started meanwhile, so that timers need not be cancelled.
//! Not in here: other strategies, groups, order among the children.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{
    delay::Delay,
    exit::{ChildExit, ChildRestart, Exit, Incarnation, RestartStep},
    spec::{ChildSpec, ChildState, ChildStatus, Decision, Exhausted, RestartType},
    window::RestartWindow,
};

/// The book of one parent, by the children's names.
#[derive(Clone, Debug)]
pub struct Children<K> {
    entries: BTreeMap<K, Entry>,
    /// Above all incarnations of removed children, so that none comes twice under one name.
    floor: Incarnation,
}

#[derive(Clone, Debug)]
struct Entry {
    spec: ChildSpec,
    state: ChildState,
    incarnation: Incarnation,
    /// From its start until its exit is entered.
    alive: bool,
    lives: u64,
    last_exit: Option<Exit>,
    window: RestartWindow,
    delay: Delay,
    /// When the current try from quarantine began.
    probation: Option<Instant>,
}

impl<K: Ord + Clone> Children<K> {
    /// A parent without children.
    pub fn new() -> Self {
        Self { entries: BTreeMap::new(), floor: Incarnation::default() }
    }

    /// A parent whose children's lives are counted on from those that they had under its own earlier
    /// lives: no incarnation up to `floor` is given.
    pub fn above(floor: Incarnation) -> Self {
        Self { entries: BTreeMap::new(), floor }
    }

    /// Adds a child, stopped. A child of that name is replaced by it, budget and all.
    pub fn add(&mut self, child: K, spec: ChildSpec) {
        self.remove(&child);
        let entry = Entry {
            spec,
            state: ChildState::Stopped,
            incarnation: self.floor,
            alive: false,
            lives: 0,
            last_exit: None,
            window: RestartWindow::new(spec.limit),
            delay: Delay::new(spec.delay, spec.limit.window),
            probation: None,
        };
        self.entries.insert(child, entry);
    }

    /// Forgets a child; its exit, if one is still to come, will be ignored.
    pub fn remove(&mut self, child: &K) -> Option<ChildStatus<K>> {
        let entry = self.entries.remove(child)?;
        self.floor = self.floor.max(entry.incarnation);
        Some(entry.status(child))
    }

    /// The incarnation to start the child with; it is `Starting` from now on.
    ///
    /// None if there is no such child, or it is alive (stopped, but its exit not come yet, is alive).
    pub fn start(&mut self, child: &K, now: Instant) -> Option<Incarnation> {
        let entry = self.entries.get_mut(child).filter(|entry| !entry.alive)?;
        entry.probation = (entry.state == ChildState::Quarantined).then_some(now);
        entry.begin(entry.incarnation.next());
        Some(entry.incarnation)
    }

    /// The same as `start`, for the wait that followed the exit of the life `ended`.
    ///
    /// None also if that wait has lost its reason: the child was stopped, removed or started since.
    pub fn restart(&mut self, child: &K, ended: Incarnation, now: Instant) -> Option<Incarnation> {
        let entry = self.entries.get(child)?;
        let waits = match entry.state {
            ChildState::Restarting | ChildState::Quarantined => entry.incarnation == ended,
            ChildState::Starting | ChildState::Running | ChildState::Stopped => false,
        };
        if waits { self.start(child, now) } else { None }
    }

    /// The child says that it runs. Of no effect unless it is starting with this incarnation.
    pub fn running(&mut self, child: &K, incarnation: Incarnation) {
        if let Some(entry) = self.entries.get_mut(child)
            && entry.incarnation == incarnation
            && entry.state == ChildState::Starting
        {
            entry.state = ChildState::Running;
        }
    }

    /// The parent has stopped the child, or is about to: its exit will lead to nothing, and so does
    /// the end of a wait.
    pub fn stop(&mut self, child: &K) {
        if let Some(entry) = self.entries.get_mut(child) {
            entry.state = ChildState::Stopped;
        }
    }

    /// Enters an exit and says what is to be done.
    pub fn exited(&mut self, exit: &ChildExit<K>, now: Instant) -> Decision {
        match self.entries.get_mut(&exit.child) {
            Some(entry) if entry.alive && entry.incarnation == exit.incarnation => {
                entry.exited(exit.exit.clone(), now)
            }
            Some(_) | None => Decision::Ignore,
        }
    }

    /// Enters what a child that restarts in place has done by itself.
    pub fn restarted(&mut self, restart: &ChildRestart<K>) {
        let Some(entry) = self.entries.get_mut(&restart.child) else {
            return;
        };
        if !entry.alive || entry.state == ChildState::Stopped {
            return;
        }
        match &restart.step {
            RestartStep::Waiting { exit, after: _ } if entry.incarnation == restart.incarnation => {
                entry.last_exit = Some(exit.clone());
                entry.state = ChildState::Restarting;
            }
            RestartStep::Resumed if entry.incarnation.next() == restart.incarnation => {
                entry.begin(restart.incarnation);
                entry.state = ChildState::Running;
            }
            RestartStep::Waiting { .. } | RestartStep::Resumed => {}
        }
    }

    /// A child as it is shown.
    pub fn status(&self, child: &K) -> Option<ChildStatus<K>> {
        self.entries.get(child).map(|entry| entry.status(child))
    }

    /// All children, by name.
    pub fn statuses(&self) -> impl Iterator<Item = ChildStatus<K>> {
        self.entries.iter().map(|(child, entry)| entry.status(child))
    }
}

impl<K: Ord + Clone> Default for Children<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    fn begin(&mut self, incarnation: Incarnation) {
        self.incarnation = incarnation;
        self.state = ChildState::Starting;
        self.alive = true;
        self.lives += 1;
    }

    fn exited(&mut self, exit: Exit, now: Instant) -> Decision {
        self.alive = false;
        let decision = match self.state {
            ChildState::Stopped => Decision::Rest,
            ChildState::Starting
            | ChildState::Running
            | ChildState::Restarting
            | ChildState::Quarantined => self.decide(&exit, now),
        };
        self.last_exit = Some(exit);
        self.state = match decision {
            Decision::Restart { .. } => ChildState::Restarting,
            Decision::Quarantine { .. } => ChildState::Quarantined,
            Decision::Ignore | Decision::Rest | Decision::Escalate(_) => ChildState::Stopped,
        };
        decision
    }

    fn decide(&mut self, exit: &Exit, now: Instant) -> Decision {
        if !wants_restart(self.spec.restart, exit) {
            return Decision::Rest;
        }
        let limit = self.spec.limit;
        let on_probation =
            self.probation.take().map(|since| now.saturating_duration_since(since) < limit.window);
        if on_probation == Some(false) {
            self.window.clear();
            self.delay.clear();
        }
        if on_probation != Some(true) && self.window.allow(now) {
            return Decision::Restart { after: self.delay.next(now) };
        }
        match self.spec.exhausted {
            Exhausted::Quarantine { retry_after } => Decision::Quarantine { retry_after },
            Exhausted::Escalate => {
                Decision::Escalate(format!("more than {limit}; last exit {exit}"))
            }
        }
    }

    fn status<K: Clone>(&self, child: &K) -> ChildStatus<K> {
        ChildStatus {
            child: child.clone(),
            incarnation: self.incarnation,
            state: self.state,
            restarts: self.lives.saturating_sub(1),
            last_exit: self.last_exit.clone(),
        }
    }
}

fn wants_restart(restart: RestartType, exit: &Exit) -> bool {
    match (restart, exit) {
        (RestartType::Permanent, _) => true,
        (
            RestartType::Transient,
            Exit::Failed(_) | Exit::Panicked(_) | Exit::Killed | Exit::Hung { .. },
        ) => true,
        (RestartType::Transient, Exit::Normal) | (RestartType::Temporary, _) => false,
    }
}
