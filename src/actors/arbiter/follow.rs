//! What follows once a turn is on the disk: word to the actors, and answers to those who asked.

use actix::{AsyncContext, Context};
use tokio::sync::oneshot;

use super::Arbiter;
use super::turn::{Effect, Withheld};
use super::views::Drawn;
use crate::actors::disturb::disturb;
use crate::actors::messages::Refusal;
use crate::actors::traffic::{
    Assign, Carry, Correct, Ended, ListAnew, LookAt, NewAim, Relist, Unassign, Withhold,
};
use crate::faults::{Bug, Point, bug};
use crate::model::{Command, InstanceId, Outcome, OutcomeKind};

/// Why an action is taken back.
const HELD: &str = "it is held";
/// The same.
const ORDERED: &str = "another state is desired by now";

impl Arbiter {
    /// What follows once a turn is on the disk.
    pub(super) fn follow(
        &mut self,
        effects: Vec<Effect>,
        drawn: Drawn,
        replies: Vec<oneshot::Sender<Result<(), Refusal>>>,
        ctx: &mut Context<Self>,
    ) {
        self.show.publish(drawn);
        for effect in effects {
            self.carry_out(effect, ctx);
        }
        disturb(Point::ArbiterFollowed, "", ctx, None);
        for reply in replies {
            // Nobody may be waiting any more.
            let _ = reply.send(Ok(()));
        }
        self.tell_drained();
    }

    /// Sends an effect to the actor it is for.
    fn carry_out(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        match effect {
            Effect::Carry(id, carry) => self.send_action(id, carry, ctx),
            Effect::LookAt(id, at) => {
                if let Some(addr) = self.instances.get(&id) {
                    addr.do_send(LookAt(at));
                }
            }
            Effect::Aim(id, aim) => {
                if let Some(addr) = self.instances.get(&id) {
                    addr.do_send(NewAim(aim));
                }
            }
            Effect::Correct(host, instance, corrections) => {
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(Correct { instance, corrections });
                }
            }
            Effect::Assign(host, assignment) => {
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(Assign::More(vec![assignment]));
                }
            }
            Effect::AssignAll(host, assignments) => {
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(Assign::All(assignments));
                }
            }
            Effect::ListAnew(host, after) => {
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(ListAnew(after));
                }
            }
            Effect::Relist(host) => {
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(Relist);
                }
            }
            Effect::Post => self.wake_notifier(),
            Effect::Unassign(host, id) => {
                // The actor on another host, if there is to be one, will say that it is there.
                self.instances.remove(&id);
                self.carried.remove(&id);
                if let Some(addr) = self.hosts.get(&host) {
                    addr.do_send(Unassign(id));
                }
            }
        }
    }

    /// Tells at once what is not to go out any more.
    pub(super) fn withhold(&mut self) {
        let withheld = self.book.as_mut().map_or_else(Vec::new, |book| book.turn.take_withheld());
        for (id, why) in withheld {
            if let Some(addr) = self.instances.get(&id) {
                addr.do_send(Withhold(match why {
                    Withheld::Held => HELD,
                    Withheld::Ordered => ORDERED,
                }));
            }
            // What was to be corrected is not, any more.
            let book = self.book.as_ref().filter(|_| why == Withheld::Held);
            let entry = book.and_then(|book| book.instances.get(&id));
            if let Some(addr) = entry.and_then(|entry| self.hosts.get(&entry.record.host)) {
                addr.do_send(Correct { instance: id, corrections: Vec::new() });
            }
        }
    }

    fn send_action(&mut self, id: InstanceId, carry: Carry, ctx: &mut Context<Self>) {
        if let Some(why) = self.why_not_sent(id, &carry) {
            self.not_sent(id, &carry, why, ctx);
        } else if carry.command == Command::Redefine {
            self.carry_definition(id, carry, ctx);
        } else if let Some(addr) = self.instances.get(&id) {
            self.carried.insert(id, carry.attempt);
            addr.do_send(carry);
        } else {
            self.not_sent(id, &carry, "its actor is being restarted", ctx);
        }
    }

    /// What was asked while the intent was being written is in force already, though the next commit
    /// brings it: an order (N3), a hold, or a maintenance.
    pub(super) fn why_not_sent(&self, id: InstanceId, carry: &Carry) -> Option<&'static str> {
        let entry = self.book.as_ref().and_then(|book| Some((book, book.instances.get(&id)?)));
        let Some((book, entry)) = entry else { return Some("nothing is known of it by now") };
        if entry.record.desired.generation != carry.generation && !bug(Bug::OldGeneration) {
            return Some(ORDERED);
        }
        book.is_left_alone(entry, self.settings.clock.now()).then_some(HELD)
    }

    fn not_sent(
        &mut self,
        instance: InstanceId,
        carry: &Carry,
        why: &str,
        ctx: &mut Context<Self>,
    ) {
        let outcome = Outcome {
            kind: OutcomeKind::Withdrawn,
            at: self.settings.clock.now(),
            detail: Some(why.to_owned()),
        };
        ctx.notify(Ended { instance, attempt: carry.attempt, outcome });
    }
}
