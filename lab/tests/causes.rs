//! What happens to a guest, and what libvirt then says of it: the table that the service's policy is built on.

#![allow(clippy::unwrap_used)]

mod common;

use assured_lab::{GuestKind, GuestSpec, LabError, OnCrash};
use common::{SOON, one_host, running};
use std::time::Duration;

#[test]
fn a_guest_starts_and_its_starts_are_counted() {
    let (_lab, host) = one_host();
    let guest = host.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/unknown");
    assert_eq!(guest.starts().unwrap(), 0);
    guest.start().unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "running/booted");
    assert_eq!(guest.starts().unwrap(), 1);

    host.virsh(&["destroy", "web-1"]).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/destroyed");
    guest.start().unwrap();
    host.restart_daemon().unwrap();
    host.reboot().unwrap();
    assert_eq!(
        guest.starts().unwrap(),
        2,
        "neither a restarted daemon nor a reboot starts guests or forgets starts"
    );
    guest.start().unwrap();
    assert_eq!(guest.starts().unwrap(), 3);
}

#[test]
fn a_qemu_that_is_killed_has_crashed_and_one_that_is_asked_has_shut_down() {
    let (_lab, host) = one_host();
    let guest = running(&host, "web-1", GuestKind::Idle);
    guest.kill().unwrap();
    guest.wait_for("shutoff/crashed", SOON).unwrap();
    guest.start().unwrap();
    guest.term().unwrap();
    guest.wait_for("shutoff/shutdown", SOON).unwrap();
    assert!(matches!(guest.kill(), Err(LabError::NotRunning { .. })));
}

#[test]
fn guests_end_as_they_were_made_to() {
    let (_lab, host) = one_host();
    let panic = |on_crash| GuestKind::Panic { ticks: 2, on_crash };
    let off = running(&host, "off", GuestKind::Poweroff { ticks: 2 });
    let crash = running(&host, "crash", panic(OnCrash::Destroy));
    let keep = running(&host, "keep", panic(OnCrash::Preserve));
    let again = running(&host, "again", panic(OnCrash::Restart));
    off.wait_for("shutoff/shutdown", SOON).unwrap();
    crash.wait_for("shutoff/crashed", SOON).unwrap();
    keep.wait_for("crashed/panicked", SOON).unwrap();
    again.wait_for("running/crashed", SOON).unwrap();
    assert!(keep.start().is_err(), "a preserved guest is still active");
}

#[test]
fn only_a_guest_that_listens_is_shut_down_by_its_power_button() {
    let (_lab, host) = one_host();
    let button = running(&host, "button", GuestKind::Button);
    let idle = running(&host, "idle", GuestKind::Idle);
    for guest in [&button, &idle] {
        guest.wait_until_booted(SOON).unwrap();
        host.virsh(&["shutdown", guest.name()]).unwrap();
    }
    button.wait_for("shutoff/shutdown", SOON).unwrap();
    assert_eq!(idle.state().unwrap().to_string(), "running/booted");
}

#[test]
fn what_operators_do_shows_in_the_reason() {
    let (_lab, host) = one_host();
    let guest = running(&host, "web-1", GuestKind::Idle);
    host.virsh(&["suspend", "web-1"]).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "paused/user");
    host.virsh(&["resume", "web-1"]).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "running/unpaused");
    host.virsh(&["managedsave", "web-1"]).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/saved");
    host.virsh(&["undefine", "--managed-save", "web-1"]).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "missing");
    guest.define().unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/unknown");
}

#[test]
fn a_transient_guest_is_there_only_while_it_runs() {
    let (_lab, host) = one_host();
    let guest = host.guest(GuestSpec::new("batch-1", GuestKind::Idle).transient()).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "missing");
    guest.start().unwrap();
    guest.kill().unwrap();
    guest.wait_for("missing", SOON).unwrap();
}

#[test]
fn a_locked_image_makes_a_start_fail_and_an_unlocked_one_does_not() {
    let (_lab, host) = one_host();
    let guest = host.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    let lock = guest.lock_image().unwrap();
    assert!(guest.start().unwrap_err().to_string().contains("lock"));
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/failed");
    drop(lock);
    guest.start().unwrap();
    assert!(matches!(guest.lock_image(), Err(LabError::ImageBusy { .. })));
    assert_eq!(guest.starts().unwrap(), 2, "the start that failed had a QEMU too");
}

#[test]
fn two_hosts_cannot_run_one_image_at_once() {
    let (lab, host) = one_host();
    let other = lab.host("kvm-2").unwrap();
    let guest = running(&host, "web-1", GuestKind::Idle);
    let twin = guest.also_on(&other).unwrap();
    assert!(twin.start().is_err());
    guest.kill().unwrap();
    twin.start().unwrap();
    assert_eq!(twin.state().unwrap().to_string(), "running/booted");
}

#[test]
fn slow_starts_are_slow_until_they_are_not() {
    let (_lab, host) = one_host();
    let guest = host.guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    host.slow_starts(Duration::from_secs(60)).unwrap();
    let start = host.virsh_within(&["start", "web-1"], Duration::from_millis(1500));
    assert!(matches!(start, Err(LabError::TimedOut { .. })));
    host.slow_starts(Duration::ZERO).unwrap();
    host.reboot().unwrap();
    guest.start().unwrap();
}
