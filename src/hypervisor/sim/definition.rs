//! The definitions of simulated domains: what they say, who changes them, and defining one again.

use crate::hypervisor::Lifecycle;
use crate::hypervisor::definition::{child, on_crash};
use crate::model::{Condition, Correction, Definition, InstanceId, OnCrash};

use super::SimHost;
use super::state::{Domain, HostState};

/// `VIR_ERR_OPERATION_FAILED` and `VIR_ERR_XML_ERROR`.
const OPERATION_FAILED: u32 = 9;
const XML_ERROR: u32 = 27;

impl Domain {
    /// Its definition, as libvirt would give it.
    pub(super) fn definition(&self, id: InstanceId) -> Definition {
        let Self { name, title, on_crash, .. } = self;
        let xml = format!(
            "<domain type='sim'>\n  <name>{name}</name>\n  <uuid>{id}</uuid>\n  \
             <title>{title}</title>\n  <on_crash>{on_crash}</on_crash>\n</domain>\n"
        );
        Definition {
            xml: xml.into(),
            persistent: self.persistent,
            autostart: self.autostart,
            on_crash: *on_crash,
        }
    }
}

/// Defines a domain that is not there.
///
/// # Errors
/// libvirt's number and words: it is not a definition of this domain, or the name is in use.
pub(super) fn define(host: &mut HostState, id: InstanceId, xml: &str) -> Result<(), (u32, String)> {
    let uuid = child(xml, "uuid").and_then(|uuid| uuid.parse().ok());
    let (Some(name), true) = (child(xml, "name"), uuid == Some(id)) else {
        return Err((XML_ERROR, "missing or wrong domain name or uuid".to_owned()));
    };
    if let Some((other, _)) = host.domains.iter().find(|(_, domain)| domain.name == name) {
        let message = format!("domain '{name}' already exists with uuid {other}");
        return Err((OPERATION_FAILED, message));
    }
    let domain = Domain {
        on_crash: on_crash(xml),
        title: child(xml, "title").unwrap_or_default(),
        ..Domain::new(&name, Condition::ShutoffUnknown)
    };
    host.domains.insert(id, domain);
    host.tell(id, &[Lifecycle::Defined]);
    Ok(())
}

/// Carries out a correction on a domain that is there.
pub(super) fn correct(host: &mut HostState, id: InstanceId, correction: Correction) {
    let Some(domain) = host.domains.get_mut(&id) else { return };
    match correction {
        Correction::Autostart => domain.autostart = false,
        Correction::OnCrash => domain.on_crash = OnCrash::Destroy,
    }
    host.corrections.push((id, correction));
}

impl SimHost {
    /// `virsh edit`: something of the definition is another.
    pub fn edit(&self, id: InstanceId, title: &str) {
        self.edited(id, |domain| title.clone_into(&mut domain.title));
    }

    /// The same, for what the hypervisor does when the guest crashes.
    pub fn edit_on_crash(&self, id: InstanceId, on_crash: OnCrash) {
        self.edited(id, |domain| domain.on_crash = on_crash);
    }

    /// `virsh autostart`, of which no event tells.
    pub fn set_autostart(&self, id: InstanceId) {
        self.change(|host| {
            if let Some(domain) = host.domains.get_mut(&id) {
                domain.autostart = true;
            }
        });
    }

    /// The domain is one that was created and never defined: it is gone when it stops.
    pub fn make_transient(&self, id: InstanceId) {
        self.change(|host| {
            if let Some(domain) = host.domains.get_mut(&id) {
                domain.persistent = false;
            }
        });
    }

    /// The next corrections fail, with these words.
    pub fn fail_corrections(&self, times: u32, message: &str) {
        self.change(|host| host.failing_corrections = Some((times, message.to_owned())));
    }

    /// What was corrected, in order.
    #[must_use]
    pub fn corrections(&self) -> Vec<(InstanceId, Correction)> {
        self.look(|host| host.corrections.clone())
    }

    /// A domain's definition, if it has one.
    #[must_use]
    pub fn definition_of(&self, id: InstanceId) -> Option<Definition> {
        self.look(|host| host.domains.get(&id).map(|domain| domain.definition(id)))
    }

    fn edited(&self, id: InstanceId, edit: impl FnOnce(&mut Domain)) {
        self.change(|host| {
            if let Some(domain) = host.domains.get_mut(&id) {
                edit(domain);
                host.tell(id, &[Lifecycle::Defined]);
            }
        });
    }
}
