//! The simulator's end of the contract.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};

use super::state::{HostState, Listener, Reach};
use super::{Read, SimHost, act, definition};
use crate::hypervisor::{
    Acted, Advice, Answer, CallError, Hypervisor, Listed, Operation, Session, Signal, Subject,
};
use crate::model::{Command, Condition, Correction, Definition, InstanceId};

/// `VIR_ERR_INTERNAL_ERROR`.
const INTERNAL_ERROR: u32 = 1;

impl Hypervisor for SimHost {
    fn connect(&self, signals: UnboundedSender<Signal>) -> Answer<Rc<dyn Session>> {
        let host = self.clone();
        let deadline = self.world.lock().deadline;
        self.change(|h| h.calls.connects += 1);
        let asked = self.world.age();
        Box::pin(async move {
            let what = host.subject(Operation::Connect, None);
            let open = async {
                host.until_not_hung(None).await;
                sleep(host.look(|h| h.latency)).await;
                host.until_not_hung(None).await;
                host.open(signals)
            };
            let session =
                timeout(deadline, open).await.unwrap_or(Err(CallError::Timeout { what, deadline }));
            host.world.note_read(|done| Read {
                host: host.id.clone(),
                session: session.as_ref().map_or(0, |session| session.number),
                operation: Operation::Connect,
                asked,
                done,
                said: session.is_ok().then(BTreeMap::new),
            });
            session.map(|session| Rc::new(session) as Rc<dyn Session>)
        })
    }
}

impl SimHost {
    fn open(&self, signals: UnboundedSender<Signal>) -> Result<SimSession, CallError> {
        if self.look(|h| h.reach) != Reach::Up {
            return Err(CallError::Connect {
                host: self.id.clone(),
                uri: format!("sim:///{}", self.id),
                message: "Connection refused".to_owned(),
                advice: Advice::Reach,
            });
        }
        let number = {
            let mut state = self.world.lock();
            state.sessions += 1;
            state.sessions
        };
        self.change(|h| h.sessions.push(Listener { session: number, signals }));
        Ok(SimSession { host: self.clone(), number })
    }

    /// Waits until the host is not silent, or this session is closed.
    pub(super) async fn until_not_hung(&self, session: Option<u64>) {
        loop {
            let moved = self.world.shared.moved.notified();
            let goes_on = self.look(|h| match h.reach {
                Reach::Up | Reach::Refusing => true,
                Reach::Hung(_) => session.is_some_and(|session| !h.is_open(session)),
            });
            if goes_on {
                return;
            }
            moved.await;
        }
    }

    pub(super) fn subject(&self, operation: Operation, domain: Option<InstanceId>) -> Subject {
        Subject { operation, host: self.id.clone(), domain }
    }
}

/// A session with a simulated host.
struct SimSession {
    host: SimHost,
    number: u64,
}

impl Drop for SimSession {
    fn drop(&mut self) {
        self.host.change(|h| h.sessions.retain(|listener| listener.session != self.number));
    }
}

impl Session for SimSession {
    fn list(&self) -> Answer<Vec<Listed>> {
        self.host.change(|h| h.calls.lists += 1);
        self.read(Operation::List, |host| {
            let listed = |(&id, domain): (&InstanceId, &super::Domain)| Listed {
                id,
                name: domain.name.clone(),
                condition: domain.condition,
            };
            all_or_nothing(host, listed)
        })
    }

    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>> {
        self.host.change(|h| h.calls.reads_of_all += 1);
        self.read(Operation::ReadAll, |host| {
            all_or_nothing(host, |(&id, domain)| (id, domain.condition))
        })
    }

    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>> {
        self.host.change(|h| {
            h.calls.reads_of_some += 1;
            h.calls.single_reads += ids.len() as u64;
        });
        self.read(Operation::ReadSome, move |host| {
            let condition =
                |id| host.domains.get(&id).map_or(Condition::Missing, |domain| domain.condition);
            ids.into_iter().map(|id| (id, condition(id))).collect()
        })
    }

    fn act(&self, id: InstanceId, command: Command) -> Answer<Acted> {
        self.deed(id, command, None)
    }

    fn definition(&self, id: InstanceId) -> Answer<Definition> {
        self.host.change(|h| h.calls.definitions += 1);
        let what = self.host.subject(Operation::Definition, Some(id));
        let gone = CallError::NoDomain { what: what.clone() };
        let read =
            self.ask(what, move |host| host.domains.get(&id).map(|domain| domain.definition(id)));
        Box::pin(async move { read.await?.ok_or(gone) })
    }

    fn define(&self, id: InstanceId, xml: Arc<str>) -> Answer<Acted> {
        self.deed(id, Command::Redefine, Some(xml))
    }

    fn correct(&self, id: InstanceId, correction: Correction) -> Answer<()> {
        self.host.change(|h| h.calls.corrections += 1);
        let what = self.host.subject(Operation::Correct(correction), Some(id));
        let (gone, failed) = (what.clone(), what.clone());
        let done = self.ask(what, move |host| {
            if let Some(message) = host.failing_corrections.as_mut().and_then(next_failure) {
                let code = INTERNAL_ERROR;
                return Err(CallError::Libvirt { what: failed, code, message });
            }
            if !host.domains.contains_key(&id) {
                return Err(CallError::NoDomain { what: gone });
            }
            definition::correct(host, id, correction);
            Ok(())
        });
        Box::pin(async move { done.await? })
    }
}

impl SimSession {
    fn deed(&self, id: InstanceId, command: Command, xml: Option<Arc<str>>) -> Answer<Acted> {
        let (host, session) = (self.host.clone(), self.number);
        let deadline = host.world.lock().action_deadline;
        Box::pin(async move {
            let what = host.subject(Operation::Act(command), Some(id));
            let Some(deed) = act::begin(&host, session, id, command, xml) else {
                return Err(CallError::Busy { what });
            };
            // As with the real end the call goes on when nobody waits for it any more.
            let doing = tokio::spawn(act::carry_out(host, session, deed));
            match timeout(deadline, doing).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(failure)) => Err(CallError::Panicked { what, message: failure.to_string() }),
                Err(_elapsed) => Err(CallError::Timeout { what, deadline }),
            }
        })
    }
}

impl SimSession {
    /// Reads, and keeps what was said.
    fn read<T: Says + 'static>(
        &self,
        operation: Operation,
        take: impl FnOnce(&mut HostState) -> Vec<T> + 'static,
    ) -> Answer<Vec<T>> {
        let (host, session) = (self.host.clone(), self.number);
        let asked = host.world.age();
        let read = self.ask(host.subject(operation, None), take);
        Box::pin(async move {
            let answer = read.await;
            host.world.note_read(|done| Read {
                host: host.id.clone(),
                session,
                operation,
                asked,
                done,
                said: answer.as_ref().ok().map(|said| said.iter().map(Says::says).collect()),
            });
            answer
        })
    }

    /// Asks, within the deadline. The answer is of when the host took the question.
    fn ask<T: 'static>(
        &self,
        what: Subject,
        take: impl FnOnce(&mut HostState) -> T + 'static,
    ) -> Answer<T> {
        let (host, session) = (self.host.clone(), self.number);
        let deadline = host.world.lock().deadline;
        // Only looks and listings are made to fail: a test counts on how many of them do.
        let is_look = !matches!(what.operation, Operation::Definition | Operation::Correct(_));
        Box::pin(async move {
            let call = async {
                if !host.look(|h| h.is_open(session)) {
                    return Err(CallError::Closed { what: what.clone() });
                }
                host.until_not_hung(Some(session)).await;
                let (answer, latency) = host.change(|h| {
                    let failing = h.failing_reads.as_mut().filter(|_| is_look);
                    let failed = failing.and_then(next_failure);
                    (failed.map_or_else(|| Ok(take(h)), Err), h.latency)
                });
                if latency > Duration::ZERO {
                    sleep(latency).await;
                }
                host.until_not_hung(Some(session)).await;
                if !host.look(|h| h.is_open(session)) {
                    let message = "Connection reset by peer".to_owned();
                    return Err(CallError::Lost { what: what.clone(), message });
                }
                answer.map_err(|message| {
                    let code = INTERNAL_ERROR;
                    CallError::Libvirt { what: what.clone(), code, message }
                })
            };
            match timeout(deadline, call).await {
                Ok(answer) => answer,
                Err(_elapsed) => Err(CallError::Timeout { what: what.clone(), deadline }),
            }
        })
    }
}

/// One of an answer's domains.
trait Says {
    /// Which it is, and how.
    fn says(&self) -> (InstanceId, Condition);
}

impl Says for Listed {
    fn says(&self) -> (InstanceId, Condition) {
        (self.id, self.condition)
    }
}

impl Says for (InstanceId, Condition) {
    fn says(&self) -> (InstanceId, Condition) {
        *self
    }
}

/// What the next failure says, if there is one left.
pub(super) fn next_failure((left, message): &mut (u32, String)) -> Option<String> {
    (*left > 0).then(|| {
        *left -= 1;
        message.clone()
    })
}

fn all_or_nothing<T>(
    host: &mut HostState,
    of: impl FnMut((&InstanceId, &super::Domain)) -> T,
) -> Vec<T> {
    if host.empty_answers > 0 {
        host.empty_answers -= 1;
        return Vec::new();
    }
    host.domains.iter().map(of).collect()
}
