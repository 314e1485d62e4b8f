//! A warm copy of libvirt's QEMU capabilities cache, shared by all labs of this machine.
//!
//! libvirt probes QEMU before a host's first guest, which takes seconds, and keeps the answer in its cache folder. Every host of
//! the lab has a cache folder of its own, so the first host of a machine's boot does the probing and the others get a copy.
//! The folder's name holds all that makes the answer stale as far as the lab knows; libvirt checks it too, and probes again if
//! it must: a wrong copy costs time, never truth.

use crate::error::{LabError, Result};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Where warm copies are kept: they outlive the labs, and a reboot makes them stale but not wrong.
const FOLDER: &str = "/var/tmp/assured-lab-cache";

/// The folder within libvirt's cache folder that holds the answers.
const ANSWERS: &str = "qemu/capabilities";

/// Fills a host's empty cache folder: with the warm copy, or by `probe`, whose answer becomes the warm copy.
pub(crate) fn fill(cache: &Path, probe: impl FnOnce() -> Result<()>) -> Result<()> {
    let folder = private_folder()?;
    let warm = folder.join(key());
    if !warm.exists() {
        // One lab probes, the others wait for it: probing twice at once would take twice as long.
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(LabError::file("create", &path))?;
        lock.lock().map_err(LabError::file("lock", &path))?;
        if !warm.exists() {
            probe()?;
            return publish(&cache.join(ANSWERS), &folder, &warm);
        }
    }
    copy(&warm, &cache.join(ANSWERS))
}

/// Puts a copy where others look for it, in one step, and removes those of earlier boots.
fn publish(answers: &Path, folder: &Path, warm: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(LabError::file("list", folder))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        fs::remove_dir_all(&path).map_err(LabError::file("remove", &path))?;
    }
    let draft = folder.join("draft");
    copy(answers, &draft)?;
    fs::rename(&draft, warm).map_err(LabError::file("rename", &draft))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(LabError::file("create", to))?;
    for entry in fs::read_dir(from).map_err(LabError::file("list", from))?.flatten() {
        fs::copy(entry.path(), to.join(entry.file_name()))
            .map_err(LabError::file("copy", entry.path()))?;
    }
    Ok(())
}

/// The folder, made if need be. It lies where anybody may write, so one that somebody else made is refused.
fn private_folder() -> Result<PathBuf> {
    let folder = PathBuf::from(FOLDER);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(LabError::file("create", &folder)(error)),
    }
    let metadata = fs::symlink_metadata(&folder).map_err(LabError::file("look at", &folder))?;
    if metadata.is_dir() && metadata.uid() == nix::unistd::geteuid().as_raw() {
        return Ok(folder);
    }
    let foreign = std::io::Error::other("it is somebody else's, or no folder: remove it");
    Err(LabError::file("use", &folder)(foreign))
}

/// What the answer depends on: the boot (kernel, processor, /dev/kvm) and the programs' versions.
fn key() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let changed = |path| fs::metadata(path).map(|file| file.ctime()).unwrap_or_default();
    format!(
        "{}-{}-{}",
        boot.trim(),
        changed("/usr/bin/qemu-system-x86_64"),
        changed("/usr/sbin/libvirtd")
    )
}
