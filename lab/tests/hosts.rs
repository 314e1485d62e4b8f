//! Faults of a whole host: of its daemon, of its power.

// What is timed here is another process.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod common;

use assured_lab::{GuestKind, Lab, LabError, leftovers_of};
use common::{SOON, one_host, running};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

#[test]
fn guests_outlive_their_daemon_and_are_found_again() {
    let (_lab, host) = one_host();
    let guest = running(&host, "web-1", GuestKind::Idle);
    let qemu = guest.qemu_pid().unwrap();
    host.kill_daemon().unwrap();
    assert_eq!(
        UnixStream::connect(host.socket()).unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    assert_eq!(guest.qemu_pid().unwrap(), qemu);
    host.start_daemon().unwrap();
    guest.wait_for("running/booted", SOON).unwrap();
    host.restart_daemon().unwrap();
    guest.wait_for("running/booted", SOON).unwrap();
    assert_eq!((guest.qemu_pid().unwrap(), guest.starts().unwrap()), (qemu, 1));
}

#[test]
fn a_daemon_that_restarts_forgets_why_a_guest_is_off() {
    let (_lab, host) = one_host();
    let stopped = running(&host, "web-1", GuestKind::Idle);
    let killed = running(&host, "web-2", GuestKind::Idle);
    host.virsh(&["destroy", "web-1"]).unwrap();
    host.kill_daemon().unwrap();
    killed.kill().unwrap();
    host.start_daemon().unwrap();
    stopped.wait_for("shutoff/unknown", SOON).unwrap();
    killed.wait_for("shutoff/crashed", SOON).unwrap();
}

#[test]
fn a_hanging_daemon_answers_nobody_until_it_goes_on() {
    let (_lab, host) = one_host();
    host.hang_daemon().unwrap();
    let answer = host.virsh_within(&["list"], Duration::from_millis(500));
    assert!(matches!(answer, Err(LabError::TimedOut { .. })));
    host.unhang_daemon().unwrap();
    host.virsh(&["list"]).unwrap();
}

#[test]
fn a_reboot_ends_all_guests_and_says_not_why() {
    let (_lab, host) = one_host();
    let guest = running(&host, "web-1", GuestKind::Idle);
    host.power_off().unwrap();
    assert!(matches!(guest.state(), Err(LabError::Failed { .. })));
    assert!(matches!(host.kill_daemon(), Err(LabError::PoweredOff { .. })));
    host.power_on().unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/unknown");
    guest.start().unwrap();
}

#[test]
fn ending_a_guest_does_not_wait_for_somebody_to_reap_it() {
    let (_lab, host) = one_host();
    running(&host, "web-1", GuestKind::Idle);
    let started = Instant::now();
    host.virsh(&["destroy", "web-1"]).unwrap();
    // It takes 0.2 s, and 1.6 s with a QEMU that stays a zombie.
    assert!(started.elapsed() < Duration::from_millis(1200), "{:?}", started.elapsed());
}

#[test]
fn a_lab_that_ends_leaves_nothing_whatever_its_guests_do() {
    let (lab, host) = one_host();
    running(&host, "web-1", GuestKind::Idle);
    running(&host, "web-2", GuestKind::Idle).hang().unwrap();
    host.hang_daemon().unwrap();
    let id = lab.id().clone();
    // The folder, the keeper, unshare, process 1, the daemon, and two guests.
    assert!(leftovers_of(&id).unwrap().len() >= 7);
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
    assert!(matches!(host.kill_daemon(), Err(LabError::PoweredOff { .. })));
}

#[test]
fn a_panic_takes_the_lab_down_too() {
    let id = std::sync::Mutex::new(None);
    let panicked = std::panic::catch_unwind(|| {
        let (lab, _host) = one_host();
        *id.lock().unwrap() = Some(lab.id().clone());
        std::panic::resume_unwind(Box::new("a test fails"));
    });
    assert!(panicked.is_err());
    let id = id.into_inner().unwrap().unwrap();
    assert_eq!(leftovers_of(&id).unwrap(), []);
}

#[test]
fn names_that_cannot_be_hosts_are_refused() {
    let (lab, _host) = one_host();
    assert!(matches!(lab.host("kvm-1"), Err(LabError::HostExists { .. })));
    for name in ["", "../etc", "1st", "a b", "a/b"] {
        assert!(matches!(lab.host(name), Err(LabError::BadName { .. })), "{name}");
    }
    let labs = (Lab::new().unwrap(), Lab::new().unwrap());
    assert_ne!(labs.0.folder(), labs.1.folder());
}
