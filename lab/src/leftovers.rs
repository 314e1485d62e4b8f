//! Finds what a lab has left behind: processes, mounts, network links, folders.
//!
//! Each thing is recognised by a mark with a lab's identity in it (an environment variable, a mounted folder, a link's
//! alias, a folder's name), never by a program's name or a word in a command line. So what is found is the lab's, and what
//! merely mentions a lab, say an editor with a log of it open, is not found.

use crate::error::{LabError, Result};
use crate::id::LabId;
use crate::keeper::MARK;
use crate::network::LINK_PREFIX;
use crate::processes;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A thing that belongs to a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leftover {
    /// A process that the lab started, or that runs within one of its hosts.
    Process {
        /// Whose.
        lab: LabId,
        /// Its pid.
        pid: i32,
        /// Its name.
        name: String,
    },
    /// A mount of one of its folders outside its hosts.
    Mount {
        /// Whose.
        lab: LabId,
        /// Where.
        at: PathBuf,
    },
    /// A network link.
    Link {
        /// Whose; none if the lab died between making the link and marking it.
        lab: Option<LabId>,
        /// Its name.
        name: String,
    },
    /// A lab's folder, or a short path to it.
    Folder {
        /// Whose.
        lab: LabId,
        /// Where.
        path: PathBuf,
    },
}

impl Leftover {
    fn lab(&self) -> Option<&LabId> {
        match self {
            Self::Process { lab, .. } | Self::Mount { lab, .. } | Self::Folder { lab, .. } => {
                Some(lab)
            }
            Self::Link { lab, .. } => lab.as_ref(),
        }
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { lab, pid, name } => {
                write!(out, "process {pid} ({name}) of {lab}: kill -9 {pid}")
            }
            Self::Mount { lab, at } => {
                write!(out, "mount at {} of {lab}: umount {}", at.display(), at.display())
            }
            Self::Link { lab: Some(lab), name } => {
                write!(out, "network link {name} of {lab}: ip link delete {name}")
            }
            Self::Link { lab: None, name } => {
                write!(out, "network link {name} of an unknown lab: ip link delete {name}")
            }
            Self::Folder { lab, path } => {
                write!(out, "folder {} of {lab}: rm -r {}", path.display(), path.display())
            }
        }
    }
}

/// What is left of labs whose process is gone. A lab that has only just ended may still be taking itself down.
pub fn leftovers() -> Result<Vec<Leftover>> {
    Ok(everything()?
        .into_iter()
        .filter(|thing| thing.lab().is_none_or(|lab| !lab.is_alive()))
        .collect())
}

/// What there is of one lab, whether it lives or not.
pub fn leftovers_of(lab: &LabId) -> Result<Vec<Leftover>> {
    Ok(everything()?.into_iter().filter(|thing| thing.lab() == Some(lab)).collect())
}

fn everything() -> Result<Vec<Leftover>> {
    let mut found = folders()?;
    found.extend(links()?);
    found.extend(mounts("/proc/self").into_iter().map(|(lab, at)| Leftover::Mount { lab, at }));
    // Processes that vanish while they are looked at are no leftovers, so what cannot be read is skipped.
    found.extend(processes::all().into_iter().filter_map(process));
    Ok(found)
}

fn folders() -> Result<Vec<Leftover>> {
    let temporary = std::env::temp_dir();
    let entries = fs::read_dir(&temporary).map_err(LabError::file("list", &temporary))?;
    let own_name = |path: &Path| LabId::parse(path.file_name()?.to_str()?);
    let paths = entries.flatten().map(|entry| entry.path());
    let labs =
        paths.filter_map(|path| Some((own_name(&path).or_else(|| shortcut_of(&path))?, path)));
    Ok(labs.map(|(lab, path)| Leftover::Folder { lab, path }).collect())
}

/// The lab whose folder a link leads into; whether the folder is still there does not matter.
pub(crate) fn shortcut_of(link: &Path) -> Option<LabId> {
    lab_in(&fs::read_link(link).ok()?)
}

/// The lab that a path leads into.
fn lab_in(path: &Path) -> Option<LabId> {
    path.components().find_map(|part| match part {
        Component::Normal(name) => LabId::parse(name.to_str()?),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => {
            None
        }
    })
}

fn links() -> Result<Vec<Leftover>> {
    let all = Path::new("/sys/class/net");
    let entries = fs::read_dir(all).map_err(LabError::file("list", all))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let ours = names.filter(|name| name.starts_with(LINK_PREFIX));
    let lab =
        |name: &str| LabId::parse(fs::read_to_string(all.join(name).join("ifalias")).ok()?.trim());
    Ok(ours.map(|name| Leftover::Link { lab: lab(&name), name }).collect())
}

/// A lab's process is marked by its environment, or lives where a lab's folders are mounted: QEMU's environment is libvirt's making.
fn process(pid: i32) -> Option<Leftover> {
    let place = format!("/proc/{pid}");
    let lab = marked(&place).or_else(|| mounts(&place).into_iter().next().map(|(lab, _)| lab))?;
    let name = fs::read_to_string(format!("{place}/comm")).ok()?.trim().to_owned();
    processes::is_alive(pid).then_some(Leftover::Process { lab, pid, name })
}

fn marked(place: &str) -> Option<LabId> {
    let environment = fs::read(format!("{place}/environ")).ok()?;
    let start = format!("{MARK}=");
    environment
        .split(|&byte| byte == 0)
        .find_map(|entry| LabId::parse(std::str::from_utf8(entry).ok()?.strip_prefix(&start)?))
}

/// Mounts, in a process's view, of folders within labs.
fn mounts(place: &str) -> Vec<(LabId, PathBuf)> {
    let table = fs::read_to_string(format!("{place}/mountinfo")).unwrap_or_default();
    let mount = |line: &str| {
        // Fields of proc(5): mount id, parent id, device, root (what is mounted), mount point.
        let mut fields = line.split(' ').skip(3);
        let (root, at) = (fields.next()?, fields.next()?);
        Some((lab_in(Path::new(root))?, PathBuf::from(at)))
    };
    table.lines().filter_map(mount).collect()
}
