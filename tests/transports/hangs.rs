//! A host that hangs while a session is being opened, or whose session is dropped while it is out of
//! reach.

use assured::hypervisor::CallError;
use assured::hypervisor::libvirt::CONNECT_THREADS;
use assured_lab::{Access, Lab};
use tokio::time::{Instant, timeout};

use super::{
    DEADLINE, PATIENCE, SECOND, connect, eventually, is_gone, reach, refused, ssh_children,
};

#[tokio::test]
async fn a_daemon_that_hangs_holds_few_threads_and_gives_them_back() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    for (name, access) in
        [("by-tcp", Access::TcpSasl), ("by-tls", Access::Tls), ("by-ssh", Access::Ssh)]
    {
        let machine = lab.network_host_by(name, access).unwrap();
        let host = reach(&machine);
        let (session, mut heard) = connect(&host).await;
        drop(session);
        // The channel ends when libvirt has freed the last of its callbacks.
        let freed = async { while heard.recv().await.is_some() {} };
        assert_eq!(timeout(PATIENCE, freed).await, Ok(()));
        eventually(|| ssh_children(&machine).is_empty(), "no ssh is left over").await;
        machine.hang_daemon().unwrap();
        for _ in 0..CONNECT_THREADS {
            let began = Instant::now();
            let error = refused(&host).await;
            assert!(matches!(error, CallError::Timeout { .. }), "{access:?}: {error}");
            assert!(began.elapsed() < DEADLINE + 2 * SECOND, "{:?}", began.elapsed());
        }
        for _ in 0..5 {
            let error = refused(&host).await;
            assert!(matches!(error, CallError::Stuck { .. }), "{access:?}: {error}");
        }
        assert_eq!(host.threads(), CONNECT_THREADS);
        let tunnels = ssh_children(&machine);
        assert_eq!(tunnels.len(), if access == Access::Ssh { CONNECT_THREADS } else { 0 });

        machine.unhang_daemon().unwrap();
        eventually(|| host.threads() == 0, "all threads are given back").await;
        eventually(|| tunnels.iter().all(|&pid| is_gone(pid)), "no ssh is left over").await;
        connect(&host).await;
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_found_when_it_is() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    for (name, access) in [("by-tcp", Access::Tcp), ("by-ssh", Access::Ssh)] {
        let machine = lab.network_host_by(name, access).unwrap();
        let host = reach(&machine);
        machine.link_down().unwrap();
        let began = Instant::now();
        let error = refused(&host).await;
        assert!(error.is_against_host(), "{access:?}: {error}");
        assert!(began.elapsed() < DEADLINE + 2 * SECOND, "{:?}", began.elapsed());
        machine.link_up().unwrap();
        connect(&host).await;
        eventually(|| host.threads() == 0, "all threads are given back").await;
        eventually(|| ssh_children(&machine).is_empty(), "no ssh is left over").await;
    }
}

#[tokio::test]
async fn a_session_that_is_dropped_while_its_host_is_gone_leaves_nothing() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    for (name, access) in [("by-tls", Access::Tls), ("by-ssh", Access::Ssh)] {
        let machine = lab.network_host_by(name, access).unwrap();
        let host = reach(&machine);
        let (session, mut heard) = connect(&host).await;
        let tunnels = ssh_children(&machine);
        assert_eq!(tunnels.is_empty(), access != Access::Ssh);
        machine.link_down().unwrap();
        let began = Instant::now();
        drop(session);
        assert!(began.elapsed() < SECOND, "dropping it does not wait for the host");
        // The channel ends when libvirt has freed the last of its callbacks.
        let freed = async { while heard.recv().await.is_some() {} };
        assert_eq!(timeout(PATIENCE, freed).await, Ok(()));
        eventually(|| tunnels.iter().all(|&pid| is_gone(pid)), "no ssh is left over").await;
        println!("{access:?}: everything of it was gone after {:.1?}", began.elapsed());
        assert_eq!(host.threads(), 0);
    }
}
