//! The libvirt end of the hypervisor's contract, against real daemons: QEMU guests, and libvirt's
//! test driver where many domains are needed.

#![allow(clippy::unwrap_used)] // a test's helpers may fail the test

use std::rc::Rc;
use std::time::Duration;

use assured::hypervisor::libvirt::{LibvirtHost, LibvirtSettings};
use assured::hypervisor::{
    Acted, CallError, Hypervisor as _, Lifecycle, Session, ShutdownBy, Signal, StoppedWhy,
};
use assured::model::{Command, Condition, Correction, HostId, InstanceId, OnCrash, State};
use assured_lab::{GuestKind, GuestSpec, Lab};
use futures_util::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// How long anything that is to happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(uri: String) -> LibvirtSettings {
    LibvirtSettings {
        host: HostId::from("kvm-1"),
        uri,
        credentials: None,
        deadline: 5 * SECOND,
        action_deadline: 15 * SECOND,
        max_actions: 5,
    }
}

fn host(uri: String) -> LibvirtHost {
    LibvirtHost::new(settings(uri))
}

fn hasty(uri: String) -> LibvirtHost {
    LibvirtHost::new(LibvirtSettings {
        host: HostId::from("kvm-1"),
        uri,
        credentials: None,
        deadline: SECOND,
        action_deadline: SECOND,
        max_actions: 2,
    })
}

async fn connect(host: &LibvirtHost) -> (Rc<dyn Session>, UnboundedReceiver<Signal>) {
    let (signals, heard) = unbounded_channel();
    (host.connect(signals).await.unwrap(), heard)
}

async fn condition(session: &dyn Session, id: InstanceId) -> Condition {
    session.states_of(vec![id]).await.unwrap()[0].1
}

/// The lifecycle events of one domain, up to the first that is as wanted.
async fn until(
    heard: &mut UnboundedReceiver<Signal>,
    of: InstanceId,
    wanted: Lifecycle,
) -> Vec<Lifecycle> {
    let mut events = Vec::new();
    let all = async {
        while events.last() != Some(&wanted) {
            match heard.recv().await.unwrap() {
                Signal::Lifecycle { id, event } if id == of => events.push(event),
                Signal::Lifecycle { .. } | Signal::Closed | Signal::Deaf { .. } => {}
            }
        }
    };
    timeout(PATIENCE, all).await.unwrap_or_else(|_| panic!("no {wanted:?}"));
    events
}

async fn eventually(mut is_so: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(SECOND / 50).await;
    }
}

#[tokio::test]
async fn every_command_does_its_work_and_finds_it_done_then() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.host("kvm-1").unwrap();
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Button)).unwrap();
    let id = InstanceId(guest.uuid());
    let (session, mut heard) = connect(&host(machine.uri())).await;
    assert_eq!(condition(&*session, id).await, Condition::ShutoffUnknown);

    let off = [Condition::ShutoffDestroyed, Condition::ShutoffShutdown];
    for (command, after) in [
        (Command::Start, &[Condition::RunningBooted][..]),
        (Command::Pause, &[Condition::PausedUser]),
        (Command::Resume, &[Condition::RunningUnpaused]),
        (Command::Destroy, &off[..1]),
        (Command::StartPaused, &[Condition::PausedUser]),
        (Command::Restart, &[Condition::RunningBooted]),
    ] {
        assert_eq!(session.act(id, command).await, Ok(Acted::Done), "{command}");
        let seen = condition(&*session, id).await;
        assert!(after.contains(&seen), "{command}: {seen}");
        if command != Command::Restart {
            let again = session.act(id, command).await.unwrap();
            // The driver may take a second suspend or resume for done.
            let toggles = matches!(command, Command::Pause | Command::Resume);
            assert!(again == Acted::AlreadyThere || toggles, "{command} again: {again:?}");
        }
    }
    assert_eq!(guest.starts().unwrap(), 3);

    guest.wait_until_booted(PATIENCE).unwrap();
    while heard.try_recv().is_ok() {}
    assert_eq!(session.act(id, Command::Shutdown).await, Ok(Acted::Done));
    let events = until(&mut heard, id, Lifecycle::Stopped(StoppedWhy::Shutdown)).await;
    assert_eq!(events[0], Lifecycle::Shutdown(ShutdownBy::Guest));
    assert_eq!(condition(&*session, id).await, Condition::ShutoffShutdown);
    for command in [Command::Shutdown, Command::Destroy] {
        assert_eq!(session.act(id, command).await, Ok(Acted::AlreadyThere), "{command}");
    }
    let error = session.act(id, Command::Resume).await.unwrap_err();
    assert!(matches!(error, CallError::Libvirt { .. }) && !error.is_against_host(), "{error}");
}

#[tokio::test]
async fn what_others_do_is_heard() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.host("kvm-1").unwrap();
    let (session, mut heard) = connect(&host(machine.uri())).await;
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    let id = InstanceId(guest.uuid());
    guest.start().unwrap();
    until(&mut heard, id, Lifecycle::Started).await;
    machine.virsh(&["destroy", "web-1"]).unwrap();
    let events = until(&mut heard, id, Lifecycle::Stopped(StoppedWhy::Destroyed)).await;
    assert!(events.contains(&Lifecycle::Shutdown(ShutdownBy::Host)), "{events:?}");
    assert_eq!(condition(&*session, id).await, Condition::ShutoffDestroyed);
    guest.start().unwrap();
    guest.kill().unwrap();
    until(&mut heard, id, Lifecycle::Stopped(StoppedWhy::Failed)).await;
    assert_eq!(condition(&*session, id).await, Condition::ShutoffCrashed);
    guest.start().unwrap();
    guest.term().unwrap();
    let events = until(&mut heard, id, Lifecycle::Stopped(StoppedWhy::Shutdown)).await;
    assert!(events.contains(&Lifecycle::Shutdown(ShutdownBy::Host)), "{events:?}");
    machine.virsh(&["undefine", "web-1"]).unwrap();
    until(&mut heard, id, Lifecycle::Undefined).await;
    assert_eq!(condition(&*session, id).await, Condition::Missing);
    let error = session.act(id, Command::Start).await.unwrap_err();
    assert!(matches!(error, CallError::NoDomain { .. }), "{error}");
}

#[tokio::test]
async fn a_definition_is_read_without_secrets_and_corrected_with_them() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.host("kvm-1").unwrap();
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    let id = InstanceId(guest.uuid());
    // With a password, and a hypervisor that acts by itself.
    let xml = std::fs::read_to_string(guest.xml()).unwrap();
    let graphics = "<graphics type='vnc' port='-1' passwd='s3cret'/></devices>";
    let xml = xml.replace("</devices>", graphics);
    let on_crash = "<on_crash>coredump-restart</on_crash>";
    let xml = xml.replace("<on_crash>destroy</on_crash>", on_crash);
    assert!(xml.contains(graphics) && xml.contains(on_crash), "{xml}");
    std::fs::write(guest.xml(), xml).unwrap();
    guest.define().unwrap();
    machine.virsh(&["autostart", "web-1"]).unwrap();

    let (session, mut heard) = connect(&host(machine.uri())).await;
    let found = session.definition(id).await.unwrap();
    assert!(found.xml.contains("web-1") && !found.xml.contains("s3cret"), "{}", found.xml);
    assert!(found.persistent && found.autostart);
    assert_eq!(found.on_crash, OnCrash::CoredumpRestart);
    assert_eq!(found, session.definition(id).await.unwrap(), "it stays the same");

    // Off and running: what is corrected is nothing else.
    for running in [false, true] {
        if running {
            machine.virsh(&["autostart", "web-1"]).unwrap();
            guest.define().unwrap();
            guest.start().unwrap();
        }
        let before = session.definition(id).await.unwrap();
        for correction in [Correction::Autostart, Correction::OnCrash] {
            assert_eq!(session.correct(id, correction).await, Ok(()), "{correction}");
            assert_eq!(session.correct(id, correction).await, Ok(()), "{correction} again");
        }
        let after = session.definition(id).await.unwrap();
        assert!(!after.autostart && after.on_crash == OnCrash::Destroy);
        assert_eq!(before.xml.replace("coredump-restart", "destroy"), *after.xml);
        let all = machine.virsh(&["dumpxml", "--inactive", "--security-info", "web-1"]).unwrap();
        assert!(all.contains("s3cret"), "no secret is lost by it: {all}");
        let live = machine.virsh(&["dumpxml", "web-1"]).unwrap();
        assert!(live.contains("<on_crash>destroy"), "{live}");
    }

    // Undefined while it runs, it is transient, and can be read still.
    while heard.try_recv().is_ok() {}
    machine.virsh(&["undefine", "web-1"]).unwrap();
    until(&mut heard, id, Lifecycle::Undefined).await;
    let transient = session.definition(id).await.unwrap();
    assert!(!transient.persistent && !transient.autostart);
    assert_eq!(session.define(id, transient.xml.clone()).await, Ok(Acted::AlreadyThere));
    assert!(!session.definition(id).await.unwrap().persistent, "it was left as it is");
    guest.kill().unwrap();
    until(&mut heard, id, Lifecycle::Stopped(StoppedWhy::Failed)).await;
    let error = session.definition(id).await.unwrap_err();
    assert!(matches!(error, CallError::NoDomain { .. }) && !error.is_against_host(), "{error}");

    // Defined again, from what a transient one was.
    assert_eq!(session.define(id, transient.xml.clone()).await, Ok(Acted::Done));
    until(&mut heard, id, Lifecycle::Defined).await;
    assert_eq!(condition(&*session, id).await, Condition::ShutoffUnknown);
    assert!(session.definition(id).await.unwrap().persistent);
    assert_eq!(session.act(id, Command::Start).await, Ok(Acted::Done));
    assert_eq!(guest.starts().unwrap(), 2);
}

#[tokio::test]
async fn a_definition_that_libvirt_refuses_is_refused_in_its_words() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.host("kvm-1").unwrap();
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    let id = InstanceId(guest.uuid());
    let (session, _heard) = connect(&host(machine.uri())).await;
    let kept = session.definition(id).await.unwrap();
    machine.virsh(&["undefine", "web-1"]).unwrap();
    // Somebody else has the name by now.
    machine.guest(GuestSpec::new("web-1", GuestKind::Button)).unwrap();
    let error = session.define(id, kept.xml.clone()).await.unwrap_err();
    assert!(matches!(error, CallError::Libvirt { .. }) && !error.is_against_host(), "{error}");
    assert!(error.to_string().contains("already exists"), "{error}");
    let error = session.define(id, "no xml".into()).await.unwrap_err();
    assert!(matches!(error, CallError::Libvirt { .. }), "{error}");
    let error = session.correct(id, Correction::Autostart).await.unwrap_err();
    assert!(matches!(error, CallError::NoDomain { .. }), "{error}");
}

#[tokio::test]
async fn a_thousand_domains_read_the_same_in_one_call_and_one_by_one() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.test_host("many", 1000).unwrap();
    machine.virsh(&["suspend", "vm-00007"]).unwrap();
    machine.virsh(&["destroy", "vm-00008"]).unwrap();
    let (session, mut heard) = connect(&host(machine.uri())).await;
    let all = session.all_states().await.unwrap();
    assert_eq!(all.len(), 1001, "the node has a domain of its own");
    let mut ids: Vec<_> = all.iter().map(|&(id, _)| id).collect();
    assert_eq!(session.states_of(ids.clone()).await.unwrap(), all);
    let listed = session.list().await.unwrap();
    assert!(listed.iter().map(|l| (l.id, l.condition)).eq(all.iter().copied()));
    for domain in machine.domains() {
        let found = listed.iter().find(|l| l.id.0 == domain.uuid).unwrap();
        assert_eq!(found.name, domain.name);
        let state = match domain.name.as_str() {
            "vm-00007" => State::Paused,
            "vm-00008" => State::Shutoff,
            _ => State::Running,
        };
        assert_eq!(found.condition.state(), state);
    }
    // Held handles of what is gone, and of what never was.
    let gone = InstanceId(machine.domains()[8].uuid);
    machine.virsh(&["undefine", "vm-00008"]).unwrap();
    until(&mut heard, gone, Lifecycle::Undefined).await;
    ids = vec![gone, InstanceId(uuid::Uuid::new_v4()), InstanceId(machine.domains()[9].uuid)];
    let read: Vec<_> =
        session.states_of(ids).await.unwrap().iter().map(|(_, c)| c.state()).collect();
    assert_eq!(read, [State::Missing, State::Missing, State::Running]);

    let many = machine.domains()[100..200].iter().map(|domain| InstanceId(domain.uuid));
    for id in many.clone() {
        assert_eq!(session.act(id, Command::Destroy).await, Ok(Acted::Done));
        assert_eq!(session.act(id, Command::Destroy).await, Ok(Acted::AlreadyThere));
    }
    for id in many {
        assert_eq!(session.act(id, Command::Start).await, Ok(Acted::Done));
        assert_eq!(session.act(id, Command::Start).await, Ok(Acted::AlreadyThere));
        until(&mut heard, id, Lifecycle::Started).await;
    }
}

#[tokio::test]
async fn a_hung_daemon_costs_its_deadline_and_gives_its_threads_back() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.test_host("hung", 3).unwrap();
    let host = hasty(machine.uri());
    let (session, _heard) = connect(&host).await;
    let ids: Vec<_> = machine.domains().iter().map(|domain| InstanceId(domain.uuid)).collect();
    assert_eq!(session.states_of(ids.clone()).await.unwrap().len(), 3);
    machine.host().hang_daemon().unwrap();

    let began = Instant::now();
    for error in [
        session.all_states().await.unwrap_err(),
        session.states_of(ids.clone()).await.unwrap_err(),
        session.list().await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, CallError::Timeout { .. }) && error.is_against_host(), "{error}");
    }
    let error = session.act(ids[0], Command::Pause).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }) && error.is_open_ended(), "{error}");
    assert!(began.elapsed() < 5 * SECOND, "{:?}", began.elapsed());

    // What waits on is bounded, and an action that has not returned is not sent again.
    let error = session.act(ids[0], Command::Pause).await.unwrap_err();
    assert!(matches!(error, CallError::Busy { .. }), "{error}");
    for id in [ids[1], ids[2]] {
        // It needs a connection of its own, which is not to be had: so it was not sent.
        let error = session.act(id, Command::Pause).await.unwrap_err();
        assert!(error.is_against_host() && !matches!(error, CallError::Stuck { .. }), "{error}");
    }
    for _ in 0..4 {
        let (signals, _) = unbounded_channel();
        let error = host.connect(signals).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, CallError::Stuck { .. }), "{error}");
    }
    assert_eq!(host.threads(), 1 + 1 + 2, "in a read, an action, and opening connections");

    machine.host().unhang_daemon().unwrap();
    eventually(|| host.threads() == 0, "all threads are given back").await;
    let (fresh, _heard) = connect(&host).await;
    assert_eq!(condition(&*fresh, ids[0]).await, Condition::PausedUser, "done late");
    assert_eq!(fresh.act(ids[0], Command::Resume).await, Ok(Acted::Done));
}

#[tokio::test]
async fn a_daemon_that_dies_closes_its_sessions_and_is_found_again() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.host("kvm-1").unwrap();
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    guest.start().unwrap();
    let id = InstanceId(guest.uuid());
    let host = hasty(machine.uri());
    let (session, mut heard) = connect(&host).await;
    assert_eq!(condition(&*session, id).await, Condition::RunningBooted);
    machine.kill_daemon().unwrap();
    assert_eq!(timeout(PATIENCE, heard.recv()).await, Ok(Some(Signal::Closed)));
    let error = session.states_of(vec![id]).await.unwrap_err();
    assert!(matches!(error, CallError::Closed { .. }) && error.is_against_host(), "{error}");
    assert!(matches!(session.act(id, Command::Pause).await, Err(CallError::Closed { .. })));
    drop(session);
    assert_eq!(heard.recv().await, None, "closed once, and everything of it is freed");
    let (signals, _) = unbounded_channel();
    let error = host.connect(signals).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
    guest.kill().unwrap();
    machine.start_daemon().unwrap();
    let (session, _heard) = connect(&host).await;
    assert_eq!(condition(&*session, id).await, Condition::ShutoffCrashed);
}

#[tokio::test]
async fn actions_that_begin_at_once_get_a_connection_each() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.test_host("many", 12).unwrap();
    let host = LibvirtHost::new(LibvirtSettings { max_actions: 12, ..settings(machine.uri()) });
    let (session, _heard) = connect(&host).await;
    let ids = machine.domains().iter().map(|domain| InstanceId(domain.uuid));
    let done = join_all(ids.map(|id| session.act(id, Command::Pause))).await;
    assert_eq!(done, vec![Ok(Acted::Done); 12]);
}

#[tokio::test]
async fn a_session_that_is_dropped_frees_everything_and_tells_nothing() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.test_host("dropped", 3).unwrap();
    let host = host(machine.uri());
    let clients = || {
        let socket = machine.host().socket();
        let list = std::process::Command::new("ss").args(["-x", "src"]).arg(socket).output();
        String::from_utf8(list.unwrap().stdout).unwrap().lines().count().saturating_sub(1)
    };
    let before = clients();
    for _ in 0..20 {
        let (session, mut heard) = connect(&host).await;
        session.all_states().await.unwrap();
        assert_eq!(clients(), before + 2, "one for reads, one for the next action");
        for command in [Command::Pause, Command::Resume] {
            let act = async |id| assert_eq!(session.act(id, command).await, Ok(Acted::Done));
            let ids = machine.domains().iter().map(|domain| InstanceId(domain.uuid));
            join_all(ids.map(act)).await;
            let open = clients() - before;
            assert!((2..=4).contains(&open), "one for each action at once: {open}");
        }
        drop(session);
        // The channel ends when libvirt has freed the last of its callbacks.
        let the_end = async {
            while let Some(signal) = heard.recv().await {
                assert_ne!(signal, Signal::Closed, "its end is our doing, and not told");
            }
        };
        assert_eq!(timeout(PATIENCE, the_end).await, Ok(()));
        eventually(|| clients() == before, "every connection is closed").await;
    }
}

#[tokio::test]
async fn an_error_names_the_host_and_tells_no_password() {
    if assured_lab::is_left_out() {
        return;
    }
    let host = host("qemu+unix://anna:s3cret@/system?socket=/nowhere/sock".to_owned());
    let (signals, _) = unbounded_channel();
    let error = host.connect(signals).await.map(|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("kvm-1") && text.contains("/nowhere/sock"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
