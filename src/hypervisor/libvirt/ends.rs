//! What a session holds open, who hears of it, and how it is closed without blocking.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use virt::error::Error;
use virt_sys as sys;

use super::conditions::lifecycle;
use super::ffi::{Connection, Handle, Listener, Told, Watch};
use super::idle::Idle;
use super::refusal::{failed, refused};
use super::{IDLE_AFTER, LibvirtSettings, events};
use crate::hypervisor::uri::for_libvirt;
use crate::hypervisor::{CallError, Signal};
use crate::model::InstanceId;

/// Keepalive: a ping after so many seconds of silence, and the end after so many without answer.
const PING_AFTER_SECONDS: i32 = 5;
const PINGS: u32 = 3;

/// Both ends of a session: the channel for reads and events, and those for actions.
pub(super) struct Ends {
    /// Handles of domains that were read singly. Dropped first, before their connection.
    handles: Mutex<HashMap<InstanceId, Arc<Handle>>>,
    pub(super) reads: Channel,
    /// The channels that carry no action now.
    idle: Idle<OffThread<Channel>>,
    /// What further channels are opened with.
    settings: LibvirtSettings,
    listener: Listener,
}

/// A connection with its listeners. It carries one call at a time.
pub(super) struct Channel {
    /// Dropped first: it ends the listening, and needs the connection for that.
    _watch: Watch,
    pub(super) connection: Arc<Connection>,
}

impl Ends {
    /// Opens what is needed at first, one after the other; blocks.
    ///
    /// # Errors
    /// [`CallError::Connect`], with libvirt's words for the first connection that failed.
    pub(super) fn open(settings: LibvirtSettings, ears: &Arc<Ears>) -> Result<Self, CallError> {
        events::attend(ears).map_err(|why| failed(&settings, &why))?;
        let ears = Arc::clone(ears);
        let listener: Listener = Arc::new(move |told| ears.hear(told));
        let reads = Channel::open(&settings, &listener, Hears::Events)?;
        let ends = Self { handles: Mutex::default(), reads, idle: Idle::new(), settings, listener };
        ends.give_back(ends.another()?);
        Ok(ends)
    }

    /// Opens another channel for actions; blocks.
    ///
    /// # Errors
    /// [`CallError::Connect`].
    pub(super) fn another(&self) -> Result<OffThread<Channel>, CallError> {
        Channel::open(&self.settings, &self.listener, Hears::ItsEnd).map(OffThread::new)
    }

    /// A channel for an action, if one is open and carries none.
    pub(super) fn take(&self) -> Option<OffThread<Channel>> {
        self.idle.take()
    }

    /// Its action has returned.
    pub(super) fn give_back(&self, channel: OffThread<Channel>) {
        self.idle.give_back(channel, Instant::now());
    }

    /// Closes the channels that no action has needed for a while.
    pub(super) fn close_idle(&self) {
        drop(self.idle.take_old(IDLE_AFTER, Instant::now()));
    }
}

/// What is heard from a connection.
enum Hears {
    Events,
    ItsEnd,
}

impl Channel {
    fn open(
        settings: &LibvirtSettings,
        listener: &Listener,
        hears: Hears,
    ) -> Result<Self, CallError> {
        let uri = for_libvirt(&settings.uri, settings.credentials.as_deref());
        let uri = CString::new(uri).map_err(|why| failed(settings, &why.to_string()))?;
        Self::connect(&uri, listener, hears).map_err(|why| refused(settings, &why))
    }

    fn connect(uri: &CStr, listener: &Listener, hears: Hears) -> Result<Self, Error> {
        let connection = Arc::new(Connection::open(uri)?);
        match connection.set_keep_alive(PING_AFTER_SECONDS, PINGS) {
            // A driver within this process, or an old daemon, needs none or has none.
            Err(error) if error.code().to_raw() == sys::VIR_ERR_NO_SUPPORT => {}
            other => other?,
        }
        let watch = Watch::new(Arc::clone(&connection)).closing(listener)?;
        let watch = match hears {
            Hears::Events => watch.events(listener)?,
            Hears::ItsEnd => watch,
        };
        Ok(Self { _watch: watch, connection })
    }
}

/// Hears what the connections of one session tell, and passes it on.
pub(super) struct Ears {
    signals: UnboundedSender<Signal>,
    closed: AtomicBool,
}

impl Ears {
    pub(super) fn new(signals: UnboundedSender<Signal>) -> Self {
        Self { signals, closed: AtomicBool::new(false) }
    }

    fn hear(&self, told: Told) {
        let signal = match told {
            Told::Lifecycle(uuid, event, detail) => {
                Signal::Lifecycle { id: InstanceId(uuid), event: lifecycle(event, detail) }
            }
            Told::Closed if self.closed.swap(true, Ordering::AcqRel) => return,
            Told::Closed => Signal::Closed,
        };
        // Nobody listens any more: the session is about to be dropped.
        let _ = self.signals.send(signal);
    }

    /// The event loop has ended: nothing will be heard.
    pub(super) fn deafen(&self, why: &str) {
        self.closed.store(true, Ordering::Release);
        let _ = self.signals.send(Signal::Deaf { why: why.to_owned() });
    }

    /// Whether one of the connections is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// From now on the end of a connection is our own doing, and not told.
    pub(super) fn expect_the_end(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// Something whose end may block, as closing a connection does while its host hangs. Wherever it
/// is dropped, its end is on a thread where that does not matter.
pub(super) struct OffThread<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> OffThread<T> {
    pub(super) fn new(content: T) -> Self {
        Self(Some(content))
    }
}

impl<T: Send + 'static> Deref for OffThread<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(content) => content,
            None => unreachable!("it is taken out only in drop"),
        }
    }
}

impl<T: Send + 'static> Drop for OffThread<T> {
    fn drop(&mut self) {
        let content = self.0.take();
        match runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(content))),
            // The runtime is going down: whoever drops it waits for such threads in any case.
            Err(_) => drop(content),
        }
    }
}

impl Ends {
    /// The handle of a domain; looked up at the first time.
    pub(super) fn handle(&self, id: InstanceId) -> Result<Arc<Handle>, Error> {
        let known = self.handles.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(handle) = known {
            return Ok(handle);
        }
        let handle = Arc::new(Handle::find(&self.reads.connection, id.0)?);
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.insert(id, Arc::clone(&handle));
        Ok(handle)
    }

    /// Forgets the handle of a domain that is gone.
    pub(super) fn forget(&self, id: InstanceId) {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Forgets handles when there are clearly more of them than domains: those of domains that
    /// came and went.
    pub(super) fn prune(&self, domains: usize) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.len() > 2 * domains + 64 {
            handles.clear();
        }
    }
}
