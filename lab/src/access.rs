//! The ways to a host on the network: what its daemon listens to, whom it lets in, and the URI that goes with it.
//!
//! Everything that is needed for it is made anew for each host and lies in the host's folder: the keys, the certificates and the
//! password file of the host's side in `etc`, what a client needs in `client`. Nothing of the machine's own is used, neither
//! /etc/pki nor anybody's ~/.ssh.

use crate::command;
use crate::error::{LabError, Result};
use crate::host::Host;
use crate::id::LabId;
use crate::keeper::MARK;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The user whom hosts with passwords know.
pub const USER: &str = "assured";

/// Where a host's sshd listens.
const SSH_PORT: u16 = 2222;

/// Whom a host on the network lets in, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// `qemu+tcp`, without any authentication.
    #[default]
    Tcp,
    /// `qemu+tcp` with user and password (SASL). The mechanism is DIGEST-MD5: over a connection without TLS libvirt wants one
    /// that encrypts, and besides Kerberos there is no other.
    TcpSasl,
    /// `qemu+tls` with certificates on both sides.
    Tls,
    /// The same, with user and password besides (SASL, SCRAM-SHA-256).
    TlsSasl,
    /// `qemu+ssh` with keys; the daemon listens to its socket only.
    Ssh,
}

/// What goes into a host's access.
pub(crate) struct Door<'a> {
    pub(crate) access: Access,
    /// The host's folder.
    pub(crate) folder: &'a Path,
    /// Its name.
    pub(crate) id: &'a str,
    pub(crate) lab: &'a LabId,
    pub(crate) ip: Ipv4Addr,
    /// The password of [`USER`].
    pub(crate) password: &'a str,
}

impl Access {
    /// Whether the daemon listens on the network.
    pub(crate) fn listens(self) -> bool {
        match self {
            Self::Tcp | Self::TcpSasl | Self::Tls | Self::TlsSasl => true,
            Self::Ssh => false,
        }
    }

    /// What libvirtd.conf says about it.
    pub(crate) fn daemon_settings(self) -> String {
        let (tcp, tls) = match self {
            Self::Tcp => ("none", None),
            Self::TcpSasl => ("sasl", None),
            Self::Tls => ("none", Some("none")),
            Self::TlsSasl => ("none", Some("sasl")),
            Self::Ssh => return "listen_tls = 0\nlisten_tcp = 0\n".to_owned(),
        };
        match tls {
            None => format!("listen_tls = 0\nlisten_tcp = 1\nauth_tcp = \"{tcp}\"\n"),
            Some(auth) => format!(
                "listen_tls = 1\nlisten_tcp = 0\nauth_tls = \"{auth}\"\n\
                 ca_file = \"/etc/libvirt/pki/cacert.pem\"\ncert_file = \"/etc/libvirt/pki/servercert.pem\"\n\
                 key_file = \"/etc/libvirt/pki/serverkey.pem\"\n"
            ),
        }
    }
}

impl Door<'_> {
    /// Makes what both sides need.
    pub(crate) fn make(&self) -> Result<()> {
        match self.access {
            Access::Tcp => Ok(()),
            Access::TcpSasl => self.make_password("digest-md5"),
            Access::Tls => self.make_certificates(),
            Access::TlsSasl => {
                self.make_certificates()?;
                self.make_password("scram-sha-256")
            }
            Access::Ssh => self.make_keys(),
        }
    }

    /// The URI for clients.
    pub(crate) fn uri(&self) -> String {
        let (ip, client) = (self.ip, self.folder.join("client"));
        match self.access {
            Access::Tcp | Access::TcpSasl => format!("qemu+tcp://{ip}/system"),
            Access::Tls | Access::TlsSasl => {
                format!("qemu+tls://{ip}/system?pkipath={}", client.display())
            }
            // For this transport libvirt has no parameter that names a file of known hosts, but one that names the program.
            Access::Ssh => format!(
                "qemu+ssh://root@{ip}:{SSH_PORT}/system?keyfile={0}/key&command={0}/ssh&no_tty=1",
                client.display()
            ),
        }
    }

    fn make_password(&self, mechanism: &str) -> Result<()> {
        let folder = private_folder(&self.folder.join("etc/sasl2"))?;
        let settings = format!(
            "mech_list: {mechanism}\nsasldb_path: /etc/libvirt/sasl2/passwd.db\nauxprop_plugin: sasldb\n"
        );
        write(&folder.join("libvirt.conf"), &settings)?;
        let mut command = Command::new("saslpasswd2");
        command.args(["-p", "-c", "-a", "libvirt", "-u", self.id, "-f"]);
        command.arg(folder.join("passwd.db")).arg(USER);
        command::run_with(&mut command, self.password, command::LIMIT).map(drop)
    }

    fn make_certificates(&self) -> Result<()> {
        let server = private_folder(&self.folder.join("etc/pki"))?;
        let client = private_folder(&self.folder.join("client"))?;
        let ca = server.join("cacert.pem");
        let ca_key = self.folder.join("cakey.pem");
        let make = |name: &str, key: &Path, certificate: &Path, template: &str| {
            // RSA: libvirt 9.0 refuses certificates whose keys cannot encipher keys.
            let words = ["--generate-privkey", "--key-type=rsa", "--bits=2048", "--outfile"];
            certtool(&words, &[key.as_ref()])?;
            let path = self.folder.join(format!("{name}.template"));
            write(
                &path,
                &format!("cn = \"{name} of {}\"\nexpiration_days = 2\n{template}", self.id),
            )?;
            let mut files = vec!["--template".as_ref(), path.as_os_str()];
            files.extend(["--load-privkey".as_ref(), key.as_os_str()]);
            files.extend(["--outfile".as_ref(), certificate.as_os_str()]);
            if name == "ca" {
                return certtool(&["--generate-self-signed"], &files);
            }
            files.extend(["--load-ca-certificate".as_ref(), ca.as_os_str()]);
            files.extend(["--load-ca-privkey".as_ref(), ca_key.as_os_str()]);
            certtool(&["--generate-certificate"], &files)
        };
        make("ca", &ca_key, &ca, "ca\ncert_signing_key\n")?;
        let (key, certificate) = (server.join("serverkey.pem"), server.join("servercert.pem"));
        let template =
            format!("ip_address = \"{}\"\ntls_www_server\nsigning_key\nencryption_key\n", self.ip);
        make("server", &key, &certificate, &template)?;
        let (key, certificate) = (client.join("clientkey.pem"), client.join("clientcert.pem"));
        make("client", &key, &certificate, "tls_www_client\nsigning_key\nencryption_key\n")?;
        let copy = client.join("cacert.pem");
        fs::copy(&ca, &copy).map(drop).map_err(LabError::file("write", &copy))
    }

    fn make_keys(&self) -> Result<()> {
        let server = private_folder(&self.folder.join("etc/ssh"))?;
        let client = private_folder(&self.folder.join("client"))?;
        let (host_key, key) = (server.join("host_key"), client.join("key"));
        for path in [&host_key, &key] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-C", self.id, "-f"]).arg(path);
            command::run(&mut command, command::LIMIT)?;
        }
        let public = |path: &Path| {
            let path = path.with_extension("pub");
            fs::read_to_string(&path).map_err(LabError::file("read", &path))
        };
        write(&server.join("authorized_keys"), &public(&key)?)?;
        write(&server.join("sshd_config"), include_str!("script/sshd_config"))?;
        // Where root has no password its account counts as locked, and sshd would let nobody in.
        write(&server.join("shadow"), "root:*:19000::::::\nsshd:*:19000::::::\n")?;
        let known = format!("[{}]:{SSH_PORT} {}", self.ip, public(&host_key)?);
        write(&client.join("known_hosts"), &known)?;
        let config = format!(
            "UserKnownHostsFile {}/known_hosts\nGlobalKnownHostsFile /dev/null\nIdentitiesOnly yes\nIdentityAgent none\n",
            client.display()
        );
        write(&client.join("config"), &config)?;
        let program = client.join("ssh");
        // The keeper ends it with the lab: by itself it would try for a quarter of an hour to say goodbye to a host that is gone.
        let script = format!(
            "#!/bin/sh\nexport {MARK}={}\necho $$ >>'{1}/pids'\nexec ssh -F '{1}/config' \"$@\"\n",
            self.lab,
            client.display()
        );
        write(&program, &script)?;
        fs::set_permissions(&program, Permissions::from_mode(0o700))
            .map_err(LabError::file("make executable", &program))
    }
}

impl Host {
    /// What a client needs to get in: keys, certificates, `known_hosts`.
    pub fn client_folder(&self) -> PathBuf {
        self.folder().join("client")
    }

    /// Starts what besides libvirtd lets clients in.
    pub(crate) fn start_access(&self) -> Result<()> {
        if self.address().is_none() || self.access() != Access::Ssh {
            return Ok(());
        }
        self.with_room(|room| {
            for words in [
                &["mount", "--bind", "/etc/libvirt/ssh/shadow", "/etc/shadow"][..],
                &["mkdir", "-p", "/run/sshd"],
                // Where a client that comes by ssh looks for the daemon.
                &["ln", "-sf", &self.socket().display().to_string(), "/run/libvirt/libvirt-sock"],
                // It says that it wants to be called by its whole path.
                &["/usr/sbin/sshd", "-f", "/etc/libvirt/ssh/sshd_config", "-E", SSH_LOG],
            ] {
                room.run(words, command::LIMIT)?;
            }
            Ok(())
        })
    }
}

/// As the host sees it.
const SSH_LOG: &str = "/var/log/libvirt/sshd.log";

fn certtool(words: &[&str], files: &[&OsStr]) -> Result<()> {
    let mut command = Command::new("certtool");
    command.args(words).args(files).stdin(Stdio::null());
    command::run(&mut command, command::LIMIT).map(drop)
}

fn private_folder(path: &Path) -> Result<PathBuf> {
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(path)
        .map_err(LabError::file("create", path))?;
    Ok(path.to_owned())
}

/// Writes a file that is nobody else's to read.
fn write(path: &Path, text: &str) -> Result<()> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).open(path);
    let written = file.and_then(|mut file| {
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    });
    written.map_err(LabError::file("write", path))
}
