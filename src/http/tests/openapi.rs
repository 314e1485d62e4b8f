//! The description of the interface and the interface are one: what is said is so, and what is so
//! is said.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde_json::{Value, json};

use super::fake::{Says, fleet, id};
use super::tokens::with_tokens;
use super::{ask, get, order, send};
use crate::http::{State, document};

/// What a described operation is asked by.
struct Operation {
    method: Method,
    path: String,
    described: Value,
}

/// A service whose streams end at once, so that there is an end to what they answer.
fn state() -> State {
    ended(super::fake::state(fleet(2), Says::Yes))
}

fn ended(state: State) -> State {
    state.streams.end();
    state
}

fn described() -> Value {
    serde_json::from_str(document()).unwrap()
}

/// Every operation of the document, asked of things that there are.
fn operations() -> Vec<Operation> {
    let document = described();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let thing = if path.contains("instances") { id(1).to_string() } else { "kvm-1".to_owned() };
        let path = path.replace("{id}", &thing).replace("{file}", "main.js");
        for (method, described) in methods.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            found.push(Operation { method, path: path.clone(), described: described.clone() });
        }
    }
    assert!(found.len() > 40, "{}", found.len());
    found
}

impl Operation {
    fn id(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    /// A body that is well-formed.
    fn body(&self) -> Value {
        match self.id() {
            "instances_add" => json!({ "name": "web-9", "host": "kvm-1", "desired": "running" }),
            "instances_desire" => json!({ "state": "paused" }),
            "holds_hold" => json!({ "ttl": "10m", "reason": "new disk" }),
            "hosts_maintain" => json!({ "reason": "new disks" }),
            "explain_explain" => json!({ "desired": "running", "observed": "shutoff" }),
            _ => json!({}),
        }
    }

    fn parameters(&self, place: &str) -> BTreeSet<String> {
        let all = self.described["parameters"].as_array().unwrap().iter();
        let there = all.filter(|parameter| parameter["in"] == place);
        there.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    }

    fn needs(&self) -> Access {
        match self.described["security"].as_array() {
            None => Access::Nobody,
            Some(ways) if ways.contains(&json!({})) => Access::SomebodyIfTokens,
            Some(_) => Access::Operator,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Nobody,
    SomebodyIfTokens,
    Operator,
}

#[actix_web::test]
async fn it_is_served_as_json_and_the_same_each_time() {
    let state = state();
    let got = get(&state, "/openapi.json").await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (200, Some("application/json")));
    assert_eq!(got.text, document());
    assert_eq!(got.json()["openapi"], "3.1.0");
    assert_eq!(got.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[actix_web::test]
async fn every_path_has_exactly_the_methods_that_are_described() {
    let state = state();
    let mut methods = BTreeMap::<_, BTreeSet<_>>::new();
    for operation in operations() {
        methods.entry(operation.path).or_default().insert(operation.method.to_string());
    }
    for (path, described) in methods {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "COPY"]
        {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let got = send(&state, order(method.clone(), &path)).await;
            let is_described = described.contains(method.as_str());
            assert_eq!(got.status != 405, is_described, "{method} {path}: {}", got.status);
            if !is_described {
                let allowed = got.header("allow").unwrap().split(", ").map(str::to_owned);
                assert_eq!(allowed.collect::<BTreeSet<_>>(), described, "{method} {path}");
            }
            assert!(!got.text.contains("there is no page"), "{method} {path}: {}", got.text);
        }
    }
}

#[actix_web::test]
async fn what_is_answered_to_a_good_request_is_described() {
    let state = state();
    for operation in operations() {
        let request = order(operation.method.clone(), &operation.path);
        let got = send(&state, request.set_json(operation.body())).await;
        let response = &operation.described["responses"][got.status.as_str()];
        assert!(response.is_object(), "{}: {} {}", operation.id(), got.status, got.text);
        for (name, _) in response["headers"].as_object().into_iter().flatten() {
            assert!(got.header(name).is_some(), "{}: no {name}", operation.id());
        }
    }
}

#[actix_web::test]
async fn the_query_parameters_that_are_known_are_those_that_are_described() {
    let state = state();
    for operation in operations() {
        let path = format!("{}?nothing-like-this=1", operation.path);
        let request = order(operation.method.clone(), &path).set_json(operation.body());
        let got = send(&state, request).await;
        let described = operation.parameters("query");
        // The probes and the page look at no query. It is not ready, as its streams have ended.
        if got.status.is_success() || operation.path == "/readyz" {
            assert!(described.is_empty(), "{}", operation.id());
            continue;
        }
        let problem = got.problem();
        assert_eq!(problem.status, 400, "{}: {problem:?}", operation.id());
        let known = match problem.detail.split_once("known are: ") {
            Some((_, known)) => known.split(", ").map(str::to_owned).collect(),
            None => {
                assert!(problem.detail.ends_with("this takes none"), "{problem:?}");
                BTreeSet::new()
            }
        };
        assert_eq!(known, described, "{}", operation.id());
    }
}

#[actix_web::test]
async fn who_needs_a_token_is_described() {
    let (open, closed) = (state(), ended(with_tokens()));
    for operation in operations() {
        let request = || ask(operation.method.clone(), &operation.path).set_json(operation.body());
        let refused = |status: u16| status == 401;
        let without_tokens = refused(send(&open, request()).await.status.as_u16());
        let with_tokens = refused(send(&closed, request()).await.status.as_u16());
        let needs = match (without_tokens, with_tokens) {
            (false, false) => Access::Nobody,
            (false, true) => Access::SomebodyIfTokens,
            (true, true) => Access::Operator,
            (true, false) => panic!("{} needs a token where there are none", operation.id()),
        };
        assert_eq!(needs, operation.needs(), "{}", operation.id());
        let is_described = operation.described["responses"]["401"].is_object();
        assert_eq!(is_described, needs != Access::Nobody, "{}", operation.id());
    }
}

#[test]
fn every_operation_has_its_own_name_a_sentence_and_a_group_that_there_is() {
    let groups: Vec<Value> =
        described()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        assert!(ids.insert(operation.id().to_owned()), "{} is there twice", operation.id());
        let summary = operation.described["summary"].as_str().unwrap();
        assert!(summary.ends_with('.') && !summary.contains('\n'), "{summary:?}");
        let tags = operation.described["tags"].as_array().unwrap();
        assert!(tags.iter().all(|tag| groups.contains(tag)), "{tags:?}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    let document = described();
    let mut referred = BTreeSet::new();
    references(&document, &mut referred);
    for reference in &referred {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for kind in ["schemas", "responses"] {
        for (name, _) in document["components"][kind].as_object().unwrap() {
            let reference = format!("#/components/{kind}/{name}");
            // What a path has and a method lacks is no operation's answer.
            assert!(referred.contains(&reference) || name == "MethodNotAllowed", "{reference}");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            found.extend(parts.get("$ref").and_then(Value::as_str).map(str::to_owned));
            parts.values().for_each(|part| references(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
