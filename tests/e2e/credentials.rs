//! Hosts that ask for a password: it is used, and shown nowhere.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use assured_lab::{Access, GuestKind, GuestSpec, Host, Lab, USER, leftovers_of};

use crate::rig::SOON;
use crate::site::Site;

/// What stands in the file of the host that does not let the service in.
const WRONG: &str = "not-the-Word";

#[test]
fn a_password_lets_the_service_in_and_is_shown_nowhere() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let hosts = [
        lab.network_host_by("kvm-1", Access::TlsSasl).unwrap(),
        lab.network_host_by("kvm-2", Access::TcpSasl).unwrap(),
    ];
    let file = |host: &Host| host.folder().join("assured.auth");
    for (host, password) in hosts.iter().zip([hosts[0].password(), WRONG]) {
        write(file(host), password);
    }
    let site = Site::saying(&hosts, |host| format!("credentials = {:?}", file(host)));
    let log = "[log]\nfilter = \"trace\"\n";
    fs::write(site.config(), fs::read_to_string(site.config()).unwrap() + log).unwrap();

    let guest = hosts[0].guest(GuestSpec::new("web-1", GuestKind::Idle)).unwrap();
    guest.start().unwrap();
    guest.wait_until_booted(SOON).unwrap();
    let service = site.start();
    service.until("one host to be up, and the other unreachable", || {
        let state = |id: &str| service.get(&format!("/api/v1/hosts/{id}"))["state"].clone();
        state("kvm-1") == "up" && state("kvm-2") == "unreachable"
    });
    service.adopt(&[&guest]);
    guest.kill().unwrap();
    service.until_back(&guest, "running/booted", 2);

    let error = service.get("/api/v1/hosts/kvm-2")["error"].to_string();
    for part in ["kvm-2", "authentication failed", "which is named by `credentials`"] {
        assert!(error.contains(part), "{part:?} is not told: {error}");
    }
    // More than fits into a pipe that nobody reads before the end.
    let checked = site.program(&["check", "-o", "json"]).output().unwrap();
    let mut shown = vec![
        String::from_utf8(checked.stdout).unwrap(),
        site.run(&["check"]).done(),
        site.run(&["status"]).done(),
        site.run(&["hosts", "show", "kvm-2"]).done(),
        service.get("/api/v1/hosts").to_string(),
        service.get("/api/v1/events").to_string(),
        service.get("/api/v1/incidents").to_string(),
    ];
    service.kill();
    shown.push(fs::read_to_string(site.log()).unwrap());

    fs::set_permissions(file(&hosts[1]), Permissions::from_mode(0o644)).unwrap();
    for words in [&["check"], &["run"]] {
        let said = site.run(words);
        said.failed_with(78, &["hosts[1].credentials", "chmod 600"]);
        shown.push(said.err);
    }
    for text in shown {
        for secret in [hosts[0].password(), hosts[1].password(), WRONG] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let id = lab.id().clone();
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
}

fn write(path: PathBuf, password: &str) {
    let text = format!(
        "[credentials-kvm]\nauthname={USER}\npassword={password}\n\n[auth-libvirt-default]\ncredentials=kvm\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
}
