//! The simulated world behaves as libvirt was measured to.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::hypervisor::{Hypervisor, Session, ShutdownBy, Signal, StoppedWhy};

const SECOND: Duration = Duration::from_secs(1);

async fn session(host: &SimHost) -> (Rc<dyn Session>, UnboundedReceiver<Signal>) {
    let (signals, heard) = unbounded_channel();
    (host.connect(signals).await.unwrap(), heard)
}

fn events(heard: &mut UnboundedReceiver<Signal>) -> Vec<Lifecycle> {
    std::iter::from_fn(|| match heard.try_recv().ok()? {
        Signal::Lifecycle { event, .. } => Some(event),
        Signal::Closed | Signal::Deaf { .. } => None,
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn causes_leave_the_measured_conditions_and_events() {
    use Lifecycle::{Crashed, Shutdown, Stopped, Suspended};
    type Cause = fn(&SimHost, InstanceId);
    let table: [(Cause, Condition, &[Lifecycle]); 9] = [
        (
            SimHost::destroy,
            Condition::ShutoffDestroyed,
            &[Shutdown(ShutdownBy::Host), Stopped(StoppedWhy::Destroyed)],
        ),
        (SimHost::kill, Condition::ShutoffCrashed, &[Stopped(StoppedWhy::Failed)]),
        (
            SimHost::terminate,
            Condition::ShutoffShutdown,
            &[Shutdown(ShutdownBy::Host), Stopped(StoppedWhy::Shutdown)],
        ),
        (
            SimHost::power_off,
            Condition::ShutoffShutdown,
            &[Shutdown(ShutdownBy::Guest), Stopped(StoppedWhy::Shutdown)],
        ),
        (
            |host, id| host.panic(id, OnCrash::Destroy),
            Condition::ShutoffCrashed,
            &[Suspended, Crashed, Stopped(StoppedWhy::Crashed)],
        ),
        (
            |host, id| host.panic(id, OnCrash::Preserve),
            Condition::CrashedPanicked,
            &[Suspended, Crashed],
        ),
        (SimHost::suspend, Condition::PausedUser, &[Suspended]),
        (SimHost::save, Condition::ShutoffSaved, &[Suspended, Stopped(StoppedWhy::Saved)]),
        (SimHost::undefine, Condition::RunningBooted, &[Lifecycle::Undefined]),
    ];
    for (cause, condition, told) in table {
        let host = World::new().host("a");
        let id = host.add(Condition::RunningBooted);
        let (_session, mut heard) = session(&host).await;
        cause(&host, id);
        assert_eq!(host.condition(id), condition);
        assert_eq!(events(&mut heard), told, "{condition}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transient_domain_vanishes_when_it_stops() {
    let host = World::new().host("a");
    let id = host.add(Condition::RunningBooted);
    host.undefine(id);
    host.kill(id);
    assert_eq!(host.condition(id), Condition::Missing);
    let (session, _heard) = session(&host).await;
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(matches!(error, CallError::NoDomain { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn every_command_does_its_work_once_and_finds_it_done_then() {
    let host = World::new().host("a");
    let (session, _heard) = session(&host).await;
    for (command, before, after) in [
        (Command::Start, Condition::ShutoffCrashed, Condition::RunningBooted),
        (Command::Start, Condition::ShutoffSaved, Condition::RunningRestored),
        (Command::StartPaused, Condition::ShutoffUnknown, Condition::PausedUser),
        (Command::Resume, Condition::PausedIoError, Condition::RunningUnpaused),
        (Command::Pause, Condition::RunningBooted, Condition::PausedUser),
        (Command::Wakeup, Condition::PmSuspendedUnknown, Condition::RunningWakeup),
        (Command::Shutdown, Condition::RunningBooted, Condition::ShutoffShutdown),
        (Command::Destroy, Condition::CrashedPanicked, Condition::ShutoffDestroyed),
    ] {
        let id = host.add(before);
        assert_eq!(session.act(id, command).await, Ok(Acted::Done), "{command}");
        sleep(SECOND).await;
        assert_eq!(host.condition(id), after);
        assert_eq!(session.act(id, command).await, Ok(Acted::AlreadyThere), "{command}");
        assert_eq!(host.condition(id), after);
        assert_eq!(host.starts(id), u64::from(command.starts()));
    }
    let id = host.add(Condition::CrashedPanicked);
    assert_eq!(session.act(id, Command::Restart).await, Ok(Acted::Done));
    assert_eq!(host.condition(id), Condition::RunningBooted);
    let refused = session.act(id, Command::Wakeup).await;
    assert_eq!(refused, Ok(Acted::AlreadyThere));
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_is_shutoff_failed_and_tells_nothing() {
    let host = World::new().host("a");
    let id = host.add(Condition::ShutoffShutdown);
    let (session, mut heard) = session(&host).await;
    host.fail_actions(Command::Start, 1, "no such disk");
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(error.to_string().contains("no such disk") && !error.is_against_host(), "{error}");
    assert_eq!(host.condition(id), Condition::ShutoffFailed);
    assert_eq!((events(&mut heard), host.starts(id)), (vec![], 0));
    assert_eq!(session.act(id, Command::Start).await, Ok(Acted::Done));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_does_not_listen_stays() {
    let host = World::new().host("a");
    let id = host.add(Condition::RunningBooted);
    host.ignore_shutdown(id);
    let (session, _heard) = session(&host).await;
    assert_eq!(session.act(id, Command::Shutdown).await, Ok(Acted::Done));
    sleep(3600 * SECOND).await;
    assert_eq!(host.condition(id), Condition::RunningBooted);
}

#[tokio::test(start_paused = true)]
async fn a_silent_host_costs_the_deadline_and_does_late_what_it_was_asked() {
    let world = World::new();
    let host = world.host("a");
    let id = host.add(Condition::ShutoffCrashed);
    world.set_deadlines(2 * SECOND, 3 * SECOND);
    let (session, mut heard) = session(&host).await;
    host.hang();
    let began = Instant::now();
    let error = session.all_states().await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }) && error.is_against_host());
    assert_eq!(began.elapsed(), 2 * SECOND);
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(error.is_open_ended(), "{error}");
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(matches!(error, CallError::Busy { .. }), "{error}");
    let (signals, _) = unbounded_channel();
    assert!(matches!(host.connect(signals).await, Err(CallError::Timeout { .. })));
    host.answer();
    sleep(SECOND).await;
    assert_eq!(host.condition(id), Condition::RunningBooted);
    assert_eq!(events(&mut heard), [Lifecycle::Started, Lifecycle::Resumed]);
    let deeds = world.journal();
    assert_eq!(deeds.len(), 1, "one that was refused as busy never reached the host");
    assert_eq!(deeds[0].result, Some(Ok(Acted::Done)));
    assert_eq!((deeds[0].asked, deeds[0].done), (2 * SECOND, Some(7 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn what_a_host_began_needs_its_daemon_and_not_its_client() {
    type Fault = fn(&SimHost);
    let table: [(Fault, Condition); 4] = [
        (SimHost::drop_sessions, Condition::RunningBooted),
        (SimHost::restart_daemon, Condition::ShutoffUnknown),
        (SimHost::reboot, Condition::ShutoffUnknown),
        (SimHost::lose_power, Condition::ShutoffUnknown),
    ];
    for (fault, after) in table {
        let host = World::new().host("a");
        let id = host.add(Condition::ShutoffUnknown);
        host.set_start_delay(5 * SECOND);
        let (session, _heard) = session(&host).await;
        let (acted, ()) = tokio::join!(session.act(id, Command::Start), async {
            sleep(SECOND).await;
            fault(&host);
        });
        assert_eq!(acted.is_ok(), after.is_active(), "{acted:?}");
        assert_eq!(host.condition(id), after);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_silent_host_never_heard_of_is_not_done() {
    let world = World::new();
    let host = world.host("a");
    let id = host.add(Condition::ShutoffCrashed);
    let (session, _heard) = session(&host).await;
    host.hang();
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(matches!(error, CallError::Lost { .. }), "{error}");
    assert_eq!(world.age(), 20 * SECOND, "keepalive closed the session");
    host.answer();
    sleep(60 * SECOND).await;
    assert_eq!(host.condition(id), Condition::ShutoffCrashed);
}

#[tokio::test(start_paused = true)]
async fn keepalive_ends_the_sessions_of_a_silent_host() {
    let host = World::new().host("a");
    let (session, mut heard) = session(&host).await;
    host.hang();
    advance(21 * SECOND).await;
    assert_eq!(heard.recv().await, Some(Signal::Closed));
    let error = session.list().await.unwrap_err();
    assert!(matches!(error, CallError::Closed { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_restart_forgets_why_and_closes_sessions() {
    let host = World::new().host("a");
    let (off, on) = (host.add(Condition::ShutoffShutdown), host.add(Condition::RunningBooted));
    let (old, mut heard) = session(&host).await;
    host.kill_daemon();
    assert_eq!(heard.recv().await, Some(Signal::Closed));
    let (signals, _) = unbounded_channel();
    assert!(matches!(host.connect(signals).await, Err(CallError::Connect { .. })));
    host.kill(on);
    host.start_daemon();
    assert!(old.all_states().await.is_err());
    let (new, mut heard) = session(&host).await;
    let seen = new.states_of(vec![off, on]).await.unwrap();
    assert_eq!(seen, [(off, Condition::ShutoffUnknown), (on, Condition::ShutoffCrashed)]);
    assert_eq!(events(&mut heard), []);
    drop(new);
    assert_eq!(host.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_id_active_twice_is_noticed_and_a_migration_is_not() {
    let world = World::new();
    let (a, b) = (world.host("a"), world.host("b"));
    let id = a.add(Condition::RunningBooted);
    a.migrate(id, &b);
    assert_eq!(a.condition(id), Condition::ShutoffMigrated);
    assert_eq!(b.condition(id), Condition::RunningMigrated);
    assert_eq!(world.doubly_active(), []);
    a.start(id);
    a.destroy(id);
    assert_eq!(world.doubly_active(), [id]);
}
