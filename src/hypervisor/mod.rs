//! The door to the hosts: connecting, reading states, hearing of changes, acting.
//!
//! [`Hypervisor`] is one host that can be connected to, [`Session`] one connection pair to it. The
//! trait has two ends: [`libvirt`] for real hosts, and [`sim`], a scripted world on virtual time.
//! [`reader`] turns the looks that instances ask for into as few calls as possible.
//!
//! Every call has a deadline and blocks no actor's thread. Not in here: what a state means, what is
//! to be done about it, and what is recorded.

mod advice;
mod call;
mod definition;
#[cfg(feature = "faults")]
pub mod faulty;
mod goal;
pub mod libvirt;
pub mod link;
pub mod reader;
pub mod sim;
mod threads;
mod uri;

use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use crate::model::{Command, Condition, Correction, Definition, InstanceId};

/// What reads what hosts answer, for the fuzz targets (`crate::fuzz`).
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz {
    pub(crate) use super::definition::on_crash;
    pub(crate) use super::libvirt::{condition, lifecycle};
    pub(crate) use super::uri::for_libvirt;
}

pub use advice::Advice;
pub use call::{CallError, Operation, Subject};
pub use uri::{check_uri, has_parameter, redact};

/// What a call to a host gives: an answer within its deadline, or why there is none.
pub type Answer<T> = LocalBoxFuture<'static, Result<T, CallError>>;

/// A host that can be connected to.
pub trait Hypervisor {
    /// Opens a new session. Signals of the host's are sent to `signals` from before the first read
    /// on, so that nothing that happens after a read is missed. Give each session a channel of its
    /// own: an old session's signals may still come while a new one is being opened.
    ///
    /// # Errors
    /// When the host cannot be reached, refuses, or does not answer within the deadline.
    fn connect(&self, signals: UnboundedSender<Signal>) -> Answer<Rc<dyn Session>>;
}

/// A live connection to a host: one channel for reads and signals, one for actions, so that slow
/// actions do not delay looks. Dropping it closes both, without blocking.
pub trait Session {
    /// Every domain of the host, with its name.
    fn list(&self) -> Answer<Vec<Listed>>;

    /// The conditions of all domains of the host, in one call.
    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>>;

    /// The conditions of these domains, with one cheap call for each. A domain that the host says
    /// it does not have is [`Condition::Missing`]; any other error fails the whole call.
    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>>;

    /// Carries out a command. `Ok` means that the hypervisor accepted it; whether it worked, the
    /// next look says.
    fn act(&self, id: InstanceId, command: Command) -> Answer<Acted>;

    /// The definition of a domain, without secrets: what its next start would start.
    fn definition(&self, id: InstanceId) -> Answer<Definition>;

    /// Carries out [`Command::Redefine`]: defines a domain that the host does not have. One that it
    /// has is left as it is.
    fn define(&self, id: InstanceId, xml: Arc<str>) -> Answer<Acted>;

    /// Changes a domain's definition so that the hypervisor does not act by itself.
    fn correct(&self, id: InstanceId, correction: Correction) -> Answer<()>;
}

/// A domain as a full listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its UUID.
    pub id: InstanceId,
    /// Its name, unique on its host.
    pub name: String,
    /// Its condition.
    pub condition: Condition,
}

/// How a command was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// It was carried out, or for `shutdown` sent to the guest.
    Done,
    /// The domain was in that state already: a success as well.
    AlreadyThere,
}

/// What a host tells by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A domain changed: a reason to look, nothing more.
    Lifecycle {
        /// Which.
        id: InstanceId,
        /// What libvirt says happened.
        event: Lifecycle,
    },
    /// The connection was closed from the other side, or by keepalive. Said once for a session,
    /// and not when the session was dropped.
    Closed,
    /// Nothing is heard any more over this session or any other, keepalive included: no session
    /// of before is good any more. The next one that is opened hears again.
    Deaf {
        /// What has happened.
        why: String,
    },
}

/// libvirt's lifecycle events (`virDomainEventType`), with the details that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Defined, or its definition changed.
    Defined,
    /// Undefined.
    Undefined,
    /// Started.
    Started,
    /// Paused.
    Suspended,
    /// Let run again.
    Resumed,
    /// Its end has begun, from this side.
    Shutdown(ShutdownBy),
    /// Stopped; this is why.
    Stopped(StoppedWhy),
    /// Suspended by guest power management.
    PmSuspended,
    /// Crashed.
    Crashed,
    /// Something that a later libvirt reports: still a reason to look.
    Other,
}

/// Who began the end of a domain (`virDomainEventShutdownDetailType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownBy {
    /// libvirt does not say.
    Finished,
    /// The guest: it powered itself off.
    Guest,
    /// The host: destroy, or a signal to the process.
    Host,
}

/// Why a domain stopped (`virDomainEventStoppedDetailType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedWhy {
    /// A shutdown ended.
    Shutdown,
    /// Somebody called destroy.
    Destroyed,
    /// The guest crashed.
    Crashed,
    /// It migrated to another host.
    Migrated,
    /// It was saved.
    Saved,
    /// The hypervisor process failed.
    Failed,
    /// A snapshot without a running state was loaded.
    FromSnapshot,
    /// Something that a later libvirt reports.
    Other,
}
