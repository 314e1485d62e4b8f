//! What is to be looked at when a host does not let the service in.

use std::fmt;
use std::path::PathBuf;

/// What to look at, by what stood in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// The host is not there, or it cannot be told what it was.
    Reach,
    /// It asks for a user and a password, and the ones it got are wrong or none. The file that they
    /// are in, if the host's section names one.
    Password(Option<PathBuf>),
    /// The file with users and passwords is not written as libvirt reads it.
    Form,
    /// A certificate of either side.
    Certificates,
    /// `ssh` did not get in.
    Ssh,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reach => f.write_str(
                "check the URI, and that the host's libvirt daemon runs and lets this service in",
            ),
            Self::Password(Some(path)) => write!(
                f,
                "check the user and the password for this host in {}, which is named by \
                 `credentials` in its section",
                path.display()
            ),
            Self::Password(None) => f.write_str(
                "it asks for a user and a password: name a file that has them by `credentials` in \
                 the host's section, or check libvirt's own auth.conf",
            ),
            Self::Form => f.write_str(
                "look whether the file is there and written as docs/hosts.md shows",
            ),
            Self::Certificates => f.write_str(
                "check that the host's certificate is of the authority that this side knows \
                 (`pkipath=` in the URI, or libvirt's own folders below /etc/pki), and names the host \
                 as the URI does, and that the host knows the authority of this side's certificate",
            ),
            Self::Ssh => f.write_str(
                "check that `ssh -o BatchMode=yes` to this host works for the user that this service \
                 runs as: the key, the known host, and libvirt's daemon there",
            ),
        }
    }
}
