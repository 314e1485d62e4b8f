//! How each command is carried out; blocks.

use virt::error::Error;
use virt_sys as sys;

use super::conditions::condition;
use super::ffi::{Connection, Handle};
use crate::hypervisor::Acted;
use crate::hypervisor::goal::is_there;
use crate::model::{Command, InstanceId};

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
        | Command::Destroy => command,
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
