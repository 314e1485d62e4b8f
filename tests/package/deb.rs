//! The packages that the tests install: made by `cargo deb`, as `make deb` does it, of the program that is built for
//! the tests.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::site::run;

/// What there is to install.
pub struct Packages {
    /// Of this version.
    pub this: PathBuf,
    /// Of a later one, whose configuration has another comment; the program is the same.
    pub later: PathBuf,
}

/// What the later one's configuration says besides.
pub const NEWS: &str = "# News of a later version.";

/// The version of the later one.
pub const LATER: &str = "99.0.0-1";

/// The packages, made once.
pub fn packages() -> &'static Packages {
    static PACKAGES: LazyLock<Packages> = LazyLock::new(Packages::make);
    &PACKAGES
}

/// Where the packages are made, and what else the tests write.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("package")
}

impl Packages {
    fn make() -> Self {
        // What looks like a target folder with a release in it, for cargo-deb.
        let target = folder().join("target");
        if target.exists() {
            fs::remove_dir_all(&target).unwrap();
        }
        let release = target.join("release");
        fs::create_dir_all(&release).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_assured"), release.join("assured")).unwrap();
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/install-files.sh");
        let laid_out = release.join("package");
        run(Command::new(files).args([&release.join("assured"), Path::new("/usr"), &laid_out]))
            .done();

        let this = package(&target, &format!("{}-1", env!("CARGO_PKG_VERSION")));
        let config = laid_out.join("etc/assured/assured.toml");
        let mut config = fs::File::options().append(true).open(config).unwrap();
        writeln!(config, "{NEWS}").unwrap();
        Self { this, later: package(&target, LATER) }
    }
}

fn package(target: &Path, version: &str) -> PathBuf {
    let deb = target.join(format!("assured_{version}.deb"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["deb", "--no-build", "--locked", "--no-dbgsym", "--strip", "--fast", "--quiet"]);
    cargo.args(["--deb-version", version, "--output"]).arg(&deb);
    cargo.env("CARGO_TARGET_DIR", target).current_dir(env!("CARGO_MANIFEST_DIR"));
    let said = run(cargo.stdin(Stdio::null()));
    let missing = said.err.contains("no such command");
    assert!(
        !missing,
        "cargo-deb is missing: `cargo install cargo-deb --locked`, as `make test` does"
    );
    said.done();
    deb
}
