//! `docker-compose.yml`: what the specification allows, and whether all that it names is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::files::{data, entries, of_project, pypi_program, said, text, texts};
use crate::setup;
use crate::variables::{self, filled};

const FILE: &str = "docker-compose.yml";
const NO_VALUES: BTreeMap<&str, &str> = BTreeMap::new();

#[test]
fn it_is_as_the_compose_specification_says() {
    let schema = ["--builtin-schema", "vendor.compose-spec"];
    said(pypi_program("check-jsonschema").args(schema).arg(of_project(FILE)));
}

/// A mount: what, where, and whether it is a folder or file of this machine's.
struct Mount<'a> {
    source: &'a str,
    is_path: bool,
}

fn mounts(service: &Value) -> Vec<Mount<'_>> {
    let volumes = service["volumes"].as_array().into_iter().flatten();
    volumes
        .map(|volume| match volume.as_str() {
            Some(short) => {
                let (source, _) = short.split_once(':').unwrap();
                Mount { source, is_path: source.starts_with(['.', '/']) }
            }
            None => Mount {
                source: volume["source"].as_str().unwrap(),
                is_path: volume["type"] == "bind",
            },
        })
        .collect()
}

#[test]
fn what_it_mounts_is_in_the_project_or_made_by_the_setup() {
    let Some(made) = setup::made() else { return };
    let values = [("ASSURED_DIR", made.path().to_str().unwrap())].into();
    let there = |path: &str| {
        let path = of_project(filled(path, &values));
        assert!(path.exists(), "{FILE} mounts {}, which is not there", path.display());
    };
    let compose = data(FILE);
    for (_, service) in entries(&compose["services"]) {
        for mount in mounts(service) {
            if mount.is_path {
                there(mount.source);
            } else {
                assert!(compose["volumes"][mount.source].is_object(), "volume {}", mount.source);
            }
        }
    }
    for (_, secret) in entries(&compose["secrets"]) {
        there(secret["file"].as_str().unwrap());
    }
}

#[test]
fn services_use_what_is_declared_and_all_that_is() {
    let compose = data(FILE);
    for kind in ["networks", "secrets", "volumes"] {
        let declared: BTreeSet<&str> = entries(&compose[kind]).map(|(name, _)| name).collect();
        let services = entries(&compose["services"]).map(|(_, service)| service);
        let used: BTreeSet<&str> = services
            .flat_map(|service| match kind {
                "volumes" => mounts(service)
                    .into_iter()
                    .filter_map(|mount| (!mount.is_path).then_some(mount.source))
                    .collect(),
                _ => texts(&service[kind]),
            })
            .collect();
        assert_eq!(declared, used, "{kind}");
    }
}

#[test]
fn each_service_is_pinned_bounded_and_looked_after() {
    let compose = data(FILE);
    for (name, service) in entries(&compose["services"]) {
        for key in ["restart", "mem_limit", "pids_limit", "cap_drop", "security_opt", "logging"] {
            assert!(!service[key].is_null(), "{name} has no {key}");
        }
        if service["build"].is_null() {
            let (_, tag) = service["image"].as_str().unwrap().split_once(':').unwrap();
            let numbers = tag.trim_start_matches('v').split(['.', '-']).take(2);
            let is_pinned = numbers.filter(|part| part.parse::<u32>().is_ok()).count() == 2;
            assert!(is_pinned, "{name}: {tag} is not of the form MAJOR.MINOR");
            assert!(!service["healthcheck"]["test"].is_null(), "{name} has no health check");
        }
        for (other, how) in entries(&service["depends_on"]) {
            assert_eq!(how["condition"], "service_healthy", "{name} waits for {other}");
            assert!(!compose["services"][other]["healthcheck"].is_null(), "{other}");
        }
    }
}

#[test]
fn nobody_elses_machine_reaches_it_and_no_password_stands_in_it() {
    let compose = data(FILE);
    for (name, service) in entries(&compose["services"]) {
        for port in texts(&service["ports"]) {
            let port = filled(port, &NO_VALUES);
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        for (key, value) in entries(&service["environment"]) {
            let is_secret = ["PASSWORD", "TOKEN", "SECRET"].iter().any(|word| key.contains(word));
            let value = value.as_str().unwrap();
            assert!(!is_secret || value.starts_with("/run/secrets/"), "{name}: {key}");
            let Some(secret) = value.strip_prefix("/run/secrets/") else { continue };
            assert!(texts(&service["secrets"]).contains(&secret), "{name} is not given {secret}");
        }
    }
    let networks =
        entries(&compose["services"]).map(|(name, service)| (name, &service["networks"]));
    let on_database: Vec<_> =
        networks.filter(|(_, of)| texts(of).contains(&"database")).map(|(name, _)| name).collect();
    assert_eq!(on_database, ["assured", "postgres"]);
    assert_eq!(compose["networks"]["database"]["internal"], true);
}

#[test]
fn each_variable_is_explained_with_its_default() {
    let page = text("docs/containers.md");
    let variables = variables::of(&text(FILE));
    assert!(variables.len() >= 3, "{variables:?}");
    for (name, default) in &variables {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/containers.md says nothing of {name}"));
        if let Some(default) = default {
            assert!(row.contains(&format!("| `{default}` |")), "{name} is {default}: {row}");
        }
    }
    let rows = page.lines().filter(|line| line.starts_with("| `ASSURED_")).count();
    assert_eq!(rows, variables.len(), "docs/containers.md explains what there is not");
}

#[test]
fn what_the_setup_makes_is_in_no_commit_and_in_no_image() {
    let dir = variables::of(&text(FILE))["ASSURED_DIR"].clone().unwrap();
    let dir = Path::new(&dir).file_name().unwrap().to_str().unwrap().to_owned();
    assert!(text(".gitignore").lines().any(|line| line == format!("/{dir}")));
    assert!(text(".dockerignore").lines().any(|line| line == "*"));
    assert!(!text(".dockerignore").contains(&dir));
}
