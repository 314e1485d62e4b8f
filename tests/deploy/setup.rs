//! `deploy/compose/setup`: the secrets, each its user's alone, and a configuration that the service
//! takes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::files::{data, of_project, said, text};

/// What was made, in a folder that goes away; none where that takes a root that is not wanted.
pub fn made() -> Option<TempDir> {
    if !geteuid().is_root() && assured_lab::is_left_out() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    set_up(folder.path());
    Some(folder)
}

fn set_up(folder: &Path) -> String {
    said(Command::new(of_project("deploy/compose/setup")).arg(folder))
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let secrets = ["database.password", "prometheus.token", "grafana.password"];
    let paths = secrets.map(|name| folder.join(name)).into_iter();
    let paths = paths.chain([folder.join("assured/assured.toml")]);
    paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn secrets_are_their_users_alone_and_differ() {
    let Some(folder) = made() else { return };
    let image = data("Dockerfile");
    let user = image.as_array().unwrap().iter().rfind(|line| line["instruction"] == "USER");
    let (uid, _) = user.unwrap()["value"].as_str().unwrap().split_once(':').unwrap();
    // Prometheus's image runs as nobody, Grafana's as this one.
    let owners =
        [("database.password", uid), ("prometheus.token", "65534"), ("grafana.password", "472")];
    let mut seen = Vec::new();
    for (name, owner) in owners {
        let path = folder.path().join(name);
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o400, "{name}");
        assert_eq!(metadata.uid().to_string(), owner, "{name}");
        let secret = fs::read_to_string(&path).unwrap();
        assert_eq!(secret.len(), 64, "{name}: 32 bytes in hexadecimal digits, and no end of line");
        assert!(!seen.contains(&secret), "{name} is another secret's twin");
        seen.push(secret);
    }
}

#[test]
fn done_again_it_changes_nothing() {
    let Some(folder) = made() else { return };
    let before = files(folder.path());
    let told = set_up(folder.path());
    assert_eq!(told.matches("stays as it is").count(), before.len(), "{told}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn the_service_takes_the_configuration_and_knows_prometheus() {
    let Some(folder) = made() else { return };
    let made = fs::read_to_string(folder.path().join("assured/assured.toml")).unwrap();
    let mut config: toml::Table = toml::from_str(&made).unwrap();
    let token = fs::read(folder.path().join("prometheus.token")).unwrap();
    let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    let known = &config["http"]["tokens"][0];
    assert_eq!(known["sha256"].as_str(), Some(hash.as_str()));
    assert_eq!(known["role"].as_str(), Some("viewer"));

    // The password's file is in the container only; what is said of it is held against the compose file.
    let database = config["database"].clone();
    config["database"].as_table_mut().unwrap().remove("password_file").unwrap();
    let compose = data("docker-compose.yml");
    let url = url::Url::parse(database["url"].as_str().unwrap()).unwrap();
    let server = &compose["services"][url.host_str().unwrap()];
    assert_eq!(server["environment"]["POSTGRES_USER"], url.username());
    assert_eq!(server["environment"]["POSTGRES_DB"], url.path().trim_start_matches('/'));
    assert_eq!(
        server["environment"]["POSTGRES_PASSWORD_FILE"].as_str(),
        database["password_file"].as_str()
    );
    let receiver = url::Url::parse(config["notify"]["alertmanager"][0]["url"].as_str().unwrap());
    assert!(compose["services"][receiver.unwrap().host_str().unwrap()].is_object());

    let rest = folder.path().join("rest.toml");
    fs::write(&rest, toml::to_string(&config).unwrap()).unwrap();
    let told =
        said(Command::new(env!("CARGO_BIN_EXE_assured")).args(["check", "--config"]).arg(&rest));
    assert!(told.contains("The configuration is good"), "{told}");
    assert!(told.contains("No hosts"), "nothing is looked after before a host is named: {told}");
    // What is commented out as an example has to be right as well.
    let shown: String = text("deploy/compose/assured.toml")
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|code| !code.starts_with(' ')))
        .filter(|line| !line.starts_with("tls"))
        .fold(String::new(), |all, line| all + line + "\n");
    assert!(shown.contains("[[hosts]]"), "{shown}");
    fs::write(&rest, format!("{}\n{shown}", toml::to_string(&config).unwrap())).unwrap();
    said(Command::new(env!("CARGO_BIN_EXE_assured")).args(["check", "--config"]).arg(&rest));
}
