//! The arbiter: the only one who decides, and the only one who writes.
//!
//! Its mailbox is taken in turns. Each message changes the book (`book.rs`); when the mailbox is empty, all
//! that the turn has changed goes into one transaction, and only when that is on the disk do the
//! actions go out and the answers go back. What comes in meanwhile makes the next turn.
//!
//! If the database cannot be written, or doesn't answer for as long as a heartbeat, the book is thrown
//! away: nothing that was not committed is remembered, replies say so, and once the database can be read
//! again everything is made anew from it and from fresh looks. The same happens after a panic: the
//! arbiter keeps its address and its mailbox, and nothing else.

mod asked;
mod book;
mod definitions;
mod follow;
mod future;
mod holds;
mod hosts;
mod incidents;
mod judge;
mod load;
mod maintenance;
mod mass;
mod moves;
mod orders;
mod outbox;
mod pauses;
#[cfg(test)]
pub(super) mod reached;
mod reload;
mod retention;
mod seen;
mod told;
mod trouble;
mod turn;
mod unmanaged;
mod views;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Recipient, Supervised};
use jiff::Timestamp;
use prometheus::IntGauge;
use tokio::sync::oneshot;

pub use book::HostPlan;
use book::{Book, Gate};
use turn::{Effect, Line};
use views::{Drawn, Show};

use super::disturb::disturb;
use super::host::Host;
use super::instance::Instance as InstanceActor;
use super::messages::Refusal;
use super::traffic::{Assign, Assignment, Ended, Posted};
use crate::clock::Clock;
use crate::config;
use crate::faults::{Bug, Point, bug};
use crate::model::{AttemptId, HostId, InstanceId, MassChange};
use crate::policy::{Limits, Policies};
use crate::snapshot::Board;
use crate::store::{CommitStats, Store, StoreError};
use crate::supervision::Alarm;
use crate::telemetry::Metrics;

/// How many reports may wait. One that finds no room is made again at the next look.
const MAILBOX: usize = 1 << 17;
/// The longest wait before the database is tried again.
const RECOVERY_CAP: Duration = Duration::from_secs(5);

/// What the arbiter is made with.
#[derive(Debug, Clone)]
pub struct ArbiterSettings {
    /// Wall time.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Where to show the fleet.
    pub board: Board,
    /// What to count.
    pub metrics: Metrics,
    /// The policies.
    pub policies: Arc<Policies>,
    /// How many actions may be under way in all.
    pub limits: Limits,
    /// The configured hosts.
    pub hosts: Vec<HostPlan>,
    /// The configured instances.
    pub instances: Vec<config::Instance>,
    /// Who is told of incidents.
    pub notify: config::Notify,
    /// How many instances of a host that are gone at once are too many to be believed at first.
    pub mass_change: MassChange,
    /// Whether definitions by which the hypervisor would act by itself are corrected.
    pub passive_hypervisor: bool,
    /// How long the audit log, and incidents that are over, are kept.
    pub retain_events: Duration,
    /// How long the database may take to answer before it counts as unavailable.
    pub database_deadline: Duration,
    /// The deadline of one action: an attempt without an end long after it is given up.
    pub action_deadline: Duration,
}

/// The actor. See the module.
pub struct Arbiter {
    settings: ArbiterSettings,
    show: Show,
    depth: IntGauge,
    /// What is known; none until the database was read.
    book: Option<Book>,
    /// Who is where. Survives what the book does not.
    hosts: BTreeMap<HostId, Addr<Host>>,
    instances: HashMap<InstanceId, Addr<InstanceActor>>,
    /// Who delivers.
    notifier: Option<Recipient<Posted>>,
    /// Actions that actors carry out at present, and the ends of some that were told while there was
    /// no book. Both survive it: what is under way counts against the limits all the same.
    carried: BTreeMap<InstanceId, AttemptId>,
    ends: Vec<Ended>,
    /// Of these, those for which a definition is being read first: no actor has them before that, and
    /// with the arbiter's life that ends.
    defining: BTreeSet<AttemptId>,
    /// Failures of actors that were told while there was no book, and when.
    unsaid: Vec<(Timestamp, Line)>,
    /// Whether a commit is under way.
    committing: bool,
    /// How many messages this turn has taken.
    taken: i64,
    /// Whether the end of this turn was announced already.
    turn_ends: bool,
    /// Who waits for the end of this turn.
    replies: Vec<oneshot::Sender<Result<(), Refusal>>>,
    /// Why the book is not there.
    trouble: Option<String>,
    /// Who was whose when the book was thrown away: looks go on without one (N14), in actors too that
    /// begin anew meanwhile.
    assigned: HashMap<HostId, Vec<Assignment>>,
    /// How often the database could not be written or read since the last commit that was.
    failures: u32,
    /// How often in a row it has not answered in time.
    late: u32,
    /// Who waits for the last action to end.
    drained: Vec<oneshot::Sender<()>>,
    draining: bool,
    /// It wakes by itself then.
    alarm: Alarm,
    /// What the alarm is set to.
    alarmed: Option<Timestamp>,
}

impl Arbiter {
    /// An arbiter that has not read the database yet.
    #[must_use]
    pub fn new(settings: ArbiterSettings) -> Self {
        let show = Show::new(settings.board.clone(), settings.metrics.clone());
        let depth = settings.metrics.mailbox_depth.with_label_values(&["arbiter"]);
        Self {
            settings,
            show,
            depth,
            book: None,
            hosts: BTreeMap::new(),
            instances: HashMap::new(),
            notifier: None,
            carried: BTreeMap::new(),
            ends: Vec::new(),
            defining: BTreeSet::new(),
            unsaid: Vec::new(),
            committing: false,
            taken: 0,
            turn_ends: false,
            replies: Vec::new(),
            trouble: None,
            assigned: HashMap::new(),
            failures: 0,
            late: 0,
            drained: Vec::new(),
            draining: false,
            alarm: Alarm::default(),
            alarmed: None,
        }
    }

    /// Makes the end of the turn come, once the mailbox is empty: actix takes what an actor says to
    /// itself after everything that waits in its mailbox.
    fn end_turn_soon(&mut self, ctx: &mut Context<Self>) {
        if !self.turn_ends {
            self.turn_ends = true;
            ctx.notify(told::TurnEnds);
        }
    }

    /// Wakes by itself when the first of the book's times has come.
    fn set_alarm(&mut self) {
        let next = self.book.as_ref().and_then(|book| book.alarms.first()).map(|(at, _)| *at);
        if next != self.alarmed {
            self.alarmed = next;
            self.alarm.set(next.map(|at| self.settings.clock.instant_of(at)));
        }
    }

    /// Commits what the turn has changed, if no commit is under way: then its end does.
    fn end_turn(&mut self, ctx: &mut Context<Self>) {
        self.turn_ends = false;
        self.set_alarm();
        if self.committing {
            return;
        }
        let Some(book) = &mut self.book else { return };
        let now = self.settings.clock.now();
        book.admit(now);
        if book.turn.is_empty() && self.replies.is_empty() {
            self.tell_drained();
            return;
        }
        self.show.prune(book, now);
        let (batch, effects, touched) = book.end_turn(now);
        let drawn = self.show.draw(book, touched);
        let replies = std::mem::take(&mut self.replies);
        disturb(Point::ArbiterTurnEnds, "", ctx, None);
        if batch.is_empty() {
            self.follow(effects, drawn, replies, ctx);
            return;
        }
        self.committing = true;
        let (commit, deadline) =
            (self.settings.store.commit(batch), self.settings.database_deadline);
        // One that is late may still be kept. What is read afterwards is read behind it.
        let commit = load::in_time(deadline, commit);
        ctx.spawn(wrap_future::<_, Self>(commit).map(move |result, act, ctx| {
            act.committing = false;
            match result {
                Ok(stats) => act.committed(stats, effects, drawn, replies, ctx),
                Err(error) => {
                    if bug(Bug::DoneUncommitted) {
                        act.follow(effects, drawn, Vec::new(), ctx);
                    }
                    act.not_committed(&error, replies, ctx);
                }
            }
            act.end_turn(ctx);
        }));
    }

    fn committed(
        &mut self,
        stats: CommitStats,
        effects: Vec<Effect>,
        drawn: Drawn,
        replies: Vec<oneshot::Sender<Result<(), Refusal>>>,
        ctx: &mut Context<Self>,
    ) {
        disturb(Point::ArbiterCommitted, "", ctx, None);
        // Not before: that a page could be written does not say that there is room for more.
        self.failures = 0;
        self.settings.metrics.commit_duration.observe(stats.duration.as_secs_f64());
        #[allow(clippy::cast_precision_loss)] // rows of one turn
        self.settings.metrics.commit_rows.observe(stats.rows as f64);
        if let (Some(forgotten), Some(book)) = (stats.forgotten, &mut self.book) {
            book.have_forgotten(forgotten, self.settings.clock.now());
            self.set_alarm();
        }
        self.follow(effects, drawn, replies, ctx);
    }

    fn not_committed(
        &mut self,
        error: &StoreError,
        replies: Vec<oneshot::Sender<Result<(), Refusal>>>,
        ctx: &mut Context<Self>,
    ) {
        self.settings.metrics.commit_failures.inc();
        tracing::error!("{error}; nothing is done until the database can be written again");
        let replies = replies.into_iter().chain(std::mem::take(&mut self.replies));
        for reply in replies {
            let refusal = if error.is_open_ended() {
                Refusal::Unconfirmed(error.to_string())
            } else {
                Refusal::Database(error.to_string())
            };
            let _ = reply.send(Err(refusal));
        }
        self.forget(error.to_string());
        self.read_later(ctx);
    }

    /// Throws the book away: what it says was not committed, or may be half done.
    fn forget(&mut self, why: String) {
        if let Some(book) = self.book.take() {
            self.assigned = book.hosts.keys().map(|id| (id.clone(), book.assigned(id))).collect();
            // Whom a lost turn was to tell of its instances looks at them all the same (N14).
            for (host, addr) in &self.hosts {
                if let Some(assigned) = self.assigned.get(host) {
                    addr.do_send(Assign::More(assigned.clone()));
                }
            }
        }
        self.show.database_lost(&why);
        self.trouble = Some(why);
    }

    fn tell_drained(&mut self) {
        let running = self.book.as_ref().map_or(0, |book| book.admission.running());
        if self.draining && running == 0 && !self.committing {
            for waiting in self.drained.drain(..) {
                let _ = waiting.send(());
            }
        }
    }
}

impl Actor for Arbiter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.alarmed = None;
        self.alarm.install(ctx, |act: &mut Self, ctx| {
            act.alarmed = None;
            act.told(ctx, Book::times_up);
            act.end_turn_soon(ctx);
        });
        disturb(Point::ArbiterStarted, "", ctx, None);
        if bug(Bug::HalfChangedBook) && self.book.is_some() {
            self.end_turn_soon(ctx);
            return;
        }
        self.read(ctx);
    }
}

impl Supervised for Arbiter {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Deferred answers of the life that ended are gone with it.
        self.committing = false;
        self.taken = 0;
        self.turn_ends = false;
        self.replies.clear();
        let defining = std::mem::take(&mut self.defining);
        self.carried.retain(|_, attempt| !defining.contains(attempt));
        if bug(Bug::HalfChangedBook) {
            return;
        }
        self.forget("the arbiter was restarted, and reads the database again".to_owned());
    }
}
