//! How long the lab takes on this machine: `cargo run --release -p assured-lab --example timings`.

#![allow(clippy::disallowed_methods)]

use assured_lab::{GuestKind, GuestSpec, Lab, Result};
use std::time::Instant;

fn main() -> Result<()> {
    let lab = timed("lab", Lab::new)?;
    let host = timed("first host (probes QEMU if no lab has since boot)", || lab.host("kvm-1"))?;
    timed("second host", || lab.host("kvm-2"))?;
    timed("first host with an address", || lab.network_host("kvm-3"))?;
    timed("second host with an address", || lab.network_host("kvm-4"))?;
    let guest = timed("guest defined", || host.guest(GuestSpec::new("web-1", GuestKind::Idle)))?;
    for _ in 0..3 {
        timed("guest start", || guest.start())?;
        timed("guest state", || guest.state())?;
        timed("guest destroy", || host.virsh(&["destroy", "web-1"]))?;
    }
    timed("daemon restart", || host.restart_daemon())?;
    timed("reboot", || host.reboot())?;
    let fake = timed("test host with 10,000 domains", || lab.test_host("fake-1", 10_000))?;
    timed("end of it all", || {
        drop((lab, fake));
        Ok(())
    })
}

fn timed<T>(what: &str, act: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let result = act()?;
    println!("{:>7.1} ms  {what}", started.elapsed().as_secs_f64() * 1e3);
    Ok(result)
}
