//! What there is in the world.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::{Calls, Deed, Record};
use crate::hypervisor::{Lifecycle, Signal};
use crate::model::{Command, Condition, Correction, HostId, InstanceId, OnCrash};

/// Everything.
pub(super) struct WorldState {
    pub(super) origin: Instant,
    pub(super) deadline: Duration,
    pub(super) action_deadline: Duration,
    pub(super) hosts: BTreeMap<HostId, HostState>,
    pub(super) journal: Vec<Deed>,
    pub(super) doubly_active: BTreeSet<InstanceId>,
    /// How many domains, and how many sessions, were made.
    pub(super) made: u64,
    pub(super) sessions: u64,
    /// What is kept for a test, and how every domain was when it was noted last.
    pub(super) record: Option<Record>,
    pub(super) noted: BTreeMap<HostId, BTreeMap<InstanceId, Condition>>,
}

/// One host.
#[derive(Default)]
pub(super) struct HostState {
    pub(super) domains: BTreeMap<InstanceId, Domain>,
    /// Those that have become active in the change that is under way.
    pub(super) woken: Vec<InstanceId>,
    pub(super) reach: Reach,
    pub(super) sessions: Vec<Listener>,
    /// Counts the lives of its daemon: what one of them began, the next knows nothing of.
    pub(super) life: u64,
    /// Signals that wait for a host that hangs.
    pub(super) delayed: Vec<Signal>,
    /// Domains with an action under way.
    pub(super) acting: HashSet<InstanceId>,
    pub(super) calls: Calls,
    pub(super) starts: BTreeMap<InstanceId, u64>,
    /// How long every call takes.
    pub(super) latency: Duration,
    /// How long a start takes besides.
    pub(super) start_delay: Duration,
    /// How long a guest takes to shut down.
    pub(super) shutdown_delay: Duration,
    /// How many of the next complete answers are empty.
    pub(super) empty_answers: u32,
    /// How many of the next reads fail, and what they say.
    pub(super) failing_reads: Option<(u32, String)>,
    /// How many of the next actions of a kind fail, and what they say.
    pub(super) failing_actions: HashMap<Command, (u32, String)>,
    /// The same for corrections.
    pub(super) failing_corrections: Option<(u32, String)>,
    /// What was corrected.
    pub(super) corrections: Vec<(InstanceId, Correction)>,
}

/// How a host can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// It answers.
    #[default]
    Up,
    /// It refuses connections: no daemon listens.
    Refusing,
    /// It says nothing, since then.
    Hung(Instant),
}

/// One domain.
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) condition: Condition,
    /// Whether it has a definition of its own: without one it vanishes when it stops.
    pub(super) persistent: bool,
    /// Whether the host is to start it when it boots; it is only shown.
    pub(super) autostart: bool,
    /// What its definition says about a crash; it is only shown.
    pub(super) on_crash: OnCrash,
    /// Something of its definition that changes.
    pub(super) title: String,
    /// Whether its guest hears the power button.
    pub(super) hears_shutdown: bool,
    /// A job of libvirt's own has it: actions on it do not get to it.
    pub(super) has_job: bool,
    /// Counts its runs: a shutdown that was sent to one run does not end the next.
    pub(super) run: u64,
}

impl Domain {
    pub(super) fn new(name: &str, condition: Condition) -> Self {
        Self {
            name: name.to_owned(),
            condition,
            persistent: true,
            autostart: false,
            on_crash: OnCrash::Destroy,
            title: String::new(),
            hears_shutdown: true,
            has_job: false,
            run: 0,
        }
    }
}

/// An open session.
pub(super) struct Listener {
    pub(super) session: u64,
    pub(super) signals: UnboundedSender<Signal>,
}

impl WorldState {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            deadline: Duration::from_secs(5),
            action_deadline: Duration::from_secs(120),
            hosts: BTreeMap::new(),
            journal: Vec::new(),
            doubly_active: BTreeSet::new(),
            made: 0,
            sessions: 0,
            record: None,
            noted: BTreeMap::new(),
        }
    }

    /// Notes which of those that have just become active are so somewhere else as well.
    pub(super) fn note_doubly_active(&mut self, woken: &[InstanceId]) {
        for &id in woken {
            let is_active =
                |h: &&HostState| h.domains.get(&id).is_some_and(|d| d.condition.is_active());
            if self.hosts.values().filter(is_active).count() > 1 {
                self.doubly_active.insert(id);
            }
        }
    }
}

impl HostState {
    /// Sends lifecycle events to every session; later, if the host hangs.
    pub(super) fn tell(&mut self, id: InstanceId, events: &[Lifecycle]) {
        for &event in events {
            let signal = Signal::Lifecycle { id, event };
            match self.reach {
                Reach::Up => self.send(&signal),
                Reach::Hung(_) => self.delayed.push(signal),
                Reach::Refusing => {}
            }
        }
    }

    pub(super) fn send(&self, signal: &Signal) {
        for listener in &self.sessions {
            // One whose receiver is gone is about to be closed.
            let _ = listener.signals.send(signal.clone());
        }
    }

    /// Ends all sessions from the host's side.
    pub(super) fn close_all(&mut self) {
        self.send(&Signal::Closed);
        self.sessions.clear();
        self.delayed.clear();
    }

    pub(super) fn is_open(&self, session: u64) -> bool {
        self.sessions.iter().any(|listener| listener.session == session)
    }

    /// Ends a domain's run: its condition, or its vanishing, and its events.
    pub(super) fn stop(&mut self, id: InstanceId, condition: Condition, events: &[Lifecycle]) {
        let Some(domain) = self.domains.get_mut(&id) else { return };
        if !domain.condition.is_active() {
            return;
        }
        domain.condition = condition;
        domain.run += 1;
        if !domain.persistent {
            self.domains.remove(&id);
        }
        self.tell(id, events);
    }

    /// Moves a domain from one active condition to another.
    pub(super) fn turn(&mut self, id: InstanceId, condition: Condition, events: &[Lifecycle]) {
        let Some(domain) = self.domains.get_mut(&id) else { return };
        if domain.condition.is_active() {
            domain.condition = condition;
            self.tell(id, events);
        }
    }

    /// What a daemon that starts does not know any more: why what is off is off.
    pub(super) fn forget_reasons(&mut self) {
        for domain in self.domains.values_mut().filter(|d| !d.condition.is_active()) {
            domain.condition = Condition::ShutoffUnknown;
        }
    }
}
