//! A session with a real host.

use std::sync::{Arc, PoisonError};

use virt::error::Error;
use virt_sys as sys;

use super::conditions::condition;
use super::ends::{Ears, Ends, OffThread};
use super::ffi::Connection;
use super::{Host, act};
use crate::hypervisor::call::{Call, blocking};
use crate::hypervisor::{Acted, Answer, CallError, Listed, Operation, Session, Subject};
use crate::model::{Command, Condition, InstanceId};

/// See the module. Dropping it closes its connections, on another thread.
pub(super) struct LibvirtSession {
    host: Arc<Host>,
    ends: Arc<OffThread<Ends>>,
    ears: Arc<Ears>,
}

impl LibvirtSession {
    pub(super) fn new(host: Arc<Host>, ends: OffThread<Ends>, ears: Arc<Ears>) -> Self {
        Self { host, ends: Arc::new(ends), ears }
    }

    /// What a call works on; none when the connection is closed.
    fn ends(&self) -> Option<Arc<OffThread<Ends>>> {
        (!self.ears.is_closed()).then(|| Arc::clone(&self.ends))
    }

    fn read<T: Send + 'static>(
        &self,
        operation: Operation,
        read: impl FnOnce(&Ends) -> Result<T, Error> + Send + 'static,
    ) -> Answer<T> {
        let call = Call {
            what: self.host.subject(operation, None),
            deadline: self.host.settings.deadline,
            threads: self.host.reading.clone(),
        };
        let ends = self.ends();
        Box::pin(async move {
            let what = call.what.clone();
            let Some(ends) = ends else { return Err(CallError::Closed { what }) };
            let job =
                move || read(&ends).map_err(|error| explain(what, &error, &ends.reads.connection));
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
        self.read(Operation::List, |ends| {
            let mut all = Vec::new();
            ends.reads.connection.visit(|record| {
                let (state, reason) = record.state;
                all.push(Listed {
                    id: InstanceId(record.uuid),
                    name: record.name(),
                    condition: condition(state, reason),
                });
            })?;
            Ok(all)
        })
    }

    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>> {
        self.read(Operation::ReadAll, |ends| {
            let mut all = Vec::new();
            let count = ends.reads.connection.visit(|record| {
                let (state, reason) = record.state;
                all.push((InstanceId(record.uuid), condition(state, reason)));
            })?;
            ends.prune(count);
            Ok(all)
        })
    }

    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>> {
        self.read(Operation::ReadSome, move |ends| {
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
        let call = Call {
            what: self.host.subject(Operation::Act(command), Some(id)),
            deadline: self.host.settings.action_deadline,
            threads: self.host.acting.clone(),
        };
        let (host, ends) = (Arc::clone(&self.host), self.ends());
        Box::pin(async move {
            let what = call.what.clone();
            let Some(ends) = ends else { return Err(CallError::Closed { what }) };
            let Some(busy) = Busy::begin(host, id) else { return Err(CallError::Busy { what }) };
            let lanes = ends.actions.iter().enumerate();
            let lane = lanes.min_by_key(|(_, channel)| channel.lanes.held());
            let permit = lane.and_then(|(lane, channel)| Some((lane, channel.lanes.enter()?)));
            let Some((lane, permit)) = permit else {
                return Err(CallError::Stuck { what, threads: call.threads.held() });
            };
            let job = move || {
                // Both last as long as the call, whoever still waits for it.
                let _held = (busy, permit);
                let connection = &ends.actions[lane].connection;
                act::carry_out(connection, id, command)
                    .map_err(|error| explain(what, &error, connection))
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
    fn begin(host: Arc<Host>, id: InstanceId) -> Option<Self> {
        let is_new = host.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_new.then(|| Self { host, id })
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
