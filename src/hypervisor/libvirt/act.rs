//! How each command and each correction is carried out; blocks.

use virt::error::Error;
use virt_sys as sys;

use super::conditions::condition;
use super::ffi::{Connection, Handle};
use crate::hypervisor::Acted;
use crate::hypervisor::goal::is_there;
use crate::model::{Command, Correction, InstanceId};

/// Carries a command out. What libvirt refuses is looked at once more: if the domain is where the
/// command would bring it, whoever brought it there, that is a success. By the state, not by the
/// error: drivers disagree on the error of a start of what runs.
///
/// # Errors
/// libvirt's; `VIR_ERR_NO_DOMAIN` if there is no such domain.
pub(super) fn carry_out(
    connection: &Connection,
    id: InstanceId,
    command: Command,
) -> Result<Acted, Error> {
    let domain = Handle::find(connection, id.0)?;
    let command = match command {
        Command::Restart => {
            end(&domain)?;
            Command::Start
        }
        Command::Start
        | Command::StartPaused
        | Command::Resume
        | Command::Pause
        | Command::Wakeup
        | Command::Shutdown
        | Command::Destroy
        | Command::Redefine => command,
    };
    match send(&domain, command) {
        Ok(()) => Ok(Acted::Done),
        Err(error) => match domain.condition() {
            Ok((state, reason)) if is_there(command, condition(state, reason)) => {
                Ok(Acted::AlreadyThere)
            }
            Ok(_) | Err(_) => Err(error),
        },
    }
}

fn send(domain: &Handle, command: Command) -> Result<(), Error> {
    match command {
        Command::Start => domain.create(),
        Command::StartPaused => domain.create_with_flags(sys::VIR_DOMAIN_START_PAUSED),
        Command::Resume => domain.resume(),
        Command::Pause => domain.suspend(),
        Command::Wakeup => domain.pm_wakeup(0),
        Command::Shutdown => domain.shutdown(),
        Command::Destroy => domain.destroy(),
        Command::Restart => end(domain).and_then(|()| domain.create()),
        // It is defined: the handle says so.
        Command::Redefine => Ok(()),
    }
}

/// The first half of a restart: after it the domain is off, or it has failed.
fn end(domain: &Handle) -> Result<(), Error> {
    match domain.destroy() {
        Ok(()) => Ok(()),
        Err(error) => match domain.condition() {
            Ok((state, reason)) if !condition(state, reason).is_active() => Ok(()),
            Ok(_) | Err(_) => Err(error),
        },
    }
}

/// Defines a domain that the host does not have. One that is there is left alone: it may have been
/// defined by somebody else just now, and otherwise.
///
/// # Errors
/// libvirt's.
pub(super) fn define(connection: &Connection, id: InstanceId, xml: &str) -> Result<Acted, Error> {
    match Handle::find(connection, id.0) {
        Ok(_) => Ok(Acted::AlreadyThere),
        Err(error) if error.code().to_raw() == sys::VIR_ERR_NO_DOMAIN => {
            Handle::define(connection, xml).map(|_| Acted::Done)
        }
        Err(error) => Err(error),
    }
}

/// Changes a domain's definition, and with it the guest that runs.
///
/// libvirt changes the one element by itself: to read the XML, edit it and define it again would lose
/// the secrets that are not read, and what somebody else changes meanwhile.
///
/// # Errors
/// libvirt's.
pub(super) fn correct(
    connection: &Connection,
    id: InstanceId,
    correction: Correction,
) -> Result<(), Error> {
    let domain = Handle::find(connection, id.0)?;
    match correction {
        Correction::Autostart => domain.set_autostart(false),
        Correction::OnCrash => {
            let mut flags = 0;
            if domain.is_persistent()? {
                flags |= sys::VIR_DOMAIN_AFFECT_CONFIG;
            }
            if domain.is_active()? {
                flags |= sys::VIR_DOMAIN_AFFECT_LIVE;
            }
            let destroy = sys::VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY;
            domain.set_lifecycle_action(sys::VIR_DOMAIN_LIFECYCLE_CRASH, destroy, flags)
        }
    }
}
