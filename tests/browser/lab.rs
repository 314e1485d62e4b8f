//! The real program, a real hypervisor host and a real guest.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use assured_lab::{ChildGuard, GuestKind, GuestSpec, Lab, leftovers_of};

use crate::SOON;
use crate::browser::Browser;

/// The guest stays off for long enough to be seen so, also where the page asks only every few seconds.
const SETTINGS: &str = r#"
[poll]
interval = "1s"
[policies.default.running]
"shutoff/destroyed" = { action = "alert", severity = "warning" }
[policies.default.shutoff]
"running" = { action = "alert", severity = "warning" }
"#;

#[tokio::test]
async fn a_real_guest_that_is_destroyed_turns_red_and_green_again() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let host = lab.host("kvm-1").unwrap();
    let guest = host.guest(GuestSpec::new("web-1", GuestKind::Button)).unwrap();
    guest.start().unwrap();
    guest.wait_until_booted(SOON).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = folder.path().join("assured.toml");
    let text = format!(
        "[service]\ndata_dir = {:?}\n[http]\nlisten = \"127.0.0.1:{port}\"\n[database]\nurl = \"sqlite://{}\"\n{SETTINGS}\
         [[hosts]]\nid = \"kvm-1\"\nuri = {:?}\nunmanaged = \"adopt\"\n",
        folder.path().join("data"),
        folder.path().join("data/assured.db").display(),
        host.uri(),
    );
    fs::write(&config, text).unwrap();
    let mut program = Command::new("setpriv");
    program
        .args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_assured"), "run", "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("log")).unwrap());
    let service = ChildGuard::from(program.spawn().unwrap());
    let url = format!("http://127.0.0.1:{port}/");
    let ready = || ureq::get(format!("{url}readyz")).call().is_ok();
    assured_lab::wait_until(SOON, "the service to be ready", ready).unwrap();

    let browser = Browser::start().await;
    browser.open(&url).await;
    browser.run("window.never_reloaded = true", vec![]).await;
    let tile = |tone: &str| {
        format!("document.querySelector('[data-name=web-1]')?.dataset.tone === '{tone}'")
    };
    browser.until("green", &tile("good")).await;
    host.virsh(&["destroy", "web-1"]).unwrap();
    browser.until("red", &tile("worst")).await;
    browser
        .until(
            "it at the top",
            "document.querySelector('.wrong').innerText.includes('web-1 is shutoff/destroyed')",
        )
        .await;
    host.virsh(&["start", "web-1"]).unwrap();
    browser.until("green again", &tile("good")).await;
    assert_eq!(browser.is("window.never_reloaded").await, true);
    browser.end().await;
    drop(service);
    drop(guest);
    drop(host);
    let id = lab.id().clone();
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
}
