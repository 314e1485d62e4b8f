//! A host's children: an actor per instance, started, restarted and quarantined.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, AsyncContext, Context};
use tokio::time::Instant;

use super::{Host, HostSettings};
use crate::actors::instance::Instance;
use crate::actors::traffic::{
    ActorFailed, Assignment, Heard, InstanceQuarantined, InstancesStarted, LookAt, Started,
};
use crate::faults::{Bug, bug};
use crate::hypervisor::Lifecycle;
use crate::model::InstanceId;
use crate::snapshot::{Board, Node, NodeId};
use crate::supervision::{
    Child, ChildExit, ChildSpec, Children, Decision, DelaySpec, Exhausted, Incarnation, Limit,
    Link, RestartType, start_child, sweep_pace,
};

/// The children, and where they are shown.
pub(super) struct Family {
    book: Children<InstanceId>,
    /// In a certain order, so that a run can be repeated.
    held: BTreeMap<InstanceId, (Addr<Instance>, Child)>,
    names: HashMap<InstanceId, String>,
    limit: Limit,
    quarantine: Duration,
    board: Board,
    node: NodeId,
}

impl Family {
    pub(super) fn new(settings: &HostSettings, node: NodeId) -> Self {
        Self {
            book: Children::above(settings.lives.get()),
            held: BTreeMap::new(),
            names: HashMap::new(),
            limit: settings.instance_limit,
            quarantine: settings.quarantine,
            board: settings.board.clone(),
            node,
        }
    }

    /// Gives an event to the one it is about. Answers whether there is one.
    pub(super) fn heard(&self, id: InstanceId, event: Lifecycle) -> bool {
        match self.held.get(&id) {
            Some((addr, _)) => {
                addr.do_send(Heard(event));
                true
            }
            None => false,
        }
    }

    /// Everyone looks now.
    pub(super) fn look_all(&self) {
        for (addr, _) in self.held.values() {
            addr.do_send(LookAt(jiff::Timestamp::MIN));
        }
    }

    fn show(&self, id: &InstanceId) {
        let (Some(status), Some(name)) = (self.book.status(id), self.names.get(id)) else {
            return;
        };
        let node = Node {
            kind: "instance",
            incarnation: status.incarnation.0,
            state: status.state.as_str(),
            restarts: status.restarts,
            last_exit: status.last_exit.map(|exit| exit.to_string()),
        };
        self.board.show_node(&self.node.child(name), &node);
    }
}

#[cfg(feature = "faults")]
impl Drop for Family {
    fn drop(&mut self) {
        if bug(Bug::OrphanedChildren) {
            for (_, (_, child)) in std::mem::take(&mut self.held) {
                std::mem::forget(child);
            }
        }
    }
}

impl Host {
    /// An instance is this host's: a new actor, which is answered, if there is none. To one that is
    /// there, the arbiter says itself what is desired: of two ways for the same word, one would be late.
    pub(super) fn assign(
        &mut self,
        assignment: Assignment,
        ctx: &mut Context<Self>,
    ) -> Option<Started> {
        let id = assignment.instance;
        let known = self.assignments.get(&id);
        if known.is_some_and(|known| !Arc::ptr_eq(&known.freshness, &assignment.freshness)) {
            // Its looks are to be noted elsewhere: it was forgotten and came back.
            self.unassign(id);
        }
        if self.assignments.insert(id, assignment.clone()).is_some() {
            return None;
        }
        let delay = DelaySpec::default();
        let exhausted = Exhausted::Quarantine { retry_after: self.family.quarantine };
        let limit = self.family.limit;
        let spec = ChildSpec { restart: RestartType::Permanent, limit, delay, exhausted };
        self.family.book.add(id, spec);
        self.family.names.insert(id, assignment.name);
        self.define_soon(id, ctx);
        let incarnation = self.family.book.start(&id, Instant::now());
        self.launch(id, incarnation, ctx)
    }

    /// All others are not this host's any more.
    pub(super) fn keep_only(&mut self, assignments: &[Assignment]) {
        let kept: HashSet<_> = assignments.iter().map(|one| one.instance).collect();
        let gone = self.assignments.keys().filter(|id| !kept.contains(id)).copied();
        gone.collect::<Vec<_>>().into_iter().for_each(|id| self.unassign(id));
    }

    /// An instance is not this host's any more.
    pub(super) fn unassign(&mut self, id: InstanceId) {
        self.assignments.remove(&id);
        self.definitions.forget(id);
        self.family.book.remove(&id);
        self.family.held.remove(&id);
        if let Some(name) = self.family.names.remove(&id) {
            self.family.board.hide_node(&self.node.child(&name));
        }
    }

    fn launch(
        &mut self,
        id: InstanceId,
        incarnation: Option<Incarnation>,
        ctx: &mut Context<Self>,
    ) -> Option<Started> {
        let (incarnation, shared) = (incarnation?, Rc::clone(self.shared.as_ref()?));
        let assignment = self.assignments.get(&id)?.clone();
        let generation = assignment.aim.generation;
        let parent = ctx.address().recipient();
        let name = format!("{} on {}", assignment.name, self.settings.config.id).into();
        let link = Link { child: id, incarnation, parent, name };
        let (addr, child) = start_child(link, move |_, _| Instance::new(shared, assignment));
        let lives = &self.settings.lives;
        lives.set(lives.get().max(incarnation));
        self.family.book.running(&id, incarnation);
        self.family.held.insert(id, (addr.clone(), child));
        self.family.show(&id);
        Some(Started { instance: id, addr, generation })
    }

    /// Looks at the heartbeats of all children now and then: one that hangs ends by that.
    pub(super) fn watch_children(&mut self, ctx: &mut Context<Self>) {
        let heartbeat = self.settings.heartbeat;
        for (_, child) in self.family.held.values_mut() {
            child.sweep(heartbeat);
        }
        // Not an interval: after a stop of the process that would look many times at once.
        ctx.run_later(sweep_pace(heartbeat), Self::watch_children);
    }

    /// A child has ended: what is done about it, its budget says.
    pub(super) fn child_exited(&mut self, exit: &ChildExit<InstanceId>, ctx: &mut Context<Self>) {
        let decision = self.family.book.exited(exit, Instant::now());
        let (id, ended) = (exit.child, exit.incarnation);
        let name = self.family.names.get(&id).cloned().unwrap_or_else(|| id.to_string());
        let after = match decision {
            Decision::Ignore | Decision::Rest => return,
            Decision::Restart { after } => {
                self.report_failure(id, format!("the actor of {name} {}", exit.exit), after);
                after
            }
            Decision::Quarantine { retry_after } => {
                let why = format!("the actor of {name} fails too often; it {}", exit.exit);
                self.report_failure(id, why.clone(), retry_after);
                self.settings.arbiter.do_send(InstanceQuarantined { instance: id, why });
                retry_after
            }
            Decision::Escalate(why) => {
                self.slot.fail(ctx, format!("{name}: {why}"));
                return;
            }
        };
        self.family.held.remove(&id);
        self.family.show(&id);
        if bug(Bug::NotRestarted) {
            return;
        }
        ctx.run_later(after, move |act, ctx| {
            let incarnation = act.family.book.restart(&id, ended, Instant::now());
            act.settings.metrics.actor_restarts.with_label_values(&["instance"]).inc();
            let started = act.launch(id, incarnation, ctx);
            act.say_started(started.into_iter().collect());
        });
    }

    /// The arbiter is told in one message, so that of all who are new the most important go first.
    pub(super) fn say_started(&self, started: Vec<Started>) {
        if !started.is_empty() {
            let host = self.settings.config.id.clone();
            self.settings.arbiter.do_send(InstancesStarted { host, started });
        }
    }

    fn report_failure(&self, id: InstanceId, what: String, after: Duration) {
        let text = format!("{what}; started again in {:.1} s", after.as_secs_f64());
        tracing::error!(host = %self.settings.config.id, "{text}");
        let host = Some(self.settings.config.id.clone());
        self.settings.arbiter.do_send(ActorFailed { host, instance: Some(id), text });
    }
}
