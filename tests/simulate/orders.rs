//! Asking the service by its API, and keeping what it acknowledged.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, MailboxError};
use assured::actors::arbiter::Arbiter;
use assured::actors::messages::{
    AddInstance, Adopt, ChangeInstance, ForgetInstance, PutHold, Refusal, ReleaseHold, Reply,
    Retry, SetDesired, Which,
};
use assured::hypervisor::sim::World;
use assured::model::{By, DesiredState, Generation, HostId, InstanceId};
use assured::snapshot::InstanceView;

use jiff::SignedDuration;

use super::log::{Ack, Held, Log};
use super::plan::host_name;
use super::stage::{Stage, age_of};
use super::steps::{Guard, Order, Who};

type View = Arc<InstanceView>;
type Answer<T> = Result<Reply<T>, MailboxError>;

impl Who {
    fn by(self) -> By {
        match self {
            Self::Ann => By::ApiToken("ann".into()),
            Self::Bob => By::ApiToken("bob".into()),
        }
    }
}

impl Stage {
    pub fn order(&mut self, seat: usize, order: &Order) {
        let Some(service) = &self.service else { return };
        let id = self.ids[seat];
        let arbiter = service.arbiter.clone();
        let generation = service.board.fleet().instances.get(&id).map(|v| v.generation());
        let sent = self.now();
        let (log, world) = (self.log.clone(), self.rig.world.clone());
        let by = By::ApiLocal;
        let change = ChangeInstance { id, policy: None, priority: None, host: None, by };
        match order {
            Order::Desire(state, guard) => {
                let if_match = match guard {
                    Guard::None => None,
                    Guard::Shown => generation,
                    Guard::Wrong => Some(Generation(7_000_000)),
                };
                let asked = *state;
                let order = SetDesired { id, state: asked, if_match, by: Who::Ann.by() };
                let keep = Keep { id, sent, asked, wrong: matches!(guard, Guard::Wrong) };
                tokio::task::spawn_local(desire(arbiter, order, keep, log, world));
            }
            Order::Hold(who, seconds) => {
                let ttl = Duration::from_secs(*seconds);
                let put = PutHold { id, ttl, reason: "work".into(), by: who.by() };
                tokio::task::spawn_local(keep_holds(arbiter.send(put), id, log, world));
            }
            Order::Release(who) => {
                let release = ReleaseHold { id, of: None, by: who.by() };
                tokio::task::spawn_local(keep_holds(arbiter.send(release), id, log, world));
            }
            Order::Retry => answered(arbiter.send(Retry { id, by: By::ApiLocal }), log),
            Order::Policy(number) => {
                let policy = Some(self.plan.shape.names[*number].clone());
                answered(arbiter.send(ChangeInstance { policy, ..change }), log);
            }
            Order::Priority(priority) => {
                let priority = Some(*priority);
                answered(arbiter.send(ChangeInstance { priority, ..change }), log);
            }
            Order::Move(to) => {
                log.borrow_mut().uprooted.push((sent, id));
                let host = Some(HostId::from(host_name(*to).as_str()));
                answered(arbiter.send(ChangeInstance { host, ..change }), log);
            }
            Order::Forget => {
                log.borrow_mut().uprooted.push((sent, id));
                answered(arbiter.send(ForgetInstance { id, by: By::ApiLocal }), log);
            }
            Order::Add(desired, to) => {
                log.borrow_mut().uprooted.push((sent, id));
                let (which, host) = (Which::Id(id), HostId::from(host_name(*to).as_str()));
                let (desired, by) = (*desired, By::ApiLocal);
                let policy = self.plan.shape.names.last().cloned();
                let add = AddInstance { which, host, desired, policy, priority: None, by };
                answered(arbiter.send(add), log);
            }
        }
    }

    pub fn adopt(&mut self, host: usize) {
        let now = self.now();
        (0..self.ids.len()).for_each(|seat| self.calm.disturb_seat(seat, now));
        let Some(service) = &self.service else { return };
        let host = HostId::from(host_name(host).as_str());
        let adopt = Adopt { host, domains: None, by: By::ApiLocal };
        answered(service.arbiter.send(adopt), self.log.clone());
    }
}

/// What was asked.
struct Keep {
    id: InstanceId,
    sent: Duration,
    asked: DesiredState,
    wrong: bool,
}

async fn desire(
    arbiter: Addr<Arbiter>,
    order: SetDesired,
    keep: Keep,
    log: Rc<RefCell<Log>>,
    world: World,
) {
    let Keep { id, sent, asked, wrong } = keep;
    let answer = arbiter.send(order).await;
    let mut log = log.borrow_mut();
    if let Ok(Ok(view)) = &answer {
        assert!(!wrong, "an order for a generation that there is not was taken");
        let (state, generation) = (view.desired.state, view.desired.generation);
        log.acks.push(Ack { id, sent, at: world.age(), asked, state, generation });
    }
    log.told.push(format!("          {:.3}: {}", world.age().as_secs_f64(), short(&answer)));
}

async fn keep_holds<F>(answer: F, id: InstanceId, log: Rc<RefCell<Log>>, world: World)
where
    F: Future<Output = Answer<View>>,
{
    let answer = answer.await;
    let mut log = log.borrow_mut();
    if let Ok(Ok(view)) = &answer {
        let skew = log.lives.last().map_or(SignedDuration::ZERO, |life| life.skew);
        let until = view.holds.last().map(|hold| age_of(hold.until - skew));
        log.holds.push(Held { id, at: world.age(), until });
    } else if let Ok(Err(Refusal::Unconfirmed(_))) = &answer {
        // Nobody knows whether it is held by now.
        log.holds.push(Held { id, at: world.age(), until: None });
    }
    log.told.push(format!("          {:.3}: {}", world.age().as_secs_f64(), short(&answer)));
}

pub fn answered<T: 'static>(
    answer: impl Future<Output = Answer<T>> + 'static,
    log: Rc<RefCell<Log>>,
) {
    tokio::task::spawn_local(async move {
        let said = short(&answer.await);
        log.borrow_mut().told.push(format!("          {said}"));
    });
}

fn short<T>(answer: &Answer<T>) -> String {
    match answer {
        Ok(Ok(_)) => "acknowledged".to_owned(),
        Ok(Err(refusal)) => format!("refused: {refusal}"),
        Err(error) => format!("not answered: {error}"),
    }
}
