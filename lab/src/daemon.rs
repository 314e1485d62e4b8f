//! A host's libvirtd: its configuration, its start, its end, and its process.

use crate::access::Access;
use crate::command;
use crate::error::{LabError, Result};
use crate::host::Host;
use crate::processes;
use crate::wait::wait_until;
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// As libvirtd sees it. On the host's own /run, hence gone after a power cut.
const PID_FILE: &str = "/run/libvirtd.pid";

/// How long a daemon may take to start or to end: about a hundred times what it takes on an idle machine.
const LIMIT: Duration = Duration::from_secs(15);

/// Writes the configuration of a host that was just made; `access` is how it is reached if it has an address.
pub(crate) fn configure(etc: &Path, sockets: &Path, access: Option<Access>) -> Result<()> {
    // Two hosts with one UUID refuse to migrate guests to each other, and without this they would have the machine's.
    let mut libvirtd = format!(
        "unix_sock_dir = \"{}\"\nauth_unix_rw = \"none\"\nhost_uuid = \"{}\"\n\
         log_outputs = \"3:file:/var/log/libvirt/libvirtd.log\"\n",
        sockets.display(),
        Uuid::new_v4()
    );
    if let Some(access) = access {
        libvirtd += &access.daemon_settings();
    }
    // Without root as the guests' user, a /dev/kvm that only root opens has QEMU probed anew at every start; `file` spares
    // virtlogd; security drivers and cgroups are the machine's, and the lab leaves the machine alone.
    let qemu = "user = \"root\"\ngroup = \"root\"\nstdio_handler = \"file\"\nsecurity_driver = \"none\"\ncgroup_controllers = []\n";
    let hook = etc.join("hooks/qemu");
    for (path, text) in [
        (etc.join("libvirtd.conf"), libvirtd.as_str()),
        (etc.join("qemu.conf"), qemu),
        (hook.clone(), include_str!("script/hook.sh")),
    ] {
        fs::write(&path, text).map_err(LabError::file("write", &path))?;
    }
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))
        .map_err(LabError::file("make executable", &hook))
}

impl Host {
    /// Starts the daemon and waits until it answers.
    pub fn start_daemon(&self) -> Result<()> {
        let mut words = vec![
            // Where it finds who has which password; without that file nobody is asked for one.
            "env",
            "SASL_CONF_PATH=/etc/libvirt/sasl2",
            "libvirtd",
            "--daemon",
            "--pid-file",
            PID_FILE,
            "--config",
            "/etc/libvirt/libvirtd.conf",
        ];
        if self.address().is_some() && self.access().listens() {
            words.push("--listen");
        }
        self.with_room(|room| room.run(&words, LIMIT))?;
        let what = format!("the first answer of the libvirtd of {:?}", self.id());
        wait_until(LIMIT, what, || self.virsh_within(&["uri"], Duration::from_secs(2)).is_ok())
    }

    /// The daemon's pid.
    pub fn daemon_pid(&self) -> Result<i32> {
        self.pid_in(PID_FILE, "libvirtd")
    }

    /// Stops the daemon as a system's shutdown of the service does. Its guests keep running.
    pub fn stop_daemon(&self) -> Result<()> {
        self.end_daemon(Signal::SIGTERM)
    }

    /// Stops the daemon cleanly and starts it again: it finds its guests again.
    pub fn restart_daemon(&self) -> Result<()> {
        self.stop_daemon()?;
        self.start_daemon()
    }

    /// The daemon crashes (`kill -9`): connections are refused, the guests keep running.
    pub fn kill_daemon(&self) -> Result<()> {
        self.end_daemon(Signal::SIGKILL)
    }

    /// The daemon hangs (SIGSTOP): calls hang, and so do connects.
    pub fn hang_daemon(&self) -> Result<()> {
        processes::signal(self.daemon_pid()?, Signal::SIGSTOP)
    }

    /// The daemon goes on as if nothing had been.
    pub fn unhang_daemon(&self) -> Result<()> {
        processes::signal(self.daemon_pid()?, Signal::SIGCONT)
    }

    fn end_daemon(&self, signal: Signal) -> Result<()> {
        let pid = self.daemon_pid()?;
        processes::signal(pid, signal)?;
        wait_until(LIMIT, format!("the end of the libvirtd of {:?}", self.id()), || {
            processes::is_gone(pid)
        })
    }

    /// The process that a pid file of this host names, by its number outside the host.
    pub(crate) fn pid_in(&self, pid_file: &str, what: &str) -> Result<i32> {
        let find = |room: &crate::room::Room| {
            let inner = fs::read_to_string(room.path(pid_file)).ok()?.trim().parse().ok()?;
            processes::outer_pid(room.first(), inner).filter(|&pid| processes::is_alive(pid))
        };
        let pid = self.with_room(|room| Ok(find(room)))?;
        pid.ok_or_else(|| LabError::NotRunning {
            what: what.to_owned(),
            host: self.id().to_owned(),
        })
    }

    /// Has libvirt find out what this machine's QEMU can do, if its cache does not say yet.
    pub(crate) fn probe_qemu(&self) -> Result<()> {
        let words =
            ["domcapabilities", "--virttype", "qemu", "--arch", "x86_64", "--machine", "pc"];
        self.virsh_within(&words, command::LIMIT).map(drop)
    }
}
