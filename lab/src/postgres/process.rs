//! The server's files and its process.
//!
//! Not in here: what is done with a server that runs.

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::unistd::{Gid, Uid, User, chown, geteuid};

use crate::command;
use crate::error::{LabError, Result};
use crate::id::LabId;
use crate::keeper::MARK;

/// Where Debian has the server's programs, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where a server is.
#[derive(Debug)]
pub(super) struct Site {
    id: LabId,
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    programs: Option<PathBuf>,
    /// Whom it runs as, where the lab is root.
    user: Option<(Uid, Gid)>,
}

impl Site {
    /// Makes a server's files.
    pub(super) fn make() -> Result<Self> {
        let id = LabId::fresh();
        let folder = std::env::temp_dir().join(id.to_string());
        // Others may pass: the server's user is one of them.
        DirBuilder::new().mode(0o755).create(&folder).map_err(LabError::file("create", &folder))?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))
            .map_err(LabError::file("open", &folder))?;
        let user = geteuid().is_root().then(unprivileged).flatten();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))
                .map_err(|errno| LabError::file("give away", &folder)(errno.into()))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .map_err(LabError::file("find a free port for", &folder))?
            .port();
        let site = Self { id, folder, port, programs: newest(Path::new(DEBIAN)), user };
        site.fill().inspect_err(|_| {
            let _ = fs::remove_dir_all(&site.folder);
        })?;
        Ok(site)
    }

    fn fill(&self) -> Result<()> {
        let mut initdb = self.as_user("initdb");
        initdb
            .arg("--pgdata")
            .arg(self.data())
            .args(["--no-sync", "--username=postgres", "--encoding=UTF8", "--locale=C"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
        command::run(&mut initdb, Duration::from_secs(60)).map(drop)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn log(&self) -> Result<String> {
        let log = self.folder.join("log");
        fs::read_to_string(&log).map_err(LabError::file("read", &log))
    }

    /// One of PostgreSQL's programs.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.path_of(name));
        program.current_dir("/");
        program
    }

    fn path_of(&self, name: &str) -> PathBuf {
        let here = self.programs.as_ref().map(|folder| folder.join(name));
        here.filter(|path| path.exists()).unwrap_or_else(|| name.into())
    }

    /// One of them as the server's user.
    fn as_user(&self, name: &str) -> Command {
        let Some((uid, gid)) = self.user else { return self.program(name) };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .args(["--clear-groups", "--pdeathsig", "QUIT", "--"])
            .arg(self.path_of(name))
            .current_dir("/");
        command
    }
}

/// The programs of the newest version.
fn newest(versions: &Path) -> Option<PathBuf> {
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir(versions).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    Some(versions.max_by_key(number)?.join("bin"))
}

/// Whom a server runs as that may not run as root.
fn unprivileged() -> Option<(Uid, Gid)> {
    let known = |name: &str| User::from_name(name).ok().flatten();
    known("postgres").or_else(|| known("nobody")).map(|user| (user.uid, user.gid))
}

/// A server that runs. Its drop is its end, and that of its folder.
#[derive(Debug)]
pub(super) struct Process {
    keeper: Child,
    /// The postmaster.
    pub(super) server: i32,
}

impl Process {
    pub(super) fn start(site: &Site) -> Result<Self> {
        let server = site.as_user("postgres");
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", include_str!("../script/postgres.sh"), "postgres"])
            .arg(&site.folder)
            .arg(server.get_program())
            .args(server.get_args())
            .arg("-D")
            .arg(site.data())
            .arg("-k")
            .arg(&site.folder);
        // Nobody's data: no waiting for the disk. `synchronous_commit` is left to who connects.
        for setting in [
            &format!("port={}", site.port),
            "listen_addresses=127.0.0.1",
            "max_connections=100",
            "shared_buffers=16MB",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "log_line_prefix=%m %p %a ",
        ] {
            keeper.args(["-c", setting]);
        }
        let mut keeper = keeper
            .env(MARK, site.id.to_string())
            .env("LC_ALL", "C")
            .current_dir("/")
            // No Ctrl-C of this terminal: how this process ends, it learns from its standard input.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| LabError::Spawn { program: "sh".into(), source })?;
        let mut said = String::new();
        let heard = keeper.stdout.take().map(|out| BufReader::new(out).read_line(&mut said));
        let server = said.trim().parse().map_err(|_| LabError::Answer {
            command: "postgres.sh".into(),
            answer: format!("{said} {heard:?}"),
        })?;
        Ok(Self { keeper, server })
    }

    /// Ends the server by a signal, and leaves its files.
    pub(super) fn end(mut self, signal: &str, limit: Duration) -> Result<()> {
        if let Some(stdin) = &mut self.keeper.stdin {
            writeln!(stdin, "{signal}")
                .map_err(LabError::file("write to", "the server's keeper"))?;
        }
        let ended = command::wait(&mut self.keeper, limit);
        match ended.map_err(|source| LabError::Spawn { program: "sh".into(), source })? {
            Some(_) => Ok(()),
            None => Err(LabError::TimedOut { command: "postgres".into(), limit }),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // One that has ended already is known as such.
        let _ = command::wait(&mut self.keeper, command::LIMIT);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Left behind where the server was stopped when it went.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
