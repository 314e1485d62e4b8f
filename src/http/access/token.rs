//! The operator token: made once, kept in a file that only the service's user can read.
//!
//! Whoever can read the file may change what the service does; so on one machine the rights of the
//! file are the rights of the operator, and there is nothing to configure.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The name of the token's file in the service's data directory.
pub const TOKEN_FILE: &str = "operator.token";

/// How many random bytes a token is made of.
const RANDOM_BYTES: usize = 32;
/// A token that is shorter was not made here, and might be guessed.
const SHORTEST: usize = 32;

/// The token that changes need.
#[derive(Clone)]
pub struct OperatorToken(String);

impl OperatorToken {
    /// The token in a data directory; it is made, and the directory, where there is none.
    ///
    /// # Errors
    /// When it can be neither read nor made, or what is there can be read by others or is no token.
    pub fn in_dir(data_dir: &Path) -> Result<Self, TokenError> {
        let path = data_dir.join(TOKEN_FILE);
        match Self::read(&path) {
            Err(TokenError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                make(data_dir, &path)
                    .map_err(|source| TokenError::Make { path: path.clone(), source })?;
                // Another process may have been faster: what is there counts.
                Self::read(&path)
            }
            read => read,
        }
    }

    /// The token in a file.
    ///
    /// # Errors
    /// As for [`OperatorToken::in_dir`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let unread = |source| TokenError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unread)?;
        let mode = file.metadata().map_err(unread)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(TokenError::Open { path: path.to_owned(), mode: mode & 0o777 });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unread)?;
        Self::parse(&text).ok_or_else(|| TokenError::NoToken { path: path.to_owned() })
    }

    /// The token that a file's text is, if it is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let token = text.trim();
        let is_token = token.len() >= SHORTEST && token.bytes().all(|b| b.is_ascii_graphic());
        is_token.then(|| Self(token.to_owned()))
    }

    /// Whether this is the token. Takes the same time whatever is different.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The token as text: for the header of a request.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Without the token.
impl std::fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperatorToken(…)")
    }
}

/// A token for somebody: made here, and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The token: for its bearer.
    pub token: String,
    /// Its SHA-256 in hexadecimal digits: for the configuration.
    pub sha256: String,
}

impl NewToken {
    /// Makes one.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn make() -> io::Result<Self> {
        let token = random()?;
        let sha256 = hex(&Sha256::digest(token.as_bytes()));
        Ok(Self { token, sha256 })
    }
}

/// Without the token.
impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewToken(…)")
    }
}

fn random() -> io::Result<String> {
    let mut random = [0; RANDOM_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(hex(&random))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error("the operator token {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be made.
    #[error("the operator token {path} cannot be made")]
    Make {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than its owner can read or write it.
    #[error(
        "the operator token {path} is open to others (mode {mode:04o}): remove it, and a new one \
         is made at the next start; or, if nobody has seen it, `chmod 600` it"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file has something else in it.
    #[error(
        "{path} has no token in it (at least {SHORTEST} characters on one line): remove it, and a \
         new one is made at the next start"
    )]
    NoToken {
        /// The file.
        path: PathBuf,
    },
}

/// Makes a token. It has its name when it is complete, and overwrites none.
fn make(data_dir: &Path, path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let token = random()?;
    let partial = data_dir.join(format!("{TOKEN_FILE}.{}", std::process::id()));
    // One that a crash has left may have other rights.
    let _ = fs::remove_file(&partial);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    let written = writeln!(file, "{token}").and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&partial, path) {
        Err(there) if there.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&partial);
    linked.and(removed)
}
