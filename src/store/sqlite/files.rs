//! The files around a database: its directory, the file itself, and the lock that one process holds on it.
//!
//! The lock is a file of its own, `<database>.lock`, because SQLite's locks are held for the
//! length of a transaction, and two arbiters on one database must be refused from the start. It
//! is never removed: between a removal and a new lock two could slip in. Not in here: SQLite.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Makes the database's directory where it is missing (for this user alone), and gives the
/// database's one true path: the lock must be the same for all who come by symbolic links.
pub(in crate::store) fn prepare(path: &Path) -> Result<PathBuf, StoreError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(StoreError::Absent { path: path.to_owned() });
    };
    make_directory(parent).map_err(|source| refused("making the directory", parent, source))?;
    let found = match fs::canonicalize(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
            fs::canonicalize(parent).map(|parent| parent.join(name))
        }
        other => other,
    };
    found.map_err(|source| refused("finding", path, source))
}

/// Makes a directory and those above it. SQLite sees to it that the names in it are on the disk
/// when a commit is; that its own name is, nobody else does.
fn make_directory(path: &Path) -> io::Result<()> {
    let missing: Vec<_> = path.ancestors().take_while(|above| !above.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().try_for_each(sync_directory_of)
}

/// Returns when the name of this file or directory is on the disk.
pub(in crate::store) fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(above) => File::open(above)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes an empty file for the database where there is none, for this user alone: SQLite gives its
/// other files the same rights.
pub(in crate::store) fn create(path: &Path) -> Result<(), StoreError> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(there) if there.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(refused("making the database", path, source)),
    }
}

/// Says that this process has the database; until it is dropped, or the process ends.
#[derive(Debug)]
pub(in crate::store) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at this path.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process, or another store of this one, has it.
    pub(in crate::store) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = with_suffix(database, ".lock");
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| refused("making the lock", &path, source))?;
        match file.try_lock() {
            Ok(()) => {
                // Only for the other's error message: that it cannot be written does no harm.
                let _ = file
                    .set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| writeln!(file, "{}", std::process::id()));
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.read_to_string(&mut holder);
                Err(StoreError::InUse {
                    path: database.to_owned(),
                    process: read.ok().and_then(|_| holder.trim().parse().ok()),
                })
            }
            Err(TryLockError::Error(source)) => {
                Err(StoreError::File { what: "locking", path, source })
            }
        }
    }
}

/// The same error, or what keeps the database's directory from being written, where SQLite knew no more to say than
/// that reading or writing failed.
pub(in crate::store) fn looked_into(error: StoreError) -> StoreError {
    if let StoreError::Io { path, .. } = &error
        && let Some(obstacle) = obstacle(path)
    {
        return obstacle;
    }
    error
}

/// Whether the directory's disk is full, or read-only, as the operating system says it. Tried by
/// writing a file beside the database, as large as what SQLite needs room for at first.
fn obstacle(database: &Path) -> Option<StoreError> {
    let path = with_suffix(database, ".probe");
    let tried = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(&[1; 64 * 1024]).and_then(|()| file.sync_all()));
    // One that could not be made cannot be removed either.
    let _ = fs::remove_file(&path);
    let told = refused("writing beside", database, tried.err()?);
    matches!(told, StoreError::Full { .. } | StoreError::ReadOnly { .. }).then_some(told)
}

/// A path with something after its file name.
pub(in crate::store) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// The error for a file or directory that could not be made or found.
fn refused(what: &'static str, path: &Path, source: io::Error) -> StoreError {
    let path = path.to_owned();
    let kind = source.kind();
    if matches!(kind, io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied) {
        StoreError::ReadOnly { path }
    } else if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        StoreError::Full { path }
    } else {
        StoreError::File { what, path, source }
    }
}
