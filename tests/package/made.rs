//! The package as a file: what Debian's own check says of it, and what it depends on.

use std::process::Command;

use assured_lab::is_left_out;

use crate::deb::this;
use crate::site::run;

#[test]
fn lintian_finds_nothing() {
    if is_left_out() {
        return;
    }
    let lintian = ["--fail-on", "error,warning", "--allow-root"];
    run(Command::new("lintian").args(lintian).arg(this())).done();
}

#[test]
fn it_depends_on_what_the_program_is_linked_with_and_on_what_makes_its_user() {
    if is_left_out() {
        return;
    }
    let mut fields = Command::new("dpkg-deb");
    fields.arg("--field").arg(this()).args(["Depends", "Version"]);
    let text = run(&mut fields).done();
    for part in ["libc6 (>=", "libvirt0 (>=", "systemd-sysusers", env!("CARGO_PKG_VERSION")] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

/// Debian's change log names the version a second time.
#[test]
fn the_change_log_of_the_package_is_that_of_this_version() {
    let log = include_str!("../../deploy/debian/changelog");
    assert!(log.starts_with(concat!("assured (", env!("CARGO_PKG_VERSION"), "-1) ")), "{log}");
}
