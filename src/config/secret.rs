//! Paths of files, those with secrets above all.
//!
//! A file itself is looked at only for those who are about to use it: it may well be out of reach of somebody who just
//! asks the service something. What is in it is nobody's business here.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::reader::NamedFiles;

impl Entry<'_> {
    /// The absolute path of a file; `example` is what one may look like.
    pub(super) fn absolute_path(&self, example: &str) -> Option<PathBuf> {
        self.like("^/");
        let path = PathBuf::from(self.str()?);
        if !path.is_absolute() || path.as_os_str().as_bytes().iter().any(u8::is_ascii_control) {
            return self.reject(&format!("must be the absolute path of a file, such as {example}"));
        }
        Some(path)
    }

    /// The path, if the file is fit to be used by those who are about to.
    pub(super) fn secret_file(&self, path: PathBuf) -> Option<PathBuf> {
        match self.report.named_files() {
            NamedFiles::NotUsed => Some(path),
            NamedFiles::Used => match check_secret(&path) {
                Ok(()) => Some(path),
                Err(message) => self.reject(&message),
            },
        }
    }
}

/// Whether a file can be read, and by nobody else.
fn check_secret(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|why| format!("{shown} cannot be used: {why}"))?;
    if !metadata.is_file() {
        return Err(format!("{shown} is no regular file"));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "{shown} has the mode {mode:04o}, but it holds a secret and must be its owner's alone: \
             chmod 600 {shown}"
        ));
    }
    File::open(path).map(drop).map_err(|why| format!("{shown} cannot be read: {why}"))
}
