//! Real hosts, reached through libvirt.
//!
//! A session has one connection for reads and events, and one for each action that is under way:
//! one stays open for the next action, more are opened when they are needed, one after the other,
//! and closed when they were not needed for a while.
//!
//! No connection ever carries two calls at once, for two reasons. A libvirt client that is not
//! mended (CVE-2024-4418) ends the process with a segmentation fault when a call wakes up another
//! that waits on the same connection for a host that hangs. And libvirt's daemon serves five calls
//! of a connection at a time (`max_client_requests`) and reads no more from it meanwhile,
//! keepalive's pings included: five actions that block on dead storage would make a live host look
//! dead.
//!
//! libvirt is told to send keepalive pings every 5 s, and to close a connection after three that
//! were not answered: so no call on an open connection blocks its thread for ever. Opening one has
//! no keepalive; what is done about that is in `threads.rs`.
//!
//! `virt` is used where it can be. Its `Domain::state` ignores errors, its statistics are never
//! freed, its handles may panic when they are dropped, and it has no events: that is in `ffi.rs`.

mod act;
mod conditions;
mod ends;
mod events;
mod ffi;
mod idle;
mod refusal;
mod session;

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

#[cfg(any(test, feature = "fuzz"))]
pub(crate) use self::conditions::{condition, lifecycle};
use self::ends::{Ears, Ends, OffThread};
use self::session::LibvirtSession;
use super::call::{Call, blocking};
use super::threads::Threads;
use super::{Answer, CallError, Hypervisor, Operation, Session, Signal, Subject, redact};
use crate::model::{HostId, InstanceId};

/// How many threads of a host may be in reads at once. A session has one read under way; the others
/// are for those of sessions before it that are stuck until keepalive ends them.
pub const READ_THREADS: usize = 4;

/// How long a connection that no action needs stays open, unless it is the only one.
pub const IDLE_AFTER: Duration = Duration::from_secs(60);

/// How many threads of a host may be opening connections at once, before patience allows more.
pub const CONNECT_THREADS: usize = 2;

/// What a host is reached with.
#[derive(Clone)]
pub struct LibvirtSettings {
    /// Its name, for messages.
    pub host: HostId,
    /// Its URI; see [`check_uri`](super::check_uri).
    pub uri: String,
    /// A file in the form of libvirt's `auth.conf` with the users and passwords for this host. Where
    /// there is none, libvirt's own configuration has the word.
    pub credentials: Option<PathBuf>,
    /// How long a read, or opening a session, may take.
    pub deadline: Duration,
    /// How long an action may take.
    pub action_deadline: Duration,
    /// How many actions may be under way at once, at least 1; those that are past their deadline
    /// and have not returned are counted.
    pub max_actions: usize,
}

/// Without the URI's password.
impl fmt::Debug for LibvirtSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, uri, credentials, deadline, action_deadline, max_actions } = self;
        f.debug_struct("LibvirtSettings")
            .field("host", host)
            .field("uri", &redact(uri))
            .field("credentials", credentials)
            .field("deadline", deadline)
            .field("action_deadline", action_deadline)
            .field("max_actions", max_actions)
            .finish()
    }
}

/// A host reached through libvirt. Cheap to clone; clones share what is known of calls that have
/// not returned, so that a host's actor that is started anew takes a clone, not a new one.
#[derive(Debug, Clone)]
pub struct LibvirtHost {
    inner: Arc<Host>,
}

/// What a host's sessions share.
#[derive(Debug)]
struct Host {
    settings: LibvirtSettings,
    connecting: Threads,
    reading: Threads,
    acting: Threads,
    correcting: Threads,
    /// The domains with an action that has not returned yet.
    busy: Mutex<HashSet<InstanceId>>,
}

impl LibvirtHost {
    /// A host that no connection was made to yet.
    #[must_use]
    pub fn new(settings: LibvirtSettings) -> Self {
        let inner = Host {
            connecting: Threads::slowly_more_than(CONNECT_THREADS),
            reading: Threads::at_most(READ_THREADS),
            acting: Threads::at_most(settings.max_actions.max(1)),
            correcting: Threads::at_most(1),
            busy: Mutex::new(HashSet::new()),
            settings,
        };
        Self { inner: Arc::new(inner) }
    }

    /// How many threads wait for this host at this moment, for whatever it does.
    #[must_use]
    pub fn threads(&self) -> usize {
        let Host { connecting, reading, acting, correcting, .. } = &*self.inner;
        connecting.held() + reading.held() + acting.held() + correcting.held()
    }
}

impl Host {
    fn subject(&self, operation: Operation, domain: Option<InstanceId>) -> Subject {
        Subject { operation, host: self.settings.host.clone(), domain }
    }

    /// A call that opens connections.
    fn connecting(&self) -> Result<Call, CallError> {
        let what = self.subject(Operation::Connect, None);
        Call::begin(what, self.settings.deadline, &self.connecting)
    }
}

impl Hypervisor for LibvirtHost {
    fn connect(&self, signals: UnboundedSender<Signal>) -> Answer<Rc<dyn Session>> {
        let host = Arc::clone(&self.inner);
        Box::pin(async move {
            let call = host.connecting()?;
            let ears = Arc::new(Ears::new(signals));
            let (settings, hearing) = (host.settings.clone(), Arc::clone(&ears));
            let open = move || Ends::open(settings, &hearing).map(OffThread::new);
            let ends = blocking(call, open).await?;
            Ok(Rc::new(LibvirtSession::new(host, ends, ears)) as Rc<dyn Session>)
        })
    }
}
