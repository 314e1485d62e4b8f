//! The whole way round, by each transport: connect, list, look, hear, act, lose the host, find it
//! again.

use assured::hypervisor::{Acted, CallError, Lifecycle, Signal, StoppedWhy};
use assured::model::{Command, Condition, InstanceId};
use assured_lab::{Access, GuestKind, GuestSpec, Lab};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

use super::{DEADLINE, PATIENCE, SECOND, connect, eventually, is_gone, reach, ssh_children};

/// Keepalive's verdict: a ping after 5 s without a word, two more, and 5 s for the last answer; some
/// seconds more for a busy machine.
const VERDICT: std::time::Duration = std::time::Duration::from_secs(27);

#[tokio::test]
async fn by_tcp() {
    round(Access::Tcp).await;
}

#[tokio::test]
async fn by_tcp_with_a_password() {
    round(Access::TcpSasl).await;
}

#[tokio::test]
async fn by_tls() {
    round(Access::Tls).await;
}

#[tokio::test]
async fn by_tls_with_a_password() {
    round(Access::TlsSasl).await;
}

#[tokio::test]
async fn by_ssh() {
    round(Access::Ssh).await;
}

async fn round(access: Access) {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.network_host_by("kvm-1", access).unwrap();
    let guest = machine.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    let id = InstanceId(guest.uuid());
    let host = reach(&machine);

    let (session, mut heard) = connect(&host).await;
    let listed = session.list().await.unwrap();
    assert_eq!(listed.iter().map(|l| (l.id, l.name.as_str())).collect::<Vec<_>>(), [(id, "web-1")]);
    assert_eq!(session.act(id, Command::Start).await, Ok(Acted::Done));
    until(&mut heard, Signal::Lifecycle { id, event: Lifecycle::Started }).await;
    let running = [(id, Condition::RunningBooted)];
    assert_eq!(session.states_of(vec![id]).await.unwrap(), running);
    assert_eq!(session.all_states().await.unwrap(), running);
    assert_eq!(guest.starts().unwrap(), 1);
    let tunnels = ssh_children(&machine);
    assert_eq!(tunnels.len(), if access == Access::Ssh { 2 } else { 0 }, "one for a connection");
    for pid in &tunnels {
        let words = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(words.contains("BatchMode=yes"), "it may ask somebody: {words}");
    }

    machine.link_down().unwrap();
    let cut = Instant::now();
    let error = session.all_states().await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }) && error.is_against_host(), "{error}");
    assert!(cut.elapsed() < DEADLINE + 2 * SECOND, "{:?}", cut.elapsed());
    assert_eq!(host.threads(), 1, "the one that the call is in");
    until(&mut heard, Signal::Closed).await;
    let closed_after = cut.elapsed();
    assert!(closed_after < VERDICT, "{closed_after:?}");
    eventually(|| host.threads() == 0, "all threads are given back").await;
    assert!(matches!(session.list().await, Err(CallError::Closed { .. })));
    drop(session);
    eventually(|| tunnels.iter().all(|&pid| is_gone(pid)), "no ssh is left over").await;
    println!("{access:?}: closed {closed_after:.1?} after the link went down");

    machine.link_up().unwrap();
    let (session, mut heard) = connect(&host).await;
    assert_eq!(session.list().await.unwrap()[0].condition, Condition::RunningBooted);
    machine.virsh(&["destroy", "web-1"]).unwrap();
    let event = Lifecycle::Stopped(StoppedWhy::Destroyed);
    until(&mut heard, Signal::Lifecycle { id, event }).await;
    assert_eq!(guest.starts().unwrap(), 1);
    let tunnels = ssh_children(&machine);
    drop(session);
    eventually(|| tunnels.iter().all(|&pid| is_gone(pid)), "no ssh is left over").await;
    eventually(|| host.threads() == 0, "all threads are given back").await;
}

async fn until(heard: &mut UnboundedReceiver<Signal>, wanted: Signal) {
    let found = async { while heard.recv().await.expect("a signal") != wanted {} };
    timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {wanted:?}"));
}
