//! How the service reaches hosts: by libvirt.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::actors::root::Reach;
use crate::config::{self, Settings};
use crate::hypervisor::Hypervisor;
#[cfg(feature = "faults")]
use crate::hypervisor::faulty::{Deadlines, Faulty};
use crate::hypervisor::libvirt::{LibvirtHost, LibvirtSettings};
use crate::model::HostId;

/// One handle per host, for as long as it is reached in the same way: it knows of calls that have
/// not returned yet, whichever actor's life they were made in.
pub(super) fn by_libvirt(settings: &Settings) -> Reach {
    let (deadline, action_deadline) = (settings.poll.deadline, settings.service.action_deadline);
    let make = move |host: &config::Host| {
        LibvirtHost::new(LibvirtSettings {
            host: host.id.clone(),
            uri: host.uri.clone(),
            credentials: host.credentials.clone(),
            deadline,
            action_deadline,
            max_actions: host.max_concurrent_actions,
        })
    };
    type Made = HashMap<HostId, (config::Host, Rc<dyn Hypervisor>)>;
    let made: RefCell<Made> = RefCell::default();
    Rc::new(move |host| {
        let mut made = made.borrow_mut();
        if let Some((before, handle)) = made.get(&host.id)
            && before.is_reached_as(host)
        {
            return Rc::clone(handle);
        }
        let handle = Rc::new(make(host)) as Rc<dyn Hypervisor>;
        #[cfg(feature = "faults")]
        let handle = Faulty::around(
            host.id.clone(),
            Deadlines { read: deadline, action: action_deadline },
            handle,
        );
        made.insert(host.id.clone(), (host.clone(), Rc::clone(&handle)));
        handle
    })
}
