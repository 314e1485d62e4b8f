//! What the `virt` crate does not wrap, or not safely; the only `unsafe` of the crate.
//!
//! Everything here may block, and is called on blocking threads only; the callbacks are called by
//! libvirt on its event loop's thread, or on that of a call that finds its connection broken.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::mem::{ManuallyDrop, transmute};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use uuid::Uuid;
use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::Error;
use virt_sys as sys;

/// What a connection tells by itself.
pub(super) enum Told {
    /// A domain's `virDomainEventType` and its detail.
    Lifecycle(Uuid, c_int, c_int),
    /// The connection is closed, and not by us.
    Closed,
}

/// Who is told. It is called on libvirt's threads.
pub(super) type Listener = Arc<dyn Fn(Told) + Send + Sync>;

/// An open connection, closed when it is dropped. Unlike `virt`'s own, that cannot panic.
pub(super) struct Connection(ManuallyDrop<Connect>);

impl Connection {
    /// Opens a connection. What the host wants to be told has to be in libvirt's files, or in the
    /// one that the URI names: nobody is asked.
    pub(super) fn open(uri: &CStr) -> Result<Self, Error> {
        // libvirt offers the host only what could be answered if it were asked, whether or not it
        // finds the answer in a file. So everything is claimed that `virsh` claims: no USERNAME
        // among it, which is whom to act for, and would have to be in the file.
        let mut kinds = [
            sys::VIR_CRED_AUTHNAME,
            sys::VIR_CRED_PASSPHRASE,
            sys::VIR_CRED_ECHOPROMPT,
            sys::VIR_CRED_NOECHOPROMPT,
            sys::VIR_CRED_REALM,
        ]
        .map(u32::cast_signed);
        let mut auth = sys::virConnectAuth {
            credtype: kinds.as_mut_ptr(),
            ncredtype: kinds.len() as c_uint,
            cb: Some(answer_nothing),
            cbdata: ptr::null_mut(),
        };
        // SAFETY: the URI ends with a null byte; `auth` and what it points to outlive the call, after
        // which libvirt keeps nothing of them.
        let connection = unsafe { sys::virConnectOpenAuth(uri.as_ptr(), &mut auth, 0) };
        if connection.is_null() {
            return Err(Error::last_error());
        }
        // SAFETY: it is a connection, and the one reference to it is ours.
        Ok(Self(ManuallyDrop::new(unsafe { Connect::from_ptr(connection) })))
    }

    /// Visits every domain of the host, active or not, by one call. Answers how many there are.
    pub(super) fn visit(&self, mut visit: impl FnMut(&Record<'_>)) -> Result<usize, Error> {
        let mut list: *mut sys::virDomainStatsRecordPtr = ptr::null_mut();
        // SAFETY: the connection is open as long as `self` lives; `list` is a valid place for the
        // answer, which is ours to free.
        let count = unsafe {
            sys::virConnectGetAllDomainStats(
                self.as_ptr(),
                sys::VIR_DOMAIN_STATS_STATE,
                &mut list,
                0,
            )
        };
        let Ok(count) = usize::try_from(count) else { return Err(Error::last_error()) };
        let list = Records(list);
        for place in 0..count {
            // SAFETY: libvirt promises `count` valid records, and they live until `list` is dropped.
            let record = unsafe { &**list.0.add(place) };
            // One that is skipped would read as missing: so all, or an error.
            visit(&Record::read(record)?);
        }
        Ok(count)
    }
}

impl Deref for Connection {
    type Target = Connect;

    fn deref(&self) -> &Connect {
        &self.0
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the one reference that `open` got is given back once: `ManuallyDrop` keeps
        // `Connect` from giving it back too. A failure leaves nothing to be done.
        unsafe { sys::virConnectClose(self.as_ptr()) };
    }
}

/// The answer of `virConnectGetAllDomainStats`, freed when it is dropped, on a panic too.
struct Records(*mut sys::virDomainStatsRecordPtr);

impl Drop for Records {
    fn drop(&mut self) {
        // SAFETY: it came from `virConnectGetAllDomainStats`, which ends it with a null pointer, and
        // it is freed once. Null is allowed.
        unsafe { sys::virDomainStatsRecordListFree(self.0) };
    }
}

/// One domain in a listing, good as long as the listing is visited.
pub(super) struct Record<'a> {
    record: &'a sys::virDomainStatsRecord,
    /// Its UUID.
    pub(super) uuid: Uuid,
    /// Its `virDomainState`, and the reason.
    pub(super) state: (c_int, c_int),
}

impl<'a> Record<'a> {
    fn read(record: &'a sys::virDomainStatsRecord) -> Result<Self, Error> {
        let params = if record.params.is_null() {
            &[]
        } else {
            let count = usize::try_from(record.nparams).unwrap_or(0);
            // SAFETY: the record has `nparams` parameters at `params`, which live as long as it.
            unsafe { std::slice::from_raw_parts(record.params, count) }
        };
        let number = |name| params.iter().find_map(|param| int_named(param, name));
        // A state that is not told is no state: `VIR_DOMAIN_NOSTATE` is 0, and so is its reason.
        let state = number(sys::VIR_DOMAIN_STATS_STATE_STATE).unwrap_or(0);
        let reason = number(sys::VIR_DOMAIN_STATS_STATE_REASON).unwrap_or(0);
        let mut uuid = [0; sys::VIR_UUID_BUFLEN as usize];
        // SAFETY: the record's domain is valid as long as the record, and `uuid` has room for the
        // 16 bytes that are written. It asks the handle, not the host, and refuses a null handle.
        if unsafe { sys::virDomainGetUUID(record.dom, uuid.as_mut_ptr()) } < 0 {
            return Err(Error::last_error());
        }
        Ok(Self { record, uuid: Uuid::from_bytes(uuid), state: (state, reason) })
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        // SAFETY: the domain is valid as long as `self`; the name is the handle's own, ended by a
        // null byte, and is copied here.
        unsafe {
            let name = sys::virDomainGetName(self.record.dom);
            if name.is_null() {
                return String::new();
            }
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }
}

/// The value of a parameter, if it is the integer of this name.
fn int_named(param: &sys::virTypedParameter, name: &CStr) -> Option<c_int> {
    let name = name.to_bytes_with_nul();
    let same = param.field.iter().zip(name).all(|(&a, &b)| a.cast_unsigned() == b);
    let is_int = u32::try_from(param.type_) == Ok(sys::VIR_TYPED_PARAM_INT);
    if !same || !is_int || name.len() > param.field.len() {
        return None;
    }
    // SAFETY: the type says that the union holds an `int`.
    Some(unsafe { param.value.i })
}

/// A domain's handle, freed when it is dropped. Unlike `virt`'s own, that cannot panic.
pub(super) struct Handle(ManuallyDrop<Domain>);

impl Handle {
    pub(super) fn find(connection: &Connection, uuid: Uuid) -> Result<Self, Error> {
        let domain = connection.lookup_domain_by_uuid(uuid)?;
        Ok(Self(ManuallyDrop::new(domain)))
    }

    /// Defines a domain.
    pub(super) fn define(connection: &Connection, xml: &str) -> Result<Self, Error> {
        let domain = connection.define_domain_xml(xml)?;
        Ok(Self(ManuallyDrop::new(domain)))
    }

    /// The `virDomainState`, and the reason. (`virt`'s own takes an error for an unknown state.)
    pub(super) fn condition(&self) -> Result<(c_int, c_int), Error> {
        let (mut state, mut reason) = (0, 0);
        // SAFETY: the handle is valid as long as `self`, and both places are.
        let got = unsafe { sys::virDomainGetState(self.as_ptr(), &mut state, &mut reason, 0) };
        if got < 0 { Err(Error::last_error()) } else { Ok((state, reason)) }
    }
}

impl Deref for Handle {
    type Target = Domain;

    fn deref(&self) -> &Domain {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the one reference that `find` or `define` got is given back once; see `Connection`.
        unsafe { sys::virDomainFree(self.as_ptr()) };
    }
}

/// Listening to a connection: ends when it is dropped.
pub(super) struct Watch {
    connection: Arc<Connection>,
    events: Option<c_int>,
    closing: bool,
}

impl Watch {
    /// Nothing is listened to yet.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, events: None, closing: false }
    }

    /// Listens to the lifecycle of all domains.
    pub(super) fn events(mut self, listener: &Listener) -> Result<Self, Error> {
        let opaque = into_opaque(listener);
        // SAFETY: libvirt casts the callback back to the type that belongs to the event's id, and
        // for LIFECYCLE that is `virConnectDomainEventCallback`; all of them are function pointers.
        // `opaque` is a listener that `forget` frees when libvirt lets go of it; libvirt holds a
        // reference to the connection until then.
        let id = unsafe {
            let call = transmute::<
                sys::virConnectDomainEventCallback,
                sys::virConnectDomainEventGenericCallback,
            >(Some(on_event));
            sys::virConnectDomainEventRegisterAny(
                self.connection.as_ptr(),
                ptr::null_mut(),
                sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE.cast_signed(),
                call,
                opaque,
                Some(forget),
            )
        };
        if id < 0 {
            let error = Error::last_error();
            // SAFETY: on failure libvirt keeps nothing, and does not call `forget`.
            unsafe { forget(opaque) };
            return Err(error);
        }
        self.events = Some(id);
        Ok(self)
    }

    /// Listens for the connection's end.
    pub(super) fn closing(mut self, listener: &Listener) -> Result<Self, Error> {
        let opaque = into_opaque(listener);
        // SAFETY: as with events. A driver without remote connections takes the callback for
        // nothing and never frees it: then some bytes stay behind.
        let registered = unsafe {
            sys::virConnectRegisterCloseCallback(
                self.connection.as_ptr(),
                Some(on_close),
                opaque,
                Some(forget),
            )
        };
        if registered < 0 {
            let error = Error::last_error();
            // SAFETY: on failure libvirt keeps nothing, and does not call `forget`.
            unsafe { forget(opaque) };
            return Err(error);
        }
        self.closing = true;
        Ok(self)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: both were registered on this connection, which is still open. Each holds a
        // reference to it, so that without this it would never be closed. A failure means that the
        // host does not answer any more; our side is deregistered all the same.
        unsafe {
            if let Some(id) = self.events {
                sys::virConnectDomainEventDeregisterAny(self.connection.as_ptr(), id);
            }
            if self.closing {
                sys::virConnectUnregisterCloseCallback(self.connection.as_ptr(), Some(on_close));
            }
        }
    }
}

/// libvirt's `virConnectAuthCallbackPtr`: what no file answers, nobody does.
unsafe extern "C" fn answer_nothing(
    _: sys::virConnectCredentialPtr,
    _: c_uint,
    _: *mut c_void,
) -> c_int {
    -1
}

fn into_opaque(listener: &Listener) -> *mut c_void {
    Box::into_raw(Box::new(Arc::clone(listener))).cast()
}

/// libvirt's `virFreeCallback` for a listener.
///
/// # Safety
/// `opaque` came from [`into_opaque`], and is not used again.
unsafe extern "C" fn forget(opaque: *mut c_void) {
    // SAFETY: by the contract above it is a box, and this its end.
    drop(unsafe { Box::from_raw(opaque.cast::<Listener>()) });
}

/// libvirt's `virConnectDomainEventCallback`.
///
/// # Safety
/// `opaque` came from [`into_opaque`] and is not freed yet; `domain` is valid during the call.
unsafe extern "C" fn on_event(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    event: c_int,
    detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    let mut uuid = [0; sys::VIR_UUID_BUFLEN as usize];
    // SAFETY: by the contract above; `uuid` has room for the 16 bytes that are written.
    let got = unsafe { sys::virDomainGetUUID(domain, uuid.as_mut_ptr()) };
    if got == 0 {
        // SAFETY: by the contract above.
        unsafe { tell(opaque, Told::Lifecycle(Uuid::from_bytes(uuid), event, detail)) };
    }
    0
}

/// libvirt's `virConnectCloseFunc`.
///
/// # Safety
/// `opaque` came from [`into_opaque`] and is not freed yet.
unsafe extern "C" fn on_close(_: sys::virConnectPtr, _: c_int, opaque: *mut c_void) {
    // SAFETY: by the contract above.
    unsafe { tell(opaque, Told::Closed) };
}

/// # Safety
/// `opaque` came from [`into_opaque`] and is not freed yet.
unsafe fn tell(opaque: *mut c_void, told: Told) {
    // SAFETY: by the contract above it is a listener, which is shared, not changed.
    let listener = unsafe { &*opaque.cast::<Listener>() };
    // A panic must not unwind into C: that would abort the process.
    let _ = catch_unwind(AssertUnwindSafe(|| listener(told)));
}
