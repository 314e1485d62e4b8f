//! A scripted world on virtual time: hosts with domains, things that happen to them, and a record
//! of all that was asked of them.
//!
//! It behaves as libvirt with QEMU was measured to behave: the same conditions and lifecycle
//! signals for the same causes, hangs instead of errors, forgetting after a daemon's restart. It
//! enforces none of the service's rules; it counts, so that tests can. Everything runs on tokio's
//! clock, and moves only with it when that is paused.
//!
//! ```ignore
//! let world = World::new();
//! let host = world.host("kvm-1");
//! let ids = host.populate(100, Condition::RunningBooted);
//! // … run the service on `Rc::new(host.clone())` …
//! host.kill(ids[7]);
//! // … let time pass …
//! assert_eq!(host.starts(ids[7]), 1);
//! assert!(world.doubly_active().is_empty());
//! ```

mod act;
mod causes;
mod definition;
mod faults;
mod record;
mod session;
mod state;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use self::state::{Domain, HostState, WorldState};
use super::{Acted, CallError, Lifecycle};
use crate::model::{Command, Condition, HostId, InstanceId};

pub use causes::OnCrash;
pub use record::{Change, Read, Record};

/// The world: all hosts, on one clock. Cheap to clone; clones are the same world.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<WorldState>,
    /// Told when a host's reachability changes.
    moved: Notify,
}

/// One host of the world, and a [`Hypervisor`](super::Hypervisor). Cheap to clone.
#[derive(Clone)]
pub struct SimHost {
    world: World,
    id: HostId,
}

/// How many calls a host got, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Attempts to connect.
    pub connects: u64,
    /// Full listings.
    pub lists: u64,
    /// Reads of all states in one call.
    pub reads_of_all: u64,
    /// Reads of some states.
    pub reads_of_some: u64,
    /// Domains read in those.
    pub single_reads: u64,
    /// Actions.
    pub actions: u64,
    /// Reads of a definition.
    pub definitions: u64,
    /// Corrections, whatever came of them.
    pub corrections: u64,
}

/// One action that a host was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When it was asked for, since the world began.
    pub asked: Duration,
    /// When it was carried out or refused, since the world began; none while it is under way.
    pub done: Option<Duration>,
    /// Where.
    pub host: HostId,
    /// On which domain.
    pub id: InstanceId,
    /// Over which session.
    pub session: u64,
    /// What.
    pub command: Command,
    /// What came of it on the host, whether or not anybody still waited; none while it is under way.
    pub result: Option<Result<Acted, CallError>>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world that begins now. Its deadlines are 5 s for reads and connects and 2 min for
    /// actions, as the service has them if nothing else is said.
    #[must_use]
    pub fn new() -> Self {
        let state = WorldState::new(Instant::now());
        Self { shared: Arc::new(Shared { state: Mutex::new(state), moved: Notify::new() }) }
    }

    /// Sets the deadlines of all hosts' sessions.
    pub fn set_deadlines(&self, read: Duration, action: Duration) {
        let mut state = self.lock();
        (state.deadline, state.action_deadline) = (read, action);
    }

    /// The host of this name: made, empty and reachable, if there is none yet.
    #[must_use]
    pub fn host(&self, name: &str) -> SimHost {
        let id = HostId::from(name);
        self.lock().hosts.entry(id.clone()).or_default();
        SimHost { world: self.clone(), id }
    }

    /// How long the world exists.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.lock().origin.elapsed()
    }

    /// Every action that was asked for, in order.
    #[must_use]
    pub fn journal(&self) -> Vec<Deed> {
        self.lock().journal.clone()
    }

    /// The instances that were active on two hosts at once at any time, however short.
    #[must_use]
    pub fn doubly_active(&self) -> Vec<InstanceId> {
        self.lock().doubly_active.iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, WorldState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimHost {
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &HostId {
        &self.id
    }

    /// Defines a domain, off, with an event.
    pub fn define(&self, id: InstanceId, name: &str) {
        self.change(|host| {
            host.domains.insert(id, Domain::new(name, Condition::ShutoffUnknown));
            host.tell(id, &[Lifecycle::Defined]);
        });
    }

    /// Makes domains that have been in this condition for long, without events. Their names and
    /// ids are the same in every run of a script.
    pub fn populate(&self, count: usize, condition: Condition) -> Vec<InstanceId> {
        (0..count).map(|_| self.add(condition)).collect()
    }

    /// Makes one such domain.
    pub fn add(&self, condition: Condition) -> InstanceId {
        let number = {
            let mut state = self.world.lock();
            state.made += 1;
            state.made
        };
        // Version 4 in form, spread over the bits as random ones are.
        let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let id = InstanceId(uuid::Builder::from_random_bytes(spread.to_be_bytes()).into_uuid());
        self.put(id, &format!("vm-{number}"), condition);
        id
    }

    /// Makes a domain of this id, or sets its condition, without events: the same id on a second
    /// host, or something that no signal told of.
    pub fn put(&self, id: InstanceId, name: &str, condition: Condition) {
        self.change(|host| {
            host.domains.entry(id).or_insert_with(|| Domain::new(name, condition)).condition =
                condition;
            host.woken.push(id);
        });
    }

    /// The condition of a domain: missing if there is none.
    #[must_use]
    pub fn condition(&self, id: InstanceId) -> Condition {
        self.look(|host| host.domains.get(&id).map_or(Condition::Missing, |d| d.condition))
    }

    /// How many of the domains are active.
    #[must_use]
    pub fn active(&self) -> usize {
        self.look(|host| host.domains.values().filter(|d| d.condition.is_active()).count())
    }

    /// How many calls it got.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.look(|host| host.calls)
    }

    /// How often a domain was started by a session: start, start paused, and restart; those that
    /// found it running, or failed, are not counted.
    #[must_use]
    pub fn starts(&self, id: InstanceId) -> u64 {
        self.look(|host| host.starts.get(&id).copied().unwrap_or(0))
    }

    /// All such starts of the host.
    #[must_use]
    pub fn all_starts(&self) -> u64 {
        self.look(|host| host.starts.values().sum())
    }

    /// How many sessions are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.look(|host| host.sessions.len())
    }

    fn look<T>(&self, look: impl FnOnce(&HostState) -> T) -> T {
        look(self.world.lock().hosts.entry(self.id.clone()).or_default())
    }

    /// Changes the host, and notes what that made of the world.
    fn change<T>(&self, change: impl FnOnce(&mut HostState) -> T) -> T {
        let mut state = self.world.lock();
        let host = state.hosts.entry(self.id.clone()).or_default();
        let answer = change(host);
        let woken = std::mem::take(&mut host.woken);
        state.note_doubly_active(&woken);
        state.note_changes(&self.id);
        answer
    }
}
