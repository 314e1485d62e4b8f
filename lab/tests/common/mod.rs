//! What the lab's own tests share.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use assured_lab::{Guest, GuestKind, GuestSpec, Host, Lab, LabId, leftovers_of, wait_until};
use std::time::Duration;

/// Bound of a wait for what takes well under a second on an idle machine.
pub const SOON: Duration = Duration::from_secs(20);

/// A lab with one host.
pub fn one_host() -> (Lab, Host) {
    let lab = Lab::new().unwrap();
    let host = lab.host("kvm-1").unwrap();
    (lab, host)
}

/// A guest that runs.
pub fn running(host: &Host, name: &str, kind: GuestKind) -> Guest {
    let guest = host.guest(GuestSpec::new(name, kind)).unwrap();
    guest.start().unwrap();
    guest
}

/// Asserts that a lab whose process was killed from outside takes itself down.
pub fn assert_gone(lab: &LabId) {
    let mut left = Vec::new();
    let gone = wait_until(SOON, "the lab to be gone", || {
        left = leftovers_of(lab).unwrap();
        left.is_empty()
    });
    assert!(gone.is_ok(), "left behind: {left:#?}");
}
