//! Every way to a host that libvirt has, against real daemons on a network of their own: what goes
//! well, what is refused, and what hangs.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test's helpers may fail the test

mod hangs;
mod refusals;
mod round;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use assured::hypervisor::libvirt::{LibvirtHost, LibvirtSettings};
use assured::hypervisor::{CallError, Hypervisor as _, Session, Signal};
use assured::model::HostId;
use assured_lab::{Access, Host, USER};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// How long a call may take here, opening a session included.
const DEADLINE: Duration = Duration::from_secs(3);

/// How long anything that is to happen may take on a busy machine, keepalive's verdict included.
const PATIENCE: Duration = Duration::from_secs(40);

fn settings(uri: String, credentials: Option<PathBuf>) -> LibvirtSettings {
    LibvirtSettings {
        host: HostId::from("kvm-1"),
        uri,
        credentials,
        deadline: DEADLINE,
        action_deadline: 3 * DEADLINE,
        max_actions: 2,
    }
}

/// The host as the service reaches it.
fn reach(machine: &Host) -> LibvirtHost {
    let credentials = match machine.access() {
        Access::TcpSasl | Access::TlsSasl => Some(auth_file(machine, machine.password())),
        Access::Tcp | Access::Tls | Access::Ssh => None,
    };
    // That nobody is asked is the service's own doing.
    LibvirtHost::new(settings(machine.uri().replace("&no_tty=1", ""), credentials))
}

/// A file in libvirt's form with this password, for this host alone.
fn auth_file(machine: &Host, password: &str) -> PathBuf {
    let address = machine.address().unwrap();
    let text = format!(
        "[credentials-kvm]\nauthname={USER}\npassword={password}\n\n\
         [auth-libvirt-{address}]\ncredentials=kvm\n"
    );
    file(machine.folder(), &text)
}

/// A file in a folder of the lab, with a name that has to be written with care in a URI.
fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("who & what.auth");
    std::fs::write(&path, text).unwrap();
    path
}

type Connected = (Rc<dyn Session>, UnboundedReceiver<Signal>);

async fn try_connect(host: &LibvirtHost) -> Result<Connected, CallError> {
    let (signals, heard) = unbounded_channel();
    host.connect(signals).await.map(|session| (session, heard))
}

/// Why there is no session.
async fn refused(host: &LibvirtHost) -> CallError {
    try_connect(host).await.map(|_| ()).expect_err("a session")
}

/// A session, as soon as one can be had: a machine that has much to do may miss a deadline.
async fn connect(host: &LibvirtHost) -> Connected {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match try_connect(host).await {
            Ok(connected) => return connected,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        sleep(SECOND / 10).await;
    }
}

async fn eventually(mut is_so: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(SECOND / 50).await;
    }
}

/// The `ssh` processes of this one that go to a host.
fn ssh_children(of: &Host) -> Vec<u32> {
    let keys = of.client_folder().display().to_string();
    let own = std::process::id().to_string();
    let is_child = |stat: &str| {
        // The fields after the name, which stands in brackets: the state, and the parent.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').nth(1) == Some(own.as_str())
    };
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let read = |pid: u32, what| std::fs::read_to_string(format!("/proc/{pid}/{what}"));
    pids.filter(|&pid| {
        read(pid, "stat").is_ok_and(|stat| is_child(&stat))
            && read(pid, "cmdline").is_ok_and(|line| line.contains(&keys))
    })
    .collect()
}

/// Whether nothing is left of a process, not even its exit status.
fn is_gone(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}
