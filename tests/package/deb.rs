//! The packages that the tests install: made by `cargo deb`, as `make deb` does it, of the program that is built for
//! the tests.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::site::run;

/// What the later one's configuration says besides.
pub const NEWS: &str = "# News of a later version.";

/// The version of the later one.
pub const LATER: &str = "99.0.0-1";

/// The package of this version, made once.
pub fn this() -> &'static Path {
    static THIS: LazyLock<PathBuf> = LazyLock::new(|| {
        let version = format!("{}-1", env!("CARGO_PKG_VERSION"));
        package(&laid_out("this"), &version)
    });
    &THIS
}

/// One of a later version, whose configuration has another comment; the program is the same.
pub fn later() -> &'static Path {
    static LATER_ONE: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = laid_out("later");
        let config = target.join("release/package/etc/assured/assured.toml");
        let mut config = fs::File::options().append(true).open(config).unwrap();
        writeln!(config, "{NEWS}").unwrap();
        package(&target, LATER)
    });
    &LATER_ONE
}

/// What looks like a target folder with a release in it, for cargo-deb.
fn laid_out(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package").join(name);
    if target.exists() {
        fs::remove_dir_all(&target).unwrap();
    }
    let release = target.join("release");
    fs::create_dir_all(&release).unwrap();
    fs::hard_link(env!("CARGO_BIN_EXE_assured"), release.join("assured")).unwrap();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/install-files.sh");
    let words = [release.join("assured"), "/usr".into(), release.join("package")];
    run(Command::new(files).args(words)).done();
    target
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
