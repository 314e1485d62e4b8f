//! The ways to a host on the network: each lets in who is meant to get in, and nobody else.

#![allow(clippy::unwrap_used)]

use assured_lab::{Access, Host, Lab, Leftover, USER, leftovers_of};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

/// What `virsh list` at this URI says, or why it does not.
fn list(uri: &str) -> Result<String, String> {
    let command =
        Command::new("timeout").args(["20", "virsh", "-q", "-c", uri, "list", "--all"]).output();
    let output = command.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The host's URI with a file that says this password.
fn with_password(host: &Host, password: &str) -> String {
    let path = host.folder().join("auth.conf");
    let text = format!(
        "[credentials-lab]\nauthname={USER}\npassword={password}\n[auth-libvirt-default]\ncredentials=lab\n"
    );
    std::fs::write(&path, text).unwrap();
    let uri = host.uri();
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}authfile={}", path.display())
}

#[test]
fn a_password_is_asked_for_and_checked() {
    let lab = Lab::new().unwrap();
    for (name, access) in [("by-tcp", Access::TcpSasl), ("by-tls", Access::TlsSasl)] {
        let host = lab.network_host_by(name, access).unwrap();
        list(&with_password(&host, host.password())).unwrap();
        let refused = list(&with_password(&host, "another")).unwrap_err();
        assert!(refused.contains("authentication failed"), "{name}: {refused}");
    }
}

#[test]
fn certificates_of_the_host_s_own_maker_are_asked_for() {
    let lab = Lab::new().unwrap();
    let host = lab.network_host_by("kvm-1", Access::Tls).unwrap();
    let other = lab.network_host_by("kvm-2", Access::Tls).unwrap();
    list(&host.uri()).unwrap();
    let folder = |host: &Host| host.client_folder().display().to_string();
    let refused = list(&host.uri().replace(&folder(&host), &folder(&other))).unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
}

#[test]
fn ssh_lets_in_by_key_and_is_there_again_after_a_power_cut() {
    let lab = Lab::new().unwrap();
    let host = lab.network_host_by("kvm-1", Access::Ssh).unwrap();
    list(&host.uri()).unwrap();
    host.reboot().unwrap();
    list(&host.uri()).unwrap();
    std::fs::remove_file(host.client_folder().join("known_hosts")).unwrap();
    let refused = list(&host.uri()).unwrap_err();
    assert!(refused.contains("Host key verification failed"), "{refused}");
    let id = lab.id().clone();
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
}

#[test]
fn a_client_s_ssh_ends_with_the_lab_though_the_host_cannot_be_told() {
    let lab = Lab::new().unwrap();
    let host = lab.network_host_by("kvm-1", Access::Ssh).unwrap();
    let mut client = Command::new("virsh")
        .args(["-c", &host.uri()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut say = client.stdin.take().unwrap();
    say.write_all(b"uri\n").unwrap();
    let mut answers = BufReader::new(client.stdout.take().unwrap()).lines();
    assert!(answers.any(|line| line.unwrap() == host.uri()), "it is connected");
    let id = lab.id().clone();
    let is_ssh =
        |thing: &Leftover| matches!(thing, Leftover::Process { name, .. } if name == "ssh");
    assert_eq!(leftovers_of(&id).unwrap().iter().filter(|thing| is_ssh(thing)).count(), 1);
    host.link_down().unwrap();
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
    drop(say);
    client.wait().unwrap();
}
