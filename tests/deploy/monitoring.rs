//! Prometheus, Alertmanager and Grafana as `docker-compose.yml` runs them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::files::{data, entries, of_project, run_in, text, texts};

/// What a service has mounted there: the path in this project, or none.
fn mounted(service: &str, target: &str) -> Option<String> {
    let compose = data("docker-compose.yml");
    let volumes = texts(&compose["services"][service]["volumes"]);
    volumes.iter().find_map(|volume| {
        let mut parts = volume.split(':');
        let source = parts.next()?;
        (parts.next()? == target).then(|| source.to_owned())
    })
}

#[test]
fn promtool_takes_the_scrape_configuration_and_its_rules() {
    let source = mounted("prometheus", "/etc/prometheus").unwrap();
    // A copy, in which the token's file is one that is here.
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "x").unwrap();
    for file in fs::read_dir(of_project(source)).unwrap() {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let text = text.replace("/run/secrets/prometheus_token", token.to_str().unwrap());
        fs::write(folder.path().join(file.file_name()), text).unwrap();
    }
    let told = run_in(folder.path(), "promtool", &["check", "config", "prometheus.yml"]);
    assert!(told.contains("1 rule files found"), "{told}");
}

#[test]
fn prometheus_asks_services_that_there_are_with_a_token_that_it_has() {
    let compose = data("docker-compose.yml");
    let config = data("deploy/prometheus/prometheus.yml");
    let jobs = config["scrape_configs"].as_array().unwrap();
    let receivers = config["alerting"]["alertmanagers"].as_array().unwrap();
    for asked in jobs.iter().chain(receivers) {
        for target in texts(&asked["static_configs"][0]["targets"]) {
            let (name, _) = target.split_once(':').unwrap();
            let is_there = name == "127.0.0.1" || compose["services"][name].is_object();
            assert!(is_there, "there is no service {name}");
        }
    }
    let job = jobs.iter().find(|job| job["job_name"] == "assured");
    let file = job.expect("the rules ask for the job assured")["authorization"]["credentials_file"]
        .clone();
    let secret =
        Path::new(file.as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
    assert!(texts(&compose["services"]["prometheus"]["secrets"]).contains(&secret.as_str()));
}

#[test]
fn amtool_takes_alertmanagers_configuration() {
    let folder = of_project(mounted("alertmanager", "/etc/alertmanager").unwrap());
    run_in(&folder, "amtool", &["check-config", "alertmanager.yml"]);
    // An inhibition names alerts; one that there is not would never come.
    let alerts = text("deploy/prometheus/alerts.yml");
    let rules = data("deploy/alertmanager/alertmanager.yml");
    for rule in rules["inhibit_rules"].as_array().unwrap() {
        let matchers =
            texts(&rule["source_matchers"]).into_iter().chain(texts(&rule["target_matchers"]));
        for matcher in matchers {
            let words = matcher.split(|c: char| !c.is_alphanumeric());
            for name in words.filter(|word| word.starts_with("Assured")) {
                assert!(alerts.contains(&format!("alert: {name}\n")), "there is no alert {name}");
            }
        }
    }
}

#[test]
fn grafana_finds_the_dashboard_and_the_data_it_asks_for() {
    let provisioning = "/etc/grafana/provisioning";
    let of = |kind: &str| {
        let folder = mounted("grafana", &format!("{provisioning}/{kind}")).unwrap();
        data(&format!("{folder}/assured.yml"))
    };
    let folder = of("dashboards")["providers"][0]["options"]["path"].as_str().unwrap().to_owned();
    let file = mounted("grafana", &format!("{folder}/assured.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text(&file)).unwrap();

    // Each panel asks the source that the variable names, which is the default one of its type.
    let source = &of("datasources")["datasources"][0];
    assert_eq!(source["isDefault"], true);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let variable = variables.iter().find(|variable| variable["type"] == "datasource").unwrap();
    assert_eq!(variable["query"], source["type"]);
    let mut asked = Vec::new();
    sources(&dashboard, &mut asked);
    assert!(asked.len() > 10, "{asked:?}");
    for one in asked {
        assert_eq!(one["type"], source["type"]);
        let uid = one["uid"].as_str().unwrap();
        let is_right =
            uid == "${datasource}" && variable["name"] == "datasource" || source["uid"] == uid;
        assert!(is_right, "no source has the uid {uid}");
    }
    let server = url::Url::parse(source["url"].as_str().unwrap()).unwrap();
    let compose = data("docker-compose.yml");
    assert!(compose["services"][server.host_str().unwrap()].is_object());
}

/// Everything in the dashboard that says where data comes from.
fn sources<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    for (key, inner) in entries(value) {
        if key == "datasource" && inner.is_object() {
            found.push(inner);
        }
        sources(inner, found);
    }
    value.as_array().into_iter().flatten().for_each(|inner| sources(inner, found));
}
