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

    /// Sends a command; a redefine with what it defines.
    #[must_use]
    pub fn act(&self, id: InstanceId, command: Command, xml: Option<Arc<str>>) -> Answer<Acted> {
        match (self.session(), xml) {
            (Some(session), Some(xml)) => session.define(id, xml),
            (Some(session), None) => session.act(id, command),
            (None, _) => {
                let what = Subject {
                    operation: Operation::Act(command),
                    host: self.0.host.clone(),
                    domain: Some(id),
                };
                std::future::ready(Err(CallError::Closed { what })).boxed_local()
            }
        }
    }

    /// Tells the host of an error, if that speaks against it.
    pub fn trouble(&self, error: &CallError) {
        if error.is_against_host() {
            (self.0.trouble)(error.clone());
        }
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
