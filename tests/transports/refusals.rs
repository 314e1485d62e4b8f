//! Who is not let in is told what to do, and no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use assured::hypervisor::CallError;
use assured::hypervisor::libvirt::LibvirtHost;
use assured_lab::{Access, Host, Lab};

use super::{auth_file, file, reach, refused, settings};

/// What is said of a refusal; it is one, names the host, and says nothing of what it must not.
#[track_caller]
fn said(error: &CallError, secrets: &[&str]) -> String {
    assert!(matches!(error, CallError::Connect { .. }) && error.is_against_host(), "{error:?}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("kvm-1"), "{text}");
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let text = error.to_string();
    println!("{text}");
    text
}

fn with(machine: &Host, credentials: Option<PathBuf>) -> LibvirtHost {
    LibvirtHost::new(settings(machine.uri(), credentials))
}

#[tokio::test]
async fn a_wrong_password() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    for (name, access) in [("by-tcp", Access::TcpSasl), ("by-tls", Access::TlsSasl)] {
        let machine = lab.network_host_by(name, access).unwrap();
        let path = auth_file(&machine, "not-the-Word");
        let error = refused(&with(&machine, Some(path.clone()))).await;
        let text = said(&error, &["not-the-Word", machine.password()]);
        assert!(text.contains("authentication failed"), "{text}");
        assert!(text.contains(&format!("{}, which is named by `credentials`", path.display())));

        // Nobody is asked: a terminal would be, and the call would hang on it.
        let text = said(&refused(&with(&machine, None)).await, &[]);
        assert!(text.contains("name a file that has them by `credentials`"), "{text}");

        // libvirt takes no password from a URI.
        let uri = machine.uri().replace("://", "://anna:s3cret@");
        let text = said(&refused(&LibvirtHost::new(settings(uri, None))).await, &["s3cret"]);
        assert!(text.contains("anna:***@") && text.contains("`credentials`"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_libvirt_cannot_read() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.network_host_by("kvm-1", Access::TcpSasl).unwrap();
    let secrets = ["s3cret", "anna"];
    for text in [
        "[credentials-kvm]\nauthname anna\npassword: s3cret\n",
        "anna:s3cret\n",
        "[credentials-kvm\nauthname=anna\npassword=s3cret\n",
        "[credentials-kvm]\nauthname=anna\npassword='s3cret\n[auth-libvirt-default]\ncredentials=kvm\n",
    ] {
        let path = file(machine.folder(), text);
        let text = said(&refused(&with(&machine, Some(path))).await, &secrets);
        assert!(text.contains("who & what.auth"), "{text}");
    }
    let nowhere = machine.folder().join("nowhere.auth");
    let text = said(&refused(&with(&machine, Some(nowhere))).await, &[]);
    assert!(text.contains("cannot read what") && text.contains("nowhere.auth"), "{text}");
}

#[tokio::test]
async fn a_wrong_certificate() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.network_host_by("kvm-1", Access::Tls).unwrap();
    let other = lab.network_host_by("other", Access::Tls).unwrap();
    let (own, others) = (machine.client_folder(), other.client_folder());
    let advice = "check that the host's certificate is of the authority";

    // Of an authority that this side does not know.
    let uri = machine.uri().replace(own.to_str().unwrap(), others.to_str().unwrap());
    let text = said(&refused(&LibvirtHost::new(settings(uri, None))).await, &[]);
    assert!(text.contains(advice) && text.contains("certificate"), "{text}");

    // This side's own is of an authority that it does not know.
    let folder = lab.folder().join("mixed");
    fs::create_dir(&folder).unwrap();
    for name in ["clientcert.pem", "clientkey.pem"] {
        fs::copy(own.join(name), folder.join(name)).unwrap();
    }
    fs::copy(others.join("cacert.pem"), folder.join("cacert.pem")).unwrap();
    let uri = other.uri().replace(others.to_str().unwrap(), folder.to_str().unwrap());
    let text = said(&refused(&LibvirtHost::new(settings(uri, None))).await, &[]);
    assert!(text.contains(advice), "{text}");
}

#[tokio::test]
async fn a_stranger_by_ssh() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let machine = lab.network_host_by("kvm-1", Access::Ssh).unwrap();
    let host = reach(&machine);
    let (client, advice) = (machine.client_folder(), "`ssh -o BatchMode=yes`");
    let known = fs::read(client.join("known_hosts")).unwrap();
    fs::write(client.join("known_hosts"), "").unwrap();
    let text = said(&refused(&host).await, &[]);
    assert!(text.contains("Host key verification failed") && text.contains(advice), "{text}");
    fs::write(client.join("known_hosts"), known).unwrap();

    let key = client.join("key");
    fs::remove_file(&key).unwrap();
    let words = ["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()];
    fs::remove_file(key.with_extension("pub")).unwrap();
    assert!(std::process::Command::new("ssh-keygen").args(words).status().unwrap().success());
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let text = said(&refused(&host).await, &[]);
    assert!(text.contains("Permission denied") && text.contains(advice), "{text}");
    super::eventually(|| super::ssh_children(&machine).is_empty(), "no ssh is left over").await;
}
