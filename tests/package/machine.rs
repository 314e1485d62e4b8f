//! A machine that systemd has booted; `machine.sh` makes it, and takes it down when nobody holds it any more.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use assured_lab::wait_until;

use crate::rig::SOON;
use crate::site::{Said, run};

/// A machine that runs. It is switched off when this is dropped, or when the test ends in any other way.
pub struct Machine {
    /// The script; it holds the machine as long as its standard input is open.
    holder: Child,
    /// The machine's first process, as seen from here.
    leader: u32,
    /// What it has said; a file without a name, which nothing can leave behind.
    log: File,
}

impl Machine {
    /// Boots one.
    pub fn boot() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("assured-package-{}-{number}", std::process::id());
        let log = tempfile::tempfile().unwrap();
        // A socket without a file, which nothing can leave behind.
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        socket.set_nonblocking(true).unwrap();
        let holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "bash"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/package/machine.sh"))
            .arg(&name)
            .env("NOTIFY_SOCKET", format!("@{name}"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log.try_clone().unwrap())
            // A Ctrl-C of the terminal is the test's; the holder ends after it.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut machine = Self { holder, leader: 0, log };
        machine.wait_for_the_boot(&socket);
        machine
    }

    fn wait_for_the_boot(&mut self, socket: &UnixDatagram) {
        let mut ready = false;
        wait_until(SOON, "a machine to boot", || {
            let mut buffer = [0; 4096];
            while let Ok(size) = socket.recv(&mut buffer) {
                for line in String::from_utf8_lossy(&buffer[..size]).lines() {
                    ready |= line == "READY=1";
                    if let Some(pid) = line.strip_prefix("X_NSPAWN_LEADER_PID=") {
                        self.leader = pid.parse().unwrap();
                    }
                }
            }
            ready || self.holder.try_wait().unwrap().is_some()
        })
        .unwrap();
        assert!(ready && self.leader != 0, "the machine did not boot");
    }

    /// Runs a script on it, to its end.
    #[track_caller]
    pub fn run(&self, script: &str) -> Said {
        let leader = self.leader.to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--"]);
        // Nothing of the test's environment is on it.
        command.args(["env", "-i", "LANG=C.UTF-8", "HOME=/root", "NO_COLOR=1", "PAGER=cat"]);
        command.arg("PATH=/usr/sbin:/usr/bin:/sbin:/bin").args(["bash", "-ec", script]);
        run(command.stdin(Stdio::null()))
    }

    /// Runs a script that does well; gives what it printed, without the last line's end.
    #[track_caller]
    pub fn does(&self, script: &str) -> String {
        self.run(script).done().trim_end().to_owned()
    }

    /// Waits until a script does well.
    #[track_caller]
    pub fn until(&self, what: &str, script: &str) {
        wait_until(SOON, what, || self.run(script).code == Some(0)).unwrap();
    }

    /// Installs this package, or upgrades to it, as an administrator who is asked nothing and keeps what he changed.
    #[track_caller]
    pub fn installs(&self, package: &Path) -> Said {
        let there = format!("/proc/{}/root/root/assured.deb", self.leader);
        fs::copy(package, there).unwrap();
        let said = self.run("dpkg --force-confdef --force-confold --install /root/assured.deb");
        assert_eq!(said.code, Some(0), "{said:#?}");
        said
    }

    /// What the service answers at this path.
    #[track_caller]
    pub fn answer(&self, path: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\\r\\nHost: localhost:8420\\r\\nConnection: close\\r\\n\\r\\n"
        );
        self.does(&format!("exec 3<>/dev/tcp/127.0.0.1/8420; printf '{request}' >&3; cat <&3"))
    }

    /// A property of the service, as systemd has it.
    #[track_caller]
    pub fn property(&self, name: &str) -> String {
        self.does(&format!("systemctl show --property {name} --value assured.service"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let ended = wait_until(SOON, "a machine to be switched off", || {
            self.holder.try_wait().is_ok_and(|ended| ended.is_some())
        });
        if ended.is_err() {
            // One that has ended meanwhile cannot be killed, which is as good.
            let _ = self.holder.kill();
            let _ = self.holder.wait();
        }
        if std::thread::panicking() {
            let mut said = String::new();
            let read = self.log.rewind().and_then(|()| self.log.read_to_string(&mut said));
            eprintln!("--- the machine ({read:?}):\n{said}\n---");
        }
    }
}
