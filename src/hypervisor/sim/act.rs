//! How a simulated host carries out commands.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::session::next_failure;
use super::state::HostState;
use super::{Deed, SimHost, definition};
use crate::hypervisor::call::OPERATION_TIMEOUT;
use crate::hypervisor::goal::is_there;
use crate::hypervisor::{Acted, CallError, Lifecycle, Operation, ShutdownBy, StoppedWhy};
use crate::model::{Command, Condition, InstanceId, State};

/// `VIR_ERR_OPERATION_FAILED` and `VIR_ERR_OPERATION_INVALID`.
const OPERATION_FAILED: u32 = 9;
const OPERATION_INVALID: u32 = 55;

/// How long libvirt waits for a domain's lock (`qemuDomainObjBeginJob`).
const JOB_PATIENCE: Duration = Duration::from_secs(30);

/// An action that was let through: its place in the journal, and what it is.
pub(super) struct Begun {
    place: usize,
    id: InstanceId,
    command: Command,
    /// What a redefine defines.
    xml: Option<Arc<str>>,
}

/// Writes an action down. None if one is under way on the same domain.
pub(super) fn begin(
    host: &SimHost,
    session: u64,
    id: InstanceId,
    command: Command,
    xml: Option<Arc<str>>,
) -> Option<Begun> {
    let is_new = host.change(|h| {
        h.calls.actions += 1;
        h.acting.insert(id)
    });
    if !is_new {
        return None;
    }
    let mut state = host.world.lock();
    let asked = state.origin.elapsed();
    let host = host.id.clone();
    state.journal.push(Deed { asked, done: None, host, id, session, command, result: None });
    Some(Begun { place: state.journal.len() - 1, id, command, xml })
}

/// Carries an action out, however long that takes.
pub(super) async fn carry_out(
    host: SimHost,
    session: u64,
    begun: Begun,
) -> Result<Acted, CallError> {
    let (place, id) = (begun.place, begun.id);
    let answer = on_the_host(&host, session, &begun).await;
    host.change(|h| h.acting.remove(&id));
    let mut state = host.world.lock();
    let done = state.origin.elapsed();
    if let Some(deed) = state.journal.get_mut(place) {
        (deed.done, deed.result) = (Some(done), Some(answer.clone()));
    }
    answer
}

async fn on_the_host(
    host: &SimHost,
    session: u64,
    &Begun { id, command, ref xml, .. }: &Begun,
) -> Result<Acted, CallError> {
    let what = || host.subject(Operation::Act(command), Some(id));
    if !host.look(|h| h.is_open(session)) {
        return Err(CallError::Closed { what: what() });
    }
    let delay = host.look(|h| match command {
        Command::Start | Command::StartPaused | Command::Restart => h.latency + h.start_delay,
        Command::Resume
        | Command::Pause
        | Command::Wakeup
        | Command::Shutdown
        | Command::Destroy
        | Command::Redefine => h.latency,
    });
    let lost = || CallError::Lost { what: what(), message: "Connection reset by peer".into() };
    host.until_not_hung(Some(session)).await;
    if !host.look(|h| h.is_open(session)) {
        // The host never heard of it.
        return Err(lost());
    }
    let life = host.look(|h| h.life);
    sleep(delay).await;
    // A daemon that began to carry it out goes on, whether its client is still there or not; but
    // not when it was killed, or its host lost power.
    host.until_not_hung(None).await;
    if host.look(|h| h.life) != life {
        return Err(lost());
    }
    let failure = |code, message| Err(CallError::Libvirt { what: what(), code, message });
    if host.look(|h| h.domains.get(&id).is_some_and(|domain| domain.has_job)) {
        sleep(JOB_PATIENCE).await;
    }
    let done = host.change(|h| match h.domains.get(&id).map(|domain| domain.condition) {
        None => match xml {
            Some(xml) => match h.failing_actions.get_mut(&command).and_then(next_failure) {
                Some(message) => failure(OPERATION_FAILED, message),
                None => match definition::define(h, id, xml) {
                    Ok(()) => Ok(Acted::Done),
                    Err((code, message)) => failure(code, message),
                },
            },
            None => Err(CallError::NoDomain { what: what() }),
        },
        Some(_) if h.domains.get(&id).is_some_and(|domain| domain.has_job) => {
            failure(OPERATION_TIMEOUT, "cannot acquire state change lock".to_owned())
        }
        Some(seen) => match h.failing_actions.get_mut(&command).and_then(next_failure) {
            Some(message) => {
                fail(h, id, command);
                failure(OPERATION_FAILED, message)
            }
            None if carry(h, id, command, seen) => Ok(Acted::Done),
            None if is_there(command, seen) => Ok(Acted::AlreadyThere),
            None => failure(OPERATION_INVALID, format!("domain is {seen}")),
        },
    });
    if done == Ok(Acted::Done) && command == Command::Shutdown {
        press_power_button(host, id);
    }
    done
}

/// What a failed start leaves behind.
fn fail(host: &mut HostState, id: InstanceId, command: Command) {
    if let Some(domain) = host.domains.get_mut(&id)
        && command.starts()
        && !domain.condition.is_active()
    {
        domain.condition = Condition::ShutoffFailed;
    }
}

/// Carries a command out at once; false where libvirt would refuse.
fn carry(host: &mut HostState, id: InstanceId, command: Command, seen: Condition) -> bool {
    use Lifecycle::{Resumed, Shutdown, Stopped, Suspended};
    let ended = [Shutdown(ShutdownBy::Host), Stopped(StoppedWhy::Destroyed)];
    let state = seen.state();
    match command {
        Command::Start if !seen.is_active() => start(host, id, running_from(seen)),
        Command::StartPaused if !seen.is_active() => start(host, id, Condition::PausedUser),
        Command::Resume if state == State::Paused => {
            host.turn(id, Condition::RunningUnpaused, &[Resumed]);
        }
        Command::Pause if matches!(state, State::Running | State::Blocked) => {
            host.turn(id, Condition::PausedUser, &[Suspended]);
        }
        Command::Wakeup if state == State::PmSuspended => {
            host.turn(id, Condition::RunningWakeup, &[Resumed]);
        }
        Command::Shutdown if matches!(state, State::Running | State::Blocked) => {}
        Command::Destroy if seen.is_active() => {
            host.stop(id, Condition::ShutoffDestroyed, &ended);
        }
        Command::Restart => {
            host.stop(id, Condition::ShutoffDestroyed, &ended);
            start(host, id, running_from(seen));
        }
        Command::Start
        | Command::StartPaused
        | Command::Resume
        | Command::Pause
        | Command::Wakeup
        | Command::Shutdown
        | Command::Destroy
        | Command::Redefine => return false,
    }
    true
}

/// How a domain runs after a start.
fn running_from(seen: Condition) -> Condition {
    if seen == Condition::ShutoffSaved {
        Condition::RunningRestored
    } else {
        Condition::RunningBooted
    }
}

fn start(host: &mut HostState, id: InstanceId, condition: Condition) {
    let Some(domain) = host.domains.get_mut(&id) else { return };
    domain.condition = condition;
    host.woken.push(id);
    *host.starts.entry(id).or_default() += 1;
    let then = match condition.state() {
        State::Paused => Lifecycle::Suspended,
        State::NoState
        | State::Running
        | State::Blocked
        | State::Shutdown
        | State::Shutoff
        | State::Crashed
        | State::PmSuspended
        | State::Missing => Lifecycle::Resumed,
    };
    host.tell(id, &[Lifecycle::Started, then]);
}

/// The guest goes down by itself some time later, if it hears the button and still runs.
fn press_power_button(host: &SimHost, id: InstanceId) {
    let pressed = host.look(|h| {
        let domain = h.domains.get(&id).filter(|domain| domain.hears_shutdown)?;
        Some((domain.run, h.shutdown_delay))
    });
    let Some((run, delay)) = pressed else { return };
    let host = host.clone();
    tokio::spawn(async move {
        if delay > Duration::ZERO {
            sleep(delay).await;
        }
        if host.look(|h| h.domains.get(&id).is_some_and(|domain| domain.run == run)) {
            host.power_off(id);
        }
    });
}
