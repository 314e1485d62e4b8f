//! A process as /proc shows it: how many threads, files and connections it has.

use std::collections::HashSet;
use std::fmt;
use std::fs;

/// The port that libvirtd listens on.
const LIBVIRT: &str = ":407D";

/// What a process has at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Has {
    pub threads: usize,
    pub files: usize,
    /// To libvirt daemons, whether anybody is at the other end or not.
    pub connections: usize,
    /// What the files are, with how many of a kind there are.
    pub kinds: std::collections::BTreeMap<String, usize>,
}

impl Has {
    pub fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
        let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        // One that is closed just now is none any more.
        let files: Vec<String> = entries
            .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.display().to_string()))
            .collect();
        let to_libvirt = sockets_to_libvirt(pid);
        let mut kinds = std::collections::BTreeMap::new();
        let mut connections = 0;
        for file in &files {
            let is_libvirt = to_libvirt.contains(file);
            connections += usize::from(is_libvirt);
            let kind = match file.split_once(':') {
                _ if is_libvirt => "connection to libvirt",
                Some((kind @ ("socket" | "pipe"), _)) => kind,
                _ => file,
            };
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
        Self { threads: line.trim().parse().unwrap(), files: files.len(), connections, kinds }
    }

    /// Whether it is no more of anything.
    pub fn is_at_most(&self, other: &Self) -> bool {
        let Self { threads, files, connections, kinds: _ } = other;
        self.threads <= *threads && self.files <= *files && self.connections <= *connections
    }
}

impl fmt::Display for Has {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, files, connections, kinds: _ } = self;
        write!(out, "{threads} threads, {files} files, {connections} connections to libvirt")
    }
}

/// The sockets, as links in /proc/PID/fd name them, whose other end is the port of a libvirtd.
fn sockets_to_libvirt(pid: u32) -> HashSet<String> {
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    // Fields of proc(5): slot, local address, remote address, …; the tenth is the inode.
    let inode = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is_ours = fields.get(2)?.ends_with(LIBVIRT);
        is_ours.then(|| format!("socket:[{}]", fields[9]))
    };
    table.lines().skip(1).filter_map(inode).collect()
}
