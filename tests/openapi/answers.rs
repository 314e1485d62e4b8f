//! What a running service answers, against what the document says that it answers.

use std::collections::BTreeMap;
use std::fs;

use assured_lab::GuestKind;
use serde_json::{Value, json};

use crate::rig::Service;
use crate::tools::{here, program};
use crate::world::World;

/// What CI asks. Another seed asks other things.
const SEED: &str = "20261123";
/// How many requests of each kind are made up for an operation.
const EXAMPLES: &str = "12";

#[test]
fn nothing_is_answered_that_the_document_does_not_say() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let guests: Vec<_> =
        (1..=4).map(|number| world.guest(0, &format!("web-{number}"), GuestKind::Idle)).collect();
    let service = world.site.start();
    service.adopt(&guests[..3].iter().collect::<Vec<_>>());
    // Off is what they are to be: each that runs is an incident.
    for guest in &guests[..2] {
        guest.start().unwrap();
    }
    service.until("two incidents", || service.list("/api/v1/incidents", "").len() >= 2);
    let known = known(&service, guests.iter().map(|guest| guest.uuid().to_string()).collect());

    let token = fs::read_to_string(world.site.data_dir().join("operator.token")).unwrap();
    let mut schemathesis = program("schemathesis");
    schemathesis
        .args([
            "--config-file".as_ref(),
            here().join("schemathesis.toml").as_os_str(),
            "run".as_ref(),
        ])
        .arg(format!("{}/openapi.json", world.site.url()))
        .args(["--checks", "all"])
        .args(["--header", &format!("Authorization: Bearer {}", token.trim())])
        .args(["--seed", &setting("SCHEMATHESIS_SEED").unwrap_or_else(|| SEED.to_owned())])
        .env("PYTHONPATH", here())
        .env("ASSURED_KNOWN", known.to_string())
        .current_dir(world.site.folder());
    match setting("SCHEMATHESIS_SECONDS") {
        Some(seconds) => schemathesis.args(["--max-time", &seconds]),
        None => schemathesis.args(["--max-examples", EXAMPLES]),
    };
    let asked = schemathesis.output().unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    println!("{said}{}", String::from_utf8_lossy(&asked.stderr));
    assert!(
        asked.status.success(),
        "schemathesis has found something; it says above what, and how to repeat it"
    );
    // Whatever it was asked: no handler has failed, nor any actor.
    let log = fs::read_to_string(world.site.log()).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(service.get("/api/v1/status")["supervision"]["restarts"], 0);
    assert!(service.terminate().success());
    world.end();
}

/// What there is to be asked about.
fn known(service: &Service<'_>, instances: Vec<String>) -> Value {
    let lists = ["hosts", "instances", "incidents", "events", "policies"];
    let mut cursors: BTreeMap<_, _> = lists
        .iter()
        .map(|list| {
            let path = format!("/api/v1/{list}");
            let page = service.get(&format!("{path}?limit=1"));
            (path, json!([page["next"].as_str().expect("more than one of each")]))
        })
        .collect();
    cursors.insert("/api/v1/events/stream".to_owned(), cursors["/api/v1/events"].clone());
    json!({
        "hosts": ["kvm-1", "kvm-2"],
        "domains": ["web-1", "web-2", "web-3", "web-4"],
        "instances": instances,
        "policies": ["default", "keep", "once", "none of these"],
        "assets": ["main.js", "theme.css", "icon.svg", "index.html", "nothing.js"],
        "cursors": cursors,
    })
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
