//! The way to a host, for its instances: looks by its reader, actions by its session.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::hypervisor::reader::Reader;
use crate::hypervisor::{Acted, Answer, CallError, Operation, Session, Subject};
use crate::model::{Command, HostId, InstanceId};

/// The way to a host. Cheap to clone; all clones are one door.
#[derive(Clone)]
pub struct Door(Rc<Inner>);

struct Inner {
    host: HostId,
    reader: Reader,
    session: RefCell<Option<Rc<dyn Session>>>,
    trouble: Box<dyn Fn(CallError)>,
}

impl Door {
    /// A door with nothing behind it yet. `trouble` hears of errors that speak against the host.
    pub(super) fn new(host: HostId, reader: Reader, trouble: impl Fn(CallError) + 'static) -> Self {
        let session = RefCell::new(None);
        Self(Rc::new(Inner { host, reader, session, trouble: Box::new(trouble) }))
    }

    /// Puts the looks of the host's instances together.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// Sends a command; a redefine with what it defines. The host is told of an error that speaks against it, unless another session
    /// is in force by then: of that one it says nothing.
    #[must_use]
    pub fn act(&self, id: InstanceId, command: Command, xml: Option<Arc<str>>) -> Answer<Acted> {
        let Some(session) = self.session() else {
            let what = Subject {
                operation: Operation::Act(command),
                host: self.0.host.clone(),
                domain: Some(id),
            };
            return std::future::ready(Err(CallError::Closed { what })).boxed_local();
        };
        // A session that is not in force any more closes its connections, whatever is under way on it.
        let (door, used) = (self.clone(), Rc::downgrade(&session));
        let call = match xml {
            Some(xml) => session.define(id, xml),
            None => session.act(id, command),
        };
        async move {
            let answer = call.await;
            let in_force = || door.session().is_some_and(|now| Rc::downgrade(&now).ptr_eq(&used));
            if let Err(error) = &answer
                && error.is_against_host()
                && in_force()
            {
                (door.0.trouble)(error.clone());
            }
            answer
        }
        .boxed_local()
    }

    /// The session in force.
    pub(super) fn session(&self) -> Option<Rc<dyn Session>> {
        self.0.session.borrow().clone()
    }

    /// From now on everything goes by this session.
    pub(super) fn open(&self, session: Rc<dyn Session>) {
        let before = self.0.session.replace(Some(session.clone()));
        self.0.reader.attach(session);
        drop(before);
    }

    /// There is no session any more.
    pub(super) fn shut(&self) {
        let before = self.0.session.take();
        self.0.reader.detach();
        drop(before);
    }
}
