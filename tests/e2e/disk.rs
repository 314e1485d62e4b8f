//! A small disk for a service's data: it fills up, it is read-only, it is pulled out.
//!
//! It is mounted in a namespace of its own, which ends with the process that holds it, and that ends
//! with the test, by the end of a pipe: nothing is left mounted, whatever ends the test.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use assured_lab::wait_until;

use crate::rig::SOON;

/// What kind of disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 6 MiB of memory.
    Memory,
    /// An ext4 of 16 MiB in a file, without a journal.
    Ext4,
}

/// A disk that is mounted at a folder, for those who enter its namespace.
pub struct Disk {
    holder: Child,
    at: PathBuf,
}

/// What fills it.
const BALLAST: &str = "ballast";

impl Disk {
    /// Mounts it at this folder, which is made if need be.
    pub fn new(kind: Kind, at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let mount = match kind {
            Kind::Memory => "mount -t tmpfs -o size=6m,mode=0700 small-disk \"$0\"",
            Kind::Ext4 => {
                "truncate -s 16M \"$0.img\" && mkfs.ext4 -q \"$0.img\" && \
                 mount -o loop,errors=remount-ro \"$0.img\" \"$0\""
            }
        };
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg(format!("{mount} && echo mounted && exec cat"))
            .arg(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C of the terminal is the test's; the holder ends after it.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut said = [0; 8];
        holder.stdout.as_mut().unwrap().read_exact(&mut said).expect("it is mounted");
        Self { holder, at: at.to_owned() }
    }

    /// The command that enters its namespace and becomes the command after it.
    pub fn entering(&self) -> [String; 3] {
        let namespace = format!("--mount=/proc/{}/ns/mnt", self.holder.id());
        ["nsenter".to_owned(), namespace, "--".to_owned()]
    }

    /// Where a path of its namespace is found from outside.
    pub fn seen(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(inside)
    }

    /// Runs a script in its namespace, `$0` being its folder; says whether it went well.
    pub fn does(&self, script: &str) -> bool {
        let [enter, namespace, dashes] = self.entering();
        let mut command = Command::new(enter);
        command.args([&namespace, &dashes, "sh", "-c", script]).arg(&self.at);
        command.stderr(Stdio::null()).status().unwrap().success()
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = File::create(self.seen(&self.at).join(BALLAST)).unwrap();
        for size in [65536, 512, 1] {
            while file.write_all(&vec![7; size]).and_then(|()| file.sync_data()).is_ok() {}
        }
    }

    /// Takes some of what fills it away.
    pub fn make_some_room(&self, bytes: u64) {
        let ballast = self.seen(&self.at).join(BALLAST);
        let file = File::options().write(true).open(ballast).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    /// Makes room again.
    pub fn make_room(&self) {
        fs::remove_file(self.seen(&self.at).join(BALLAST)).unwrap();
    }

    /// The names of what is on it.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.seen(&self.at)).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let ended = wait_until(SOON, "the disk's holder to end", || {
            self.holder.try_wait().is_ok_and(|ended| ended.is_some())
        });
        if ended.is_err() {
            // One that has ended meanwhile cannot be killed, which is as good.
            let _ = self.holder.kill();
            let _ = self.holder.wait();
        }
    }
}
