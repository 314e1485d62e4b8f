//! Carrying out an action: a fresh look, the call, and word of its end.

use actix::fut::wrap_future;
use actix::{ActorFutureExt, AsyncContext, Context};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Instance;
use crate::actors::disturb::disturb;
use crate::actors::traffic::{Carry, Ended};
use crate::faults::{Bug, Point, bug};
use crate::hypervisor::{Acted, CallError};
use crate::model::{Condition, Look, Outcome, OutcomeKind, State};
use crate::policy::refine;

/// How long to wait after an action that could not be sent.
const NOT_SENT_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// An action on its way.
#[derive(Debug)]
pub(super) struct Carrying {
    carry: Carry,
    /// When it was asked for: only a look from after this lets it out.
    asked_at: Timestamp,
    /// Whether the call was made.
    sent: bool,
}

impl Carrying {
    pub(super) const fn new(carry: Carry, asked_at: Timestamp) -> Self {
        Self { carry, asked_at, sent: false }
    }
}

impl Instance {
    /// A look has come back: if an action waits for one, it goes out now, or not at all (N11).
    pub(super) fn checked(
        &mut self,
        look: &Look,
        seen: Option<Condition>,
        ctx: &mut Context<Self>,
    ) {
        let Some(carrying) = &mut self.carrying else { return };
        if carrying.sent || look.at < carrying.asked_at {
            return;
        }
        let carry = &carrying.carry;
        let refusal = match seen {
            None => Some("the fresh look could not find out how it is".to_owned()),
            Some(_)
                if carry.generation != self.assignment.aim.generation
                    && !bug(Bug::OldGeneration) =>
            {
                Some("another state is desired by now".to_owned())
            }
            Some(seen) if !is_same(carry.judged, seen) => Some(format!("it is {seen} by now")),
            Some(_) => None,
        };
        if let Some(why) = refusal {
            self.over(OutcomeKind::Withdrawn, Some(why));
            if seen.is_some() {
                self.expect_look();
            }
            return;
        }
        carrying.sent = true;
        disturb(Point::InstanceSending, &self.assignment.name, ctx, None);
        let (command, xml) = (carry.command, carry.xml.clone());
        let begun = Instant::now();
        tracing::info!(instance = %self.assignment.name, host = %self.shared.host, %command,
            "sending");
        let call = self.shared.door.act(self.assignment.instance, command, xml);
        ctx.spawn(wrap_future::<_, Self>(call).map(move |result, act, ctx| {
            disturb(Point::InstanceActed, &act.assignment.name, ctx, None);
            let took = begun.elapsed().as_secs_f64();
            let timer = &act.shared.metrics.action_duration;
            timer.with_label_values(&[command.as_str()]).observe(took);
            act.acted(result);
        }));
    }

    /// An action that has not gone out does not go out any more.
    pub(super) fn withhold(&mut self, why: &str) {
        if self.carrying.as_ref().is_some_and(|carrying| !carrying.sent) {
            self.over(OutcomeKind::Withdrawn, Some(why.to_owned()));
        }
    }

    fn acted(&mut self, result: Result<Acted, CallError>) {
        match result {
            Ok(Acted::Done) => self.over(OutcomeKind::Done, None),
            Ok(Acted::AlreadyThere) => self.over(OutcomeKind::AlreadyThere, None),
            Err(error) => {
                let kind = match &error {
                    // libvirt works on it itself: that counts as a hold, not as a failure.
                    error if error.is_for_libvirts_work() => OutcomeKind::Withdrawn,
                    CallError::Timeout { .. } => OutcomeKind::TimedOut,
                    // Not sent, and not the machine's fault.
                    CallError::Busy { .. }
                    | CallError::Stuck { .. }
                    | CallError::Closed { .. }
                    | CallError::Connect { .. } => OutcomeKind::Withdrawn,
                    CallError::Lost { .. }
                    | CallError::Libvirt { .. }
                    | CallError::NoDomain { .. }
                    | CallError::Panicked { .. } => OutcomeKind::Failed,
                };
                tracing::warn!(instance = %self.assignment.name, host = %self.shared.host,
                    "{error}");
                self.over(kind, Some(error.to_string()));
                if kind == OutcomeKind::Withdrawn {
                    // What stood in the way does not go away at once.
                    self.wake_after(NOT_SENT_PAUSE);
                    return;
                }
            }
        }
        // Whether it worked, the next look says, not the call's return.
        self.expect_look();
    }

    /// Tells the arbiter how the action ended.
    fn over(&mut self, kind: OutcomeKind, detail: Option<String>) {
        let Some(carrying) = self.carrying.take() else { return };
        self.say_what_is_expected();
        let command = carrying.carry.command;
        let labels = [command.as_str(), kind.as_str()];
        self.shared.metrics.actions.with_label_values(&labels).inc();
        let at = self.shared.clock.now();
        self.shared.arbiter.do_send(Ended {
            instance: self.assignment.instance,
            attempt: carrying.carry.attempt,
            outcome: Outcome { kind, at, detail },
        });
    }
}

/// Whether the fresh look shows the case that was judged. Why a domain runs makes no difference to
/// what is done about its running; why it does not run may.
fn is_same(judged: Condition, seen: Condition) -> bool {
    let runs = |c: Condition| matches!(c.state(), State::Running | State::Blocked);
    refine(Some(judged), seen) == judged || (runs(judged) && runs(seen))
}
