//! Lists of instances: filters, orders, and pages while everything changes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fake::{Says, fleet, id, instance, put, remove, state};
use super::get;
use crate::http::State;
use crate::model::{Condition, DesiredState, InstanceId, Status};
use crate::snapshot::{Fleet, InstanceView};

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect()
}

async fn list(state: &State, query: &str) -> Value {
    get(state, &format!("/api/v1/instances?{query}")).await.json()
}

#[actix_web::test]
async fn filters_let_through_what_fits() {
    let mut fleet = fleet(0);
    let mut odd = instance(2);
    odd.host = "kvm-2".into();
    odd.status = Status::Repairing;
    odd.observed = Some(Condition::ShutoffCrashed);
    odd.policy = "gold".into();
    odd.desired.state = DesiredState::Paused;
    put(&mut fleet, odd);
    put(&mut fleet, InstanceView { observed: None, status: Status::Unknown, ..instance(1) });
    put(&mut fleet, instance(0));
    let state = state(fleet, Says::Yes);
    let uuid = id(2).to_string();
    let of_2 = [
        "host=kvm-2".to_owned(),
        "status=repairing".to_owned(),
        "desired=paused".to_owned(),
        "observed=shutoff".to_owned(),
        "observed=shutoff/crashed".to_owned(),
        "observed=shutoff%2Fcrashed&policy=gold".to_owned(),
        "q=web-00002".to_owned(),
        format!("q={}", &uuid[..13]),
        format!("q={}&sort=-priority", uuid.to_uppercase()),
    ];
    for query in of_2 {
        assert_eq!(names(&list(&state, &query).await), ["web-00002"], "{query}");
    }
    let both = list(&state, "status=repairing,unknown").await;
    assert_eq!(names(&both), ["web-00001", "web-00002"]);
    let none = ["host=kvm-9", "q=eb-", "observed=missing", "observed=shutoff/shutdown", "q=WEB"];
    for query in none {
        assert_eq!(names(&list(&state, query).await), [""; 0], "{query}");
    }
    for (query, expected) in [
        ("sort=name", ["web-00000", "web-00001", "web-00002"]),
        ("sort=-name", ["web-00002", "web-00001", "web-00000"]),
        ("sort=status", ["web-00000", "web-00002", "web-00001"]),
        ("sort=-status", ["web-00001", "web-00002", "web-00000"]),
        ("sort=-priority", ["web-00002", "web-00001", "web-00000"]),
        ("sort=priority", ["web-00000", "web-00001", "web-00002"]),
    ] {
        assert_eq!(names(&list(&state, query).await), expected, "{query}");
    }
}

/// Changes the fleet between two pages: some instances go, some come, some change their status.
fn stir(fleet: &mut Fleet, round: u32) {
    for number in (round % 5..3000).step_by(5) {
        let number = number - number % 5;
        match (number + round) % 3 {
            0 => remove(fleet, id(number)),
            1 => put(fleet, instance(number)),
            _ => put(fleet, InstanceView { status: Status::Held, ..instance(number) }),
        }
    }
    put(fleet, instance(10_000 + round));
}

#[actix_web::test]
async fn pages_lose_and_repeat_nothing_that_is_left_alone() {
    for sort in ["name", "-name", "priority", "-priority", "status", "-status"] {
        let state = state(fleet(3000), Says::Yes);
        // `stir` touches every fifth.
        let untouched: BTreeSet<InstanceId> =
            (0..3000).filter(|number| number % 5 != 0).map(id).collect();
        let mut seen = BTreeSet::new();
        let mut cursor = String::new();
        for round in 0.. {
            let page = list(&state, &format!("limit=97&sort={sort}{cursor}")).await;
            for item in page["items"].as_array().unwrap() {
                let id: InstanceId = serde_json::from_value(item["id"].clone()).unwrap();
                let first_time = seen.insert(id);
                assert!(first_time || !untouched.contains(&id), "{sort}: {id} came twice");
            }
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
            let mut fleet = Fleet::clone(&state.board.fleet());
            stir(&mut fleet, round);
            state.board.publish(fleet);
        }
        assert!(untouched.is_subset(&seen), "{sort}");
    }
}

#[actix_web::test]
async fn the_last_page_says_so() {
    let state = state(fleet(200), Says::Yes);
    let page = list(&state, "").await;
    assert_eq!(names(&page).len(), 100);
    let next = page["next"].as_str().unwrap();
    let page = list(&state, &format!("cursor={next}")).await;
    assert_eq!((names(&page).len(), &page["next"]), (100, &Value::Null));
}
