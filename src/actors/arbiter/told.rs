//! What the arbiter is told by the hosts, by the instances and by itself.

use actix::{Context, Handler, Message};
use jiff::{SignedDuration, Timestamp};

use super::Arbiter;
use super::book::Book;
use super::orders::aim_of;
use super::turn::{Effect, Line};
use crate::actors::disturb::disturb;
use crate::actors::traffic::{
    ActorFailed, Assign, Ended, HadActive, HostDoubted, HostListed, HostLost, HostStarted,
    InstanceQuarantined, InstancesStarted, Report,
};
use crate::faults::Point;
use crate::model::{EventKind, InstanceId, Status};

/// How many failures are kept for a book that is not there; each is in the log as well.
const UNSAID: usize = 1000;

/// What was said of a host that is not listed yet is asked again after this.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// The mailbox is empty: the turn ends.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct TurnEnds;

impl Handler<TurnEnds> for Arbiter {
    type Result = ();

    fn handle(&mut self, _: TurnEnds, ctx: &mut Context<Self>) {
        self.depth.set(std::mem::take(&mut self.taken));
        self.end_turn(ctx);
    }
}

impl Arbiter {
    /// Changes the book, if there is one, and ends the turn soon.
    pub(super) fn told(
        &mut self,
        ctx: &mut Context<Self>,
        change: impl FnOnce(&mut Book, jiff::Timestamp),
    ) {
        let now = self.settings.clock.now();
        self.taken += 1;
        if let Some(book) = &mut self.book {
            change(book, now);
            let is_full = book.turn.is_full();
            self.withhold();
            disturb(Point::ArbiterTold, "", ctx, None);
            self.end_turn_soon(ctx);
            if is_full && !self.committing {
                // In a storm the first rows are written while the next are being decided.
                self.end_turn(ctx);
            }
        }
    }
}

impl Handler<HostStarted> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: HostStarted, ctx: &mut Context<Self>) {
        if let (None, Some(assigned)) = (&self.book, self.assigned.get(&m.host)) {
            // It will be greeted when the database was read. Until then it looks.
            m.addr.do_send(Assign::More(assigned.clone()));
        }
        self.hosts.insert(m.host.clone(), m.addr);
        // Not before the commit: an order that is not kept in the end is no order.
        self.told(ctx, |book, _| {
            let assigned = book.assigned(&m.host);
            book.turn.then(Effect::AssignAll(m.host, assigned));
        });
    }
}

impl Handler<HostListed> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: HostListed, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| book.listed_host(m, now));
    }
}

impl Handler<HostDoubted> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: HostDoubted, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| book.doubt(&m.host, m.doubted, now));
    }
}

impl Handler<HadActive> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: HadActive, ctx: &mut Context<Self>) {
        self.told(ctx, |book, _| {
            let own = |id: &InstanceId| {
                book.instances.get(id).is_some_and(|entry| entry.record.host == m.host)
            };
            let others: Vec<_> = m.domains.into_iter().filter(|(id, _)| !own(id)).collect();
            book.sight_active(&m.host, others.into_iter(), m.at);
        });
    }
}

impl Handler<HostLost> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: HostLost, ctx: &mut Context<Self>) {
        self.told(ctx, |book, now| book.lost_host(&m.host, &m.why, now));
    }
}

impl Handler<InstancesStarted> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: InstancesStarted, ctx: &mut Context<Self>) {
        let InstancesStarted { host, mut started } = m;
        if let Some(book) = &self.book {
            // Those that are another host's meanwhile have an actor there.
            let is_own =
                |id: &InstanceId| book.instances.get(id).is_some_and(|e| e.record.host == host);
            started.retain(|one| is_own(&one.instance));
        }
        let ids: Vec<InstanceId> = started.iter().map(|one| one.instance).collect();
        let told: Vec<_> = started.iter().map(|one| one.generation).collect();
        for id in &ids {
            self.carried.remove(id);
        }
        self.instances.extend(started.into_iter().map(|one| (one.instance, one.addr)));
        self.told(ctx, |book, now| {
            for (&id, told) in ids.iter().zip(told) {
                if let Some(entry) = book.instances.get_mut(&id) {
                    (entry.quarantined, entry.attended) = (false, true);
                    // Word of a later change may have gone to the life before.
                    if entry.record.desired.generation != told {
                        let aim = aim_of(&entry.record);
                        book.turn.then(Effect::Aim(id, aim));
                    }
                }
                book.interrupted(id, "its actor was restarted before the outcome was known", now);
            }
            book.judge_mismatches(&ids, now);
        });
    }
}

impl Handler<InstanceQuarantined> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: InstanceQuarantined, ctx: &mut Context<Self>) {
        self.instances.remove(&m.instance);
        self.told(ctx, |book, now| {
            let Some(entry) = book.instances.get_mut(&m.instance) else { return };
            entry.quarantined = true;
            let host = entry.record.host.clone();
            let text = format!("{}: {}", Status::Quarantined, m.why);
            tracing::error!(instance = %entry.record.name, "{text}");
            let line = Line::new(EventKind::Supervision, text).instance(m.instance, &host);
            book.turn.touch(m.instance);
            book.note(now, line);
        });
    }
}

impl Handler<ActorFailed> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: ActorFailed, ctx: &mut Context<Self>) {
        let mut line = Line::new(EventKind::Supervision, m.text);
        if let Some(host) = &m.host {
            line = match m.instance {
                Some(instance) => line.instance(instance, host),
                None => line.host(host),
            };
        }
        // What it had in hand is in nobody's hands now.
        let gone: Vec<InstanceId> = match (m.instance, &m.host, &self.book) {
            (Some(instance), _, _) => vec![instance],
            (None, Some(host), Some(book)) => book
                .hosts
                .get(host)
                .map_or_else(Vec::new, |h| h.instances.iter().copied().collect()),
            (None, Some(_), None) | (None, None, _) => Vec::new(),
        };
        for id in &gone {
            self.instances.remove(id);
            self.carried.remove(id);
        }
        if self.book.is_none() {
            // It is written down when there is a book; the failure may be why there is none.
            if self.unsaid.len() < UNSAID {
                self.unsaid.push((self.settings.clock.now(), line));
            }
            return;
        }
        self.told(ctx, |book, now| {
            for id in gone {
                if let Some(entry) = book.instances.get_mut(&id) {
                    entry.attended = false;
                }
                book.interrupted(id, "its actor failed before the outcome was known", now);
            }
            book.note(now, line);
        });
    }
}

impl Handler<Report> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: Report, ctx: &mut Context<Self>) {
        let metrics = self.settings.metrics.clone();
        let deadline = self.settings.action_deadline;
        self.told(ctx, |book, now| {
            let detection = now.duration_since(m.seen.at).as_secs_f64();
            metrics.detection.observe(detection.max(0.0));
            if let Some(entry) = book.instances.get(&m.instance) {
                let desired = entry.record.desired.state;
                if !desired.is_met_by(m.seen.condition) {
                    let observed = m.seen.condition.state();
                    let labels = [desired.as_str(), observed.as_str()];
                    metrics.mismatches.with_label_values(&labels).inc();
                }
            }
            book.give_up_lost(m.instance, deadline, now);
            // N12: what a host says is let be until it was listed, and is believed. It is asked again:
            // that listing may be older than this look.
            if book.is_listed(&m.host) && !book.is_doubted(&m.host) {
                book.seen(m.instance, &m.host, m.seen, now);
            } else {
                let soon = now.saturating_add(ASK_AGAIN).unwrap_or(Timestamp::MAX);
                book.turn.then(Effect::LookAt(m.instance, soon));
            }
        });
    }
}

impl Handler<Ended> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: Ended, ctx: &mut Context<Self>) {
        self.carried.retain(|_, attempt| *attempt != m.attempt);
        if self.book.is_none() {
            // Nobody tells of it again: it is kept until there is a book to write it into.
            self.ends.push(m);
            return;
        }
        self.told(ctx, |book, now| book.ended(m.instance, m.attempt, m.outcome, now));
    }
}
