//! Hosts with addresses of their own: reached, cut off, migrated between.

#![allow(clippy::unwrap_used)]

mod common;

use assured_lab::{GuestKind, Lab, LabError, leftovers_of, wait_until};
use common::{SOON, one_host, running};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[test]
fn a_host_whose_cable_is_pulled_hangs_its_callers_until_it_is_back() {
    let lab = Lab::new().unwrap();
    let host = lab.network_host("kvm-1").unwrap();
    let address = SocketAddr::from((host.address().unwrap(), 16509));
    let connect = |limit| TcpStream::connect_timeout(&address, limit);
    connect(SOON).unwrap();

    host.link_down().unwrap();
    let error = connect(Duration::from_millis(500)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    host.virsh(&["list"]).unwrap();

    host.link_up().unwrap();
    wait_until(SOON, "the host to be reached again", || {
        connect(Duration::from_millis(500)).is_ok()
    })
    .unwrap();
}

#[test]
fn a_guest_moves_live_between_two_hosts() {
    let lab = Lab::new().unwrap();
    let (one, two) = (lab.network_host("kvm-1").unwrap(), lab.network_host("kvm-2").unwrap());
    let guest = running(&one, "web-1", GuestKind::Idle);
    let moved = one.migrate(&guest, &two).unwrap();
    assert_eq!(guest.state().unwrap().to_string(), "shutoff/migrated");
    assert_eq!(moved.state().unwrap().to_string(), "running/migrated");
    assert_eq!((guest.starts().unwrap(), moved.starts().unwrap()), (1, 1));
    moved.kill().unwrap();
    moved.wait_for("shutoff/crashed", SOON).unwrap();
}

#[test]
fn a_host_keeps_its_address_when_the_power_fails() {
    let lab = Lab::new().unwrap();
    let host = lab.network_host("kvm-1").unwrap();
    let address = SocketAddr::from((host.address().unwrap(), 16509));
    TcpStream::connect_timeout(&address, SOON).unwrap();
    host.power_off().unwrap();
    assert!(TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err());
    host.power_on().unwrap();
    wait_until(SOON, "the host to be reached again", || {
        TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok()
    })
    .unwrap();
}

#[test]
fn labs_do_not_share_networks_and_leave_none_behind() {
    let labs = [Lab::new().unwrap(), Lab::new().unwrap()];
    let hosts = labs.each_ref().map(|lab| lab.network_host("kvm-1").unwrap());
    assert_ne!(hosts[0].address(), hosts[1].address());
    let ids = labs.each_ref().map(|lab| lab.id().clone());
    drop(labs);
    for id in ids {
        assert_eq!(leftovers_of(&id).unwrap(), []);
    }
}

#[test]
fn a_host_without_an_address_has_no_cable() {
    let (_lab, host) = one_host();
    assert!(matches!(host.link_down(), Err(LabError::NotOnTheNetwork { .. })));
}
