//! What a reader knows: who wants to look when, who waits for an answer, and what the last complete
//! read saw. It keeps the sinks and the session, and calls neither.

use std::rc::Rc;

use tokio::time::Instant;

use super::due::{Due, Entry};
use super::slab::{Sink, Slab, Tenant, Ticket};
use super::{Expected, ReadDone, ReadKind, Window};
use crate::hypervisor::Session;
use crate::model::{Condition, Finding, InstanceId, Look, MassChange, Source};

/// How many domains one bulk call reads for the price of one single read, measured.
const SINGLE_READ_COSTS: usize = 29;

/// In the order of the last complete read: nobody has registered this domain.
const NOBODY: u32 = u32::MAX;

pub(super) struct Book {
    slab: Slab,
    due: Due,
    session: Option<Rc<dyn Session>>,
    /// Grows when the session changes: a read on another one is void.
    epoch: u64,
    closed: bool,
    /// The last complete read's domains in their order, as slots: the next has them in the same
    /// order most of the time.
    order: Vec<u32>,
    /// How many complete reads there were; 0 for none.
    round: u32,
    /// Of those registered, how many the last complete read found active.
    active: usize,
    /// Of those, how many are missed when they are gone.
    missed: usize,
    /// How many gone at once are too many to be believed.
    mass_change: MassChange,
    /// The session on which so many were gone: on another one it is believed.
    doubted: Option<u64>,
    /// Those whom nobody has registered, in the order of the last complete read.
    strangers: Vec<InstanceId>,
    /// The same as they were last told, in that order and in the order of their ids.
    told: Vec<InstanceId>,
    unmanaged: Vec<InstanceId>,
    /// What the last listing had, by id, and whether it was active, until a complete read was
    /// compared with it.
    listed: Option<Vec<(InstanceId, bool)>>,
}

/// What a complete read found.
pub(super) enum Found {
    /// This.
    Believed(ReadDone),
    /// So many gone at once that it is not believed: these, of so many.
    Doubted { active_before: usize, gone: Vec<InstanceId> },
}

/// What is to be done now.
pub(super) enum Step {
    /// Nothing: what was due has been asked for anew.
    Nothing,
    /// There is no session to read on.
    Disconnected,
    /// Read everything.
    All(Rc<dyn Session>),
    /// Read these.
    Some(Rc<dyn Session>, Vec<InstanceId>),
}

impl Book {
    pub(super) fn new(mass_change: MassChange) -> Self {
        Self {
            slab: Slab::default(),
            due: Due::new(Instant::now()),
            session: None,
            epoch: 0,
            closed: false,
            order: Vec::new(),
            round: 0,
            active: 0,
            missed: 0,
            mass_change,
            doubted: None,
            strangers: Vec::new(),
            told: Vec::new(),
            unmanaged: Vec::new(),
            listed: None,
        }
    }

    pub(super) fn register(&mut self, id: InstanceId, sink: Sink) -> (Ticket, Option<Sink>) {
        let (ticket, before) = self.slab.insert(id, sink);
        let before = before.map(|tenant| self.forget(tenant));
        if self.listed.as_ref().is_some_and(|listed| is_active_in(listed, id)) {
            self.found_active(ticket.slot);
        }
        (ticket, before)
    }

    pub(super) fn unregister(&mut self, ticket: Ticket) -> Option<Sink> {
        let tenant = self.slab.remove(ticket)?;
        Some(self.forget(tenant))
    }

    fn forget(&mut self, tenant: Tenant) -> Sink {
        self.active -= usize::from(tenant.active);
        self.missed -= usize::from(tenant.active && tenant.is_missed);
        tenant.sink
    }

    pub(super) fn expect(&mut self, ticket: Ticket, expected: Expected) {
        let Some(tenant) = self.slab.of_ticket(ticket) else { return };
        self.missed -= usize::from(tenant.active && tenant.is_missed);
        tenant.is_missed = expected == Expected::Active;
        self.missed += usize::from(tenant.active && tenant.is_missed);
    }

    pub(super) fn registered(&self) -> usize {
        self.slab.len()
    }

    pub(super) fn attach(&mut self, session: Rc<dyn Session>) -> Option<Rc<dyn Session>> {
        self.epoch += 1;
        self.session.replace(session)
    }

    pub(super) fn detach(&mut self) -> Option<Rc<dyn Session>> {
        self.epoch += 1;
        self.session.take()
    }

    pub(super) fn close(&mut self) -> Option<Rc<dyn Session>> {
        self.closed = true;
        self.detach()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn is_attached(&self) -> bool {
        self.session.is_some()
    }

    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.next()
    }

    /// Notes that a look is wanted. Answers whether it is due before all others.
    pub(super) fn ask(&mut self, ticket: Ticket, window: Window, source: Source) -> bool {
        let Some(tenant) = self.slab.of_ticket(ticket) else { return false };
        if let Some((asked, why)) = &mut tenant.asked
            && asked.latest <= window.latest
        {
            if asked.latest == window.latest {
                *why = source.max(*why);
            }
            return false;
        }
        tenant.asked = Some((window, source));
        tenant.request = tenant.request.wrapping_add(1);
        self.due.put(Entry { slot: ticket.slot, request: tenant.request }, window)
    }

    /// Takes what is to be done now; who is concerned is put into `waiting`.
    pub(super) fn begin(&mut self, now: Instant, waiting: &mut Vec<Ticket>) -> Step {
        let Self { slab, due, .. } = self;
        let take = |entry: Entry| {
            if let Some(tenant) = slab.at(entry.slot)
                && tenant.request == entry.request
                && let Some((_, source)) = tenant.asked.take()
            {
                tenant.reading = Some(source);
                waiting.push(slab.ticket(entry.slot));
            }
        };
        match &self.session {
            Some(_) => due.take_open(now, take),
            None => due.take_ended(now, take),
        }
        if waiting.is_empty() {
            return Step::Nothing;
        }
        let Some(session) = self.session.clone() else { return Step::Disconnected };
        if waiting.len() * SINGLE_READ_COSTS < self.order.len() {
            let ids = waiting.iter().filter_map(|&t| Some(self.slab.of_ticket(t)?.id));
            Step::Some(session, ids.collect())
        } else {
            Step::All(session)
        }
    }

    /// Puts those who wait back in: their read was given up, and is to be made anew.
    pub(super) fn ask_again(&mut self, waiting: &[Ticket]) {
        let now = Window::now();
        for &ticket in waiting {
            if let Some(source) = self.slab.of_ticket(ticket).and_then(|t| t.reading.take()) {
                self.ask(ticket, now, source);
            }
        }
    }

    /// Notes what a read of some found.
    pub(super) fn found_some(&mut self, answer: &[(InstanceId, Condition)]) {
        for &(id, condition) in answer {
            if let Some(tenant) = self.slab.find(id).and_then(|slot| self.slab.at(slot)) {
                tenant.found = Some(condition);
            }
        }
    }

    /// Notes what a complete read found, unless it is not to be believed; its numbers, of which the
    /// caller knows two.
    pub(super) fn found_all(&mut self, answer: &[(InstanceId, Condition)]) -> Found {
        self.round = self.round.wrapping_add(1).max(1);
        self.order.resize(answer.len(), NOBODY);
        self.strangers.clear();
        let (mut still_there, mut active_now) = (0, 0);
        let (mut missed_there, mut missed_now) = (0, 0);
        for (&(id, condition), place) in answer.iter().zip(&mut self.order) {
            if self.slab.at(*place).is_none_or(|tenant| tenant.id != id) {
                *place = self.slab.find(id).unwrap_or(NOBODY);
            }
            let Some(tenant) = self.slab.at(*place) else {
                self.strangers.push(id);
                continue;
            };
            let active = condition.is_active();
            still_there += usize::from(tenant.active);
            active_now += usize::from(active);
            missed_there += usize::from(tenant.active && tenant.is_missed && active);
            missed_now += usize::from(active && tenant.is_missed);
            (tenant.was_active, tenant.active, tenant.round) = (tenant.active, active, self.round);
            if tenant.reading.is_some() {
                tenant.found = Some(condition);
            }
        }
        let is_much = self.mass_change.is_met(self.missed, self.missed - missed_there);
        if is_much && self.doubted.is_none_or(|session| session == self.epoch) {
            self.doubted = Some(self.epoch);
            return Found::Doubted { active_before: self.missed, gone: self.take_back() };
        }
        self.doubted = None;
        if still_there < self.active {
            let round = self.round;
            self.slab.all().filter(|t| t.round != round).for_each(|t| t.active = false);
        }
        (self.active, self.missed) = (active_now, missed_now);
        Found::Believed(ReadDone {
            kind: ReadKind::All,
            duration: std::time::Duration::ZERO,
            looks: 0,
            domains: answer.len(),
        })
    }

    /// Takes back what the last complete read has noted. Answers who was gone in it.
    fn take_back(&mut self) -> Vec<InstanceId> {
        let round = self.round;
        let mut gone = Vec::new();
        for tenant in self.slab.all() {
            let listed = tenant.round == round;
            let was_active = if listed { tenant.was_active } else { tenant.active };
            if was_active && tenant.is_missed && !(listed && tenant.active) {
                gone.push(tenant.id);
            }
            (tenant.active, tenant.found) = (was_active, None);
        }
        gone
    }

    /// Notes what a listing had: the next complete read tells whether that was the truth. Who was active
    /// in it is missed from now on. And if it has what was missed, that was not true: the next time is
    /// to be doubted again.
    pub(super) fn listed(&mut self, mut domains: Vec<(InstanceId, bool)>) {
        domains.sort_unstable();
        let mut there = 0;
        for &(id, active) in &domains {
            let Some(slot) = self.slab.find(id).filter(|_| active) else { continue };
            self.found_active(slot);
            there += usize::from(self.slab.at(slot).is_some_and(|t| t.active && t.is_missed));
        }
        if !self.mass_change.is_met(self.missed, self.missed - there) {
            self.doubted = None;
        }
        self.listed = Some(domains);
    }

    /// A listing had it active.
    fn found_active(&mut self, slot: u32) {
        let Some(tenant) = self.slab.at(slot) else { return };
        if !tenant.active {
            tenant.active = true;
            self.active += 1;
            self.missed += usize::from(tenant.is_missed);
        }
    }

    /// The domains that nobody has registered, if they are others than at the last time, or than in
    /// the listing before.
    pub(super) fn changed_strangers(&mut self) -> Option<Vec<InstanceId>> {
        let listed = self.listed.take();
        if self.strangers == self.told && listed.is_none() {
            return None;
        }
        self.told.clone_from(&self.strangers);
        self.strangers.sort_unstable();
        let as_listed = listed.is_none_or(|ids| {
            let ids = ids.into_iter().map(|(id, _)| id);
            let strangers = ids.filter(|id| self.slab.find(*id).is_none());
            strangers.eq(self.strangers.iter().copied())
        });
        if self.strangers == self.unmanaged && as_listed {
            return None;
        }
        self.unmanaged.clone_from(&self.strangers);
        Some(self.unmanaged.clone())
    }

    /// What one of those who wait is told; `absent` where the read did not find it. None for one
    /// who has left meanwhile.
    pub(super) fn deliver(
        &mut self,
        ticket: Ticket,
        at: jiff::Timestamp,
        absent: Finding,
    ) -> Option<(Sink, Look)> {
        let tenant = self.slab.of_ticket(ticket)?;
        let source = tenant.reading.take()?;
        let finding = tenant.found.take().map_or(absent, Finding::Seen);
        Some((Rc::clone(&tenant.sink), Look { at, source, finding }))
    }
}

/// Whether a listing, which is in the order of the ids, had it active.
fn is_active_in(listed: &[(InstanceId, bool)], id: InstanceId) -> bool {
    listed.binary_search_by_key(&id, |(id, _)| *id).is_ok_and(|place| listed[place].1)
}
