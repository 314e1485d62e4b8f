//! A session with a real host.

use std::rc::Rc;
use std::sync::{Arc, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use virt::error::Error;
use virt_sys as sys;

use super::conditions::condition;
use super::ends::{Ears, Ends, OffThread};
use super::ffi::{Connection, Handle};
use super::{Host, act};
use crate::hypervisor::call::{Call, blocking};
use crate::hypervisor::definition::on_crash;
use crate::hypervisor::{Acted, Answer, CallError, Listed, Operation, Session, Subject};
use crate::model::{Command, Condition, Correction, Definition, InstanceId};

/// See the module. Dropping it closes its connections, on another thread.
pub(super) struct LibvirtSession {
    host: Arc<Host>,
    ends: Arc<OffThread<Ends>>,
    ears: Arc<Ears>,
    /// Held by the read that is under way: the others wait, without a thread.
    turn: Arc<Semaphore>,
    /// Held by the action that opens one more channel: the others that need one wait, without a
    /// thread. Many that open one at once would look like a host on which opening hangs.
    opening: Rc<Semaphore>,
}

impl LibvirtSession {
    pub(super) fn new(host: Arc<Host>, ends: OffThread<Ends>, ears: Arc<Ears>) -> Self {
        let (turn, opening) = (Arc::new(Semaphore::new(1)), Rc::new(Semaphore::new(1)));
        Self { host, ends: Arc::new(ends), ears, turn, opening }
    }

    /// What a call works on; none when the connection is closed.
    fn ends(&self) -> Option<Arc<OffThread<Ends>>> {
        (!self.ears.is_closed()).then(|| Arc::clone(&self.ends))
    }

    fn read<T: Send + 'static>(
        &self,
        what: Subject,
        read: impl FnOnce(&Ends) -> Result<T, Error> + Send + 'static,
    ) -> Answer<T> {
        let (host, ends, turn) = (Arc::clone(&self.host), self.ends(), Arc::clone(&self.turn));
        Box::pin(async move {
            let Some(ends) = ends else { return Err(CallError::Closed { what }) };
            let deadline = host.settings.deadline;
            let begun = Instant::now();
            let Ok(Ok(turn)) = timeout(deadline, turn.acquire_owned()).await else {
                return Err(CallError::Timeout { what, deadline });
            };
            let rest = deadline.saturating_sub(begun.elapsed());
            let call = Call::begin(what.clone(), rest, &host.reading)?;
            let job = move || {
                let _turn = turn;
                read(&ends).map_err(|error| explain(what, &error, &ends.reads.connection))
            };
            blocking(call, job).await
        })
    }
}

impl Drop for LibvirtSession {
    fn drop(&mut self) {
        self.ears.expect_the_end();
    }
}

impl Session for LibvirtSession {
    fn list(&self) -> Answer<Vec<Listed>> {
        self.read(self.host.subject(Operation::List, None), |ends| {
            let mut all = Vec::new();
            ends.reads.connection.visit(|record| {
                let (state, reason) = record.state;
                all.push(Listed {
                    id: InstanceId(record.uuid),
                    name: record.name(),
                    condition: condition(state, reason),
                });
            })?;
            ends.close_idle();
            Ok(all)
        })
    }

    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>> {
        self.read(self.host.subject(Operation::ReadAll, None), |ends| {
            let mut all = Vec::new();
            let count = ends.reads.connection.visit(|record| {
                let (state, reason) = record.state;
                all.push((InstanceId(record.uuid), condition(state, reason)));
            })?;
            ends.prune(count);
            ends.close_idle();
            Ok(all)
        })
    }

    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>> {
        self.read(self.host.subject(Operation::ReadSome, None), move |ends| {
            let read = |id| match ends.handle(id).and_then(|handle| handle.condition()) {
                Ok((state, reason)) => Ok((id, condition(state, reason))),
                Err(error) if is_no_domain(&error) => {
                    ends.forget(id);
                    Ok((id, Condition::Missing))
                }
                Err(error) => Err(error),
            };
            ids.into_iter().map(read).collect()
        })
    }

    fn act(&self, id: InstanceId, command: Command) -> Answer<Acted> {
        let operation = Operation::Act(command);
        self.change(id, operation, move |connection| act::carry_out(connection, id, command))
    }

    fn definition(&self, id: InstanceId) -> Answer<Definition> {
        let what = self.host.subject(Operation::Definition, Some(id));
        self.read(what, move |ends| {
            let read = |domain: &Handle| {
                let xml: Arc<str> = domain.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE)?.into();
                Ok(Definition {
                    persistent: domain.is_persistent()?,
                    autostart: domain.autostart()?,
                    on_crash: on_crash(&xml),
                    xml,
                })
            };
            ends.handle(id).and_then(|domain| read(&domain)).inspect_err(|error| {
                if is_no_domain(error) {
                    ends.forget(id);
                }
            })
        })
    }

    fn define(&self, id: InstanceId, xml: Arc<str>) -> Answer<Acted> {
        let operation = Operation::Act(Command::Redefine);
        self.change(id, operation, move |connection| act::define(connection, id, &xml))
    }

    fn correct(&self, id: InstanceId, correction: Correction) -> Answer<()> {
        let operation = Operation::Correct(correction);
        self.change(id, operation, move |connection| act::correct(connection, id, correction))
    }
}

impl LibvirtSession {
    /// Changes a domain, over a connection that carries nothing else.
    fn change<T: Send + 'static>(
        &self,
        id: InstanceId,
        operation: Operation,
        change: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Answer<T> {
        let what = self.host.subject(operation, Some(id));
        let (host, ends) = (Arc::clone(&self.host), self.ends());
        let (opening, ears) = (Rc::clone(&self.opening), Arc::clone(&self.ears));
        Box::pin(async move {
            let Some(ends) = ends else { return Err(CallError::Closed { what }) };
            let Some(busy) = Busy::begin(&host, id) else { return Err(CallError::Busy { what }) };
            // A correction takes no action's place.
            let is_correction = matches!(operation, Operation::Correct(_));
            let threads = if is_correction { &host.correcting } else { &host.acting };
            let call = Call::begin(what.clone(), host.settings.action_deadline, threads)?;
            let channel = match ends.take() {
                Some(channel) => channel,
                None => {
                    // Each has it for no longer than the deadline of a connection.
                    let _turn = opening.acquire().await;
                    if ears.is_closed() {
                        return Err(CallError::Closed { what });
                    }
                    match ends.take() {
                        // Another action has ended meanwhile.
                        Some(channel) => channel,
                        None => {
                            let ends = Arc::clone(&ends);
                            blocking(host.connecting()?, move || ends.another()).await?
                        }
                    }
                }
            };
            let job = move || {
                // Lasts as long as the call, whoever still waits for it.
                let _busy = busy;
                let answer = change(&channel.connection)
                    .map_err(|error| explain(what, &error, &channel.connection));
                ends.give_back(channel);
                answer
            };
            blocking(call, job).await
        })
    }
}

/// An action that is under way on a domain.
struct Busy {
    host: Arc<Host>,
    id: InstanceId,
}

impl Busy {
    fn begin(host: &Arc<Host>, id: InstanceId) -> Option<Self> {
        let is_new = host.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_new.then(|| Self { host: Arc::clone(host), id })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.host.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

fn is_no_domain(error: &Error) -> bool {
    error.code().to_raw() == sys::VIR_ERR_NO_DOMAIN
}

/// What an error of libvirt's says: no such domain, a broken connection, or anything else. Whether
/// the connection is broken the connection itself knows, without asking the host; libvirt's numbers
/// do not tell, for it uses the same ones for a broken link and for a broken monitor of a guest.
fn explain(what: Subject, error: &Error, connection: &Connection) -> CallError {
    let message = error.message().to_owned();
    let code = error.code().to_raw();
    if is_no_domain(error) {
        CallError::NoDomain { what }
    } else if connection.is_alive().unwrap_or(false) {
        CallError::Libvirt { what, code, message }
    } else {
        CallError::Lost { what, message }
    }
}
