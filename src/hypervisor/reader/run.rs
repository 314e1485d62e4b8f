//! The reader's task: waits until something is due, reads, delivers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::book::{Found, Step};
use super::slab::Ticket;
use super::{Doubted, Notice, ReadDone, ReadKind, ReaderSettings, Shared};
use crate::hypervisor::call::panic_message;
use crate::hypervisor::{Answer, CallError};
use crate::model::{Condition, Finding, InstanceId, Why};

/// Runs until the last handle is dropped.
pub(super) async fn run(settings: ReaderSettings, shared: Rc<Shared>) {
    let notice = Rc::clone(&settings.notice);
    let task = Task { settings, shared };
    if let Err(panic) = AssertUnwindSafe(task.serve()).catch_unwind().await {
        notice(Notice::Broken(panic_message(panic.as_ref())));
    }
}

struct Task {
    settings: ReaderSettings,
    shared: Rc<Shared>,
}

impl Task {
    async fn serve(&self) {
        let mut timer = pin!(sleep_until(Instant::now()));
        // Used again by every round.
        let mut waiting = Vec::new();
        loop {
            let next = {
                let book = self.shared.book.borrow();
                if book.is_closed() {
                    return;
                }
                book.next()
            };
            match next {
                Some(at) if at <= Instant::now() => {
                    self.round(&mut waiting).await;
                    waiting.clear();
                    // One who asks again at once, without end, must not keep the thread.
                    tokio::task::yield_now().await;
                }
                Some(at) => {
                    timer.as_mut().reset(at);
                    tokio::select! {
                        () = &mut timer => {}
                        () = self.shared.wake.notified() => {}
                    }
                }
                None => self.shared.wake.notified().await,
            }
        }
    }

    /// Serves what is due now, with one call.
    async fn round(&self, waiting: &mut Vec<Ticket>) {
        let (began, at) = (Instant::now(), self.settings.clock.now());
        let (step, epoch) = {
            let mut book = self.shared.book.borrow_mut();
            (book.begin(began, waiting), book.epoch())
        };
        let (call, kind) = match step {
            Step::Nothing => return,
            Step::Disconnected => {
                self.deliver(waiting, at, Finding::Inconclusive(Why::Disconnected));
                return;
            }
            Step::All(session) => (session.all_states(), ReadKind::All),
            Step::Some(session, ids) => (session.states_of(ids), ReadKind::Some),
        };
        match self.answer(call, epoch).await {
            Some(Ok(answer)) => {
                let read = match self.found(kind, &answer) {
                    Found::Believed(read) => read,
                    Found::Doubted { active_before, gone } => {
                        let doubted = Doubted { at, active_before, gone };
                        (self.settings.notice)(Notice::Doubted(doubted));
                        self.deliver(waiting, at, Finding::Inconclusive(Why::Doubted));
                        return;
                    }
                };
                let read = ReadDone { duration: began.elapsed(), looks: waiting.len(), ..read };
                (self.settings.notice)(Notice::Read(read));
                let absent = match kind {
                    ReadKind::All => Finding::Seen(Condition::Missing),
                    ReadKind::Some => Finding::Inconclusive(Why::Error),
                };
                self.deliver(waiting, at, absent);
                self.tell_strangers(kind);
            }
            Some(Err(error)) => {
                let why = error.why();
                (self.settings.notice)(Notice::Failed(error));
                self.deliver(waiting, at, Finding::Inconclusive(why));
            }
            None if self.shared.book.borrow().is_attached() => {
                self.shared.book.borrow_mut().ask_again(waiting);
            }
            None => self.deliver(waiting, at, Finding::Inconclusive(Why::Disconnected)),
        }
    }

    /// The call's answer; none when its session was taken away or replaced meanwhile.
    async fn answer(
        &self,
        mut call: Answer<Vec<(InstanceId, Condition)>>,
        epoch: u64,
    ) -> Option<Result<Vec<(InstanceId, Condition)>, CallError>> {
        loop {
            tokio::select! {
                biased;
                () = self.shared.wake.notified() => {
                    if self.shared.book.borrow().epoch() != epoch {
                        return None;
                    }
                }
                answer = &mut call => return Some(answer),
            }
        }
    }

    fn found(&self, kind: ReadKind, answer: &[(InstanceId, Condition)]) -> Found {
        let mut book = self.shared.book.borrow_mut();
        match kind {
            ReadKind::All => book.found_all(answer),
            ReadKind::Some => {
                book.found_some(answer);
                Found::Believed(ReadDone {
                    kind,
                    duration: std::time::Duration::ZERO,
                    looks: 0,
                    domains: answer.len(),
                })
            }
        }
    }

    /// Gives everyone who waits their look. No borrow is held while a sink runs.
    fn deliver(&self, waiting: &[Ticket], at: Timestamp, absent: Finding) {
        for &ticket in waiting {
            let delivery = self.shared.book.borrow_mut().deliver(ticket, at, absent);
            let Some((sink, look)) = delivery else { continue };
            // One instance's failure is not the others'.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| sink(look))) {
                let host = &self.settings.host;
                let said = panic_message(panic.as_ref());
                tracing::error!(%host, panic = said, "a receiver of looks panicked");
            }
        }
    }

    fn tell_strangers(&self, kind: ReadKind) {
        if kind == ReadKind::All {
            let changed = self.shared.book.borrow_mut().changed_strangers();
            if let Some(ids) = changed {
                (self.settings.notice)(Notice::Unmanaged(ids));
            }
        }
    }
}
